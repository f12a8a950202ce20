import type { Attachment, IopfGroup, IopfState } from './state';

/** A domain is attached to a PASID of an IOMMU group, in place of whatever was (R92, R105). */
export function evolveAttach<Fault>(
  state: IopfState<Fault>,
  iommuGroup: number,
  pasid: number,
  attachment: Attachment,
): void {
  // A copy, because binds are counted in it.
  const entry = { ...attachment };
  const attachments = state.attachments.get(iommuGroup);
  if (attachments === undefined) state.attachments.set(iommuGroup, new Map([[pasid, entry]]));
  else attachments.set(pasid, entry);
}

/**
 * Groups whose work is queued and would run in the address space that a detach takes away. The kernel relies on its callers to
 * flush first; there the work would use freed memory (rule 34).
 */
export function planDetach<Fault>(
  state: IopfState<Fault>,
  iommuGroup: number,
  pasid: number,
): IopfGroup<Fault>[] {
  const space = state.attachments.get(iommuGroup)?.get(pasid)?.space;
  const stranded: IopfGroup<Fault>[] = [];
  for (const group of state.groups.values()) {
    const attached = state.devices.get(group.device)?.iommuGroup === iommuGroup;
    if (attached && group.queue !== null && group.space === space) stranded.push(group);
  }
  return stranded;
}

/** Nothing is attached to the PASID any more. The work of stranded groups is lost; they stay pending (rule 34). */
export function evolveDetach<Fault>(state: IopfState<Fault>, iommuGroup: number, pasid: number): void {
  for (const group of planDetach(state, iommuGroup, pasid)) group.queue = null;
  state.attachments.get(iommuGroup)?.delete(pasid);
}
