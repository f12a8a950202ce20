import { evolveAttach, evolveDetach } from './attachments';
import { type AllocationCheck, Errno } from './errno';
import { type Attachment, IOPF_HANDLER, type IopfDevice, type IopfState } from './state';

/** PASIDs of address spaces: each has one, from its first bind on (R93). */
export type SpacePasids = Map<number, number>;

/** What binding a device to an address space does (rule 35, R92). */
export interface BindPlan {
  readonly result: number;
  /** Whether the space has its PASID from now on, which stays also when the bind fails after that. */
  readonly takesPasid: boolean;
  readonly effect: 'none' | 'attach' | 'count';
}

/**
 * `bind` of a device to an address space, with the checks of the present generation in their order.
 *
 * @param pasid the PASID that the space has or would get
 */
export function planBind<Fault>(
  state: IopfState<Fault>,
  pasids: SpacePasids,
  device: IopfDevice<Fault>,
  space: number,
  pasid: number,
  fails?: AllocationCheck,
): BindPlan {
  const refusal = checkPasid(pasids, device, space, pasid, fails);
  if (refusal !== 0) return { result: refusal, takesPasid: false, effect: 'none' };
  const takesPasid = !pasids.has(space);
  const known = state.attachments.get(device.iommuGroup)?.get(pasid);
  if (known !== undefined && known.handler !== null) {
    if (known.space === space) return { result: 0, takesPasid, effect: 'count' };
    return { result: Errno.EBUSY, takesPasid, effect: 'none' };
  }
  const result = checkAttach(state, device, space, pasid, known, fails);
  return { result, takesPasid, effect: result === 0 ? 'attach' : 'none' };
}

function checkPasid<Fault>(
  pasids: SpacePasids,
  device: IopfDevice<Fault>,
  space: number,
  pasid: number,
  fails?: AllocationCheck,
): number {
  const fits = pasid < device.maxPasids;
  if (pasids.has(space)) return fits ? 0 : Errno.EOVERFLOW;
  if (fails?.('mm-data')) return Errno.ENOMEM;
  return fails?.('pasid-space') || !fits ? Errno.ENOSPC : 0;
}

/** A domain that the space has already is tried first; whatever is wrong with that, a new one follows. */
function checkAttach<Fault>(
  state: IopfState<Fault>,
  device: IopfDevice<Fault>,
  space: number,
  pasid: number,
  occupant: Attachment | undefined,
  fails?: AllocationCheck,
): number {
  const attach = (): number => {
    if (fails?.('attach') || !fitsGroup(state, device.iommuGroup, pasid)) return Errno.EINVAL;
    return occupant === undefined ? 0 : Errno.EBUSY;
  };
  if (fails?.('bind-handle')) return Errno.ENOMEM;
  if (hasDomain(state, space) && attach() === 0) return 0;
  return fails?.('domain') ? Errno.ENOMEM : attach();
}

function fitsGroup<Fault>(state: IopfState<Fault>, iommuGroup: number, pasid: number): boolean {
  for (const device of state.devices.values()) {
    if (device.iommuGroup === iommuGroup && pasid >= device.maxPasids) return false;
  }
  return true;
}

function hasDomain<Fault>(state: IopfState<Fault>, space: number): boolean {
  for (const attachments of state.attachments.values()) {
    for (const attachment of attachments.values()) if (attachment.space === space) return true;
  }
  return false;
}

/** The device is bound, or what else {@link planBind} said. */
export function evolveBind<Fault>(
  state: IopfState<Fault>,
  pasids: SpacePasids,
  device: IopfDevice<Fault>,
  space: number,
  pasid: number,
  plan: BindPlan,
): void {
  if (plan.takesPasid) pasids.set(space, pasid);
  if (plan.effect === 'attach') {
    evolveAttach(state, device.iommuGroup, pasid, { handler: IOPF_HANDLER, nested: false, space, users: 1 });
  }
  if (plan.effect === 'count') evolveUsers(state, device.iommuGroup, pasid, 1);
}

/** Whether unbinding takes the attachment away: it is the last of its binds (rule 35). */
export function isLastBind<Fault>(state: IopfState<Fault>, iommuGroup: number, pasid: number): boolean {
  return state.attachments.get(iommuGroup)?.get(pasid)?.users === 1;
}

/** One bind less; the last one detaches. */
export function evolveUnbind<Fault>(state: IopfState<Fault>, iommuGroup: number, pasid: number): void {
  if (isLastBind(state, iommuGroup, pasid)) evolveDetach(state, iommuGroup, pasid);
  else evolveUsers(state, iommuGroup, pasid, -1);
}

function evolveUsers<Fault>(state: IopfState<Fault>, iommuGroup: number, pasid: number, by: number): void {
  const attachment = state.attachments.get(iommuGroup)?.get(pasid);
  if (attachment !== undefined) attachment.users += by;
}
