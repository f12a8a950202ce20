import type { EpochBase, IommuDurableState } from './state';

/**
 * Serial of a group in the reporting layer, for its identity (epoch, group) (D1); 0 when no such group was ever closed.
 * Serials go on over all epochs, so that one map finds the groups of every owner.
 */
export function serialOf(durable: IommuDurableState, epoch: number, group: number): number {
  const epochs = durable.epochs;
  for (let i = epochs.length - 1; i >= 0; i -= 1) {
    const owner = epochs[i];
    if (owner === undefined || owner.epoch !== epoch) continue;
    const last = epochs[i + 1]?.base ?? durable.iopf.groupCount;
    const serial = owner.base + group;
    return group >= 1 && serial <= last ? serial : 0;
  }
  return 0;
}

/** The owner that closed the group with this serial, which is its group `serial - base`. */
export function ownerOf(durable: IommuDurableState, serial: number): EpochBase {
  for (let i = durable.epochs.length - 1; i >= 0; i -= 1) {
    const owner = durable.epochs[i];
    if (owner !== undefined && serial > owner.base) return owner;
  }
  throw new Error(`no group has serial ${serial}`);
}

/** Serial of the current owner's group with this number. */
export function serialFor(durable: IommuDurableState, group: number): number {
  return (durable.epochs[durable.epochs.length - 1]?.base ?? 0) + group;
}

/** Serial of a group of any owner, whether or not it is known already. */
export function serialIn(durable: IommuDurableState, epoch: number, group: number): number {
  for (let i = durable.epochs.length - 1; i >= 0; i -= 1) {
    const owner = durable.epochs[i];
    if (owner?.epoch === epoch) return owner.base + group;
  }
  throw new Error(`group ${group} is of epoch ${epoch}, which no owner had`);
}

/** Number the next group of the current owner gets. */
export function nextGroup(durable: IommuDurableState): number {
  return durable.iopf.groupCount + 1 - (durable.epochs[durable.epochs.length - 1]?.base ?? 0);
}
