import type { ResponseCode } from '../kernel/vocabulary';
import { Errno } from './errno';
import type { IopfDevice, IopfGroup, IopfState, PendingRecord } from './state';

/** The only version of a page response. */
export const RESPONSE_VERSION = 1;

/** A page response, from a handler or from outside. The code is not validated (rule 20). */
export interface PageResponse {
  version: number;
  /** Flag bits other than "PASID valid"; 0 is normal. */
  unknownFlags: number;
  hasPasid: boolean;
  pasid: number;
  groupId: number;
  code: number;
}

/** Return code of a response and, with 0, the record it consumes and the PASID fields the hardware sees. */
export interface ResponsePlan<Fault> {
  result: number;
  record: PendingRecord<Fault> | null;
  hasPasid: boolean;
  pasid: number;
}

/** The answer to a finished group: number and PASID of its last fault, which is marked valid only if needed (rule 16, R86). */
export function groupResponse<Fault>(group: IopfGroup<Fault>, code: ResponseCode): PageResponse {
  return {
    version: RESPONSE_VERSION,
    unknownFlags: 0,
    hasPasid: group.hasPasid && group.needsPasid,
    pasid: group.pasid,
    groupId: group.groupId,
    code,
  };
}

/** Place of the oldest record that a response matches, by number and, where needed, PASID (rules 18, 19); -1 for none. */
export function matchPending<Fault>(
  device: IopfDevice<Fault>,
  groupId: number,
  hasPasid: boolean,
  pasid: number,
): number {
  const pending = device.pending;
  for (let i = 0; i < pending.length; i += 1) {
    const record = pending[i];
    if (record === undefined || record.groupId !== groupId) continue;
    if (!record.needsPasid || (hasPasid && record.pasid === pasid)) return i;
  }
  return -1;
}

/** What a response does, with the checks of the 2021 generation in their order (rules 17, 18). */
export function planResponse<Fault>(
  device: IopfDevice<Fault> | undefined,
  response: PageResponse,
): ResponsePlan<Fault> {
  const refused = (result: number): ResponsePlan<Fault> => ({
    result,
    record: null,
    hasPasid: false,
    pasid: 0,
  });
  if (device === undefined || !device.attached || !device.canRespond) return refused(Errno.ENODEV);
  if (!device.hasIommu || device.handler === null) return refused(Errno.EINVAL);
  if (response.version !== RESPONSE_VERSION || response.unknownFlags !== 0) return refused(Errno.EINVAL);
  const { groupId, hasPasid, pasid } = response;
  const record = device.pending[matchPending(device, groupId, hasPasid, pasid)];
  if (record === undefined) return refused(Errno.EINVAL);
  // A PASID on the answer to a request that needs none is cleared, and its number with it.
  if (hasPasid && !record.needsPasid) return { result: 0, record, hasPasid: false, pasid: 0 };
  return { result: 0, record, hasPasid, pasid };
}

/** The record at `place` is answered; the others keep their order. */
export function evolveAnswered<Fault>(device: IopfDevice<Fault>, place: number): void {
  const pending = device.pending;
  // Answers mostly come in order, and taking the head is much cheaper than closing a gap.
  if (place === 0) pending.shift();
  else if (place > 0) pending.splice(place, 1);
}

/** The group's work is over, whether or not a response went out (rule 21). */
export function evolveGroupDone<Fault>(state: IopfState<Fault>, serial: number): void {
  state.groups.delete(serial);
}
