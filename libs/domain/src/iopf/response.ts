import type { IopfDevice, IopfState } from './state';

/** The only version of a page response. */
export const RESPONSE_VERSION = 1;

/** A page response, from a handler or from outside. The code is not validated (rules 20, 26). */
export interface PageResponse {
  version: number;
  /** Flag bits other than "PASID valid"; 0 is normal. */
  unknownFlags: number;
  hasPasid: boolean;
  pasid: number;
  groupId: number;
  code: number;
}

/** Return code of a response, and what the hardware sees of it. */
export interface ResponsePlan<Fault> {
  result: number;
  /** The fault that the hardware is told about; `null` when it sees nothing. */
  fault: Fault | null;
  /** Place of the pending record that is consumed; -1 for none. */
  place: number;
  hasPasid: boolean;
  pasid: number;
}

/** A response of which the hardware sees nothing. */
export function unseenResponse<Fault>(result: number): ResponsePlan<Fault> {
  return { result, fault: null, place: -1, hasPasid: false, pasid: 0 };
}

/** The record at `place` is answered; the others keep their order. With -1 there is none. */
export function evolveAnswered<Fault>(device: IopfDevice<Fault>, place: number): void {
  const pending = device.pending;
  // Answers mostly come in order, and taking the head is much cheaper than closing a gap.
  if (place === 0) pending.shift();
  else if (place > 0) pending.splice(place, 1);
}

/** Groups after which their map is made anew, and how many may be open then so that copying them costs nothing that counts. */
const RENEWED_AFTER = 4096;
const FEW_OPEN = 1024;

/**
 * The group is over, whether or not a response went out (rule 21).
 *
 * A Map in which entries come and go makes itself a new table again and again, and each old table refers to the next. Once one of
 * them is in the old part of the heap, the garbage collector's quick rounds keep all that follow it, with their groups and
 * members. A new Map ends such a chain.
 */
export function evolveGroupDone<Fault>(state: IopfState<Fault>, serial: number): void {
  state.groups.delete(serial);
  if (serial % RENEWED_AFTER === 0 && state.groups.size <= FEW_OPEN) state.groups = new Map(state.groups);
}
