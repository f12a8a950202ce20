import { type Allocation, Errno } from './errno';
import { type IopfGroup, type IopfState, queuedGroups } from './state';

/** `queue_alloc`: 0, or ENOMEM when any part of it is missing; there is no half a queue (rule 30). */
export function checkQueueAlloc(failing?: Allocation): number {
  return failing === 'queue' || failing === 'workqueue' ? Errno.ENOMEM : 0;
}

/** The queue exists, without devices. */
export function evolveQueueAlloc<Fault>(state: IopfState<Fault>, queue: string): void {
  state.queues.set(queue, { name: queue, devices: [] });
}

/** `queue_free`: its devices leave from the head of the list on; the groups that are left on it must still run (rule 31). */
export function evolveQueueFree<Fault>(state: IopfState<Fault>, queue: string): void {
  const freed = state.queues.get(queue);
  if (freed === undefined) return;
  for (const device of [...freed.devices]) evolveRemoveDevice(state, queue, device);
  state.queues.delete(queue);
}

/** `add_device` in the 2021 order of checks: ENODEV without IOMMU data, ENOMEM, EBUSY in any queue (rule 30). */
export function checkAddDevice<Fault>(
  state: IopfState<Fault>,
  queue: string,
  device: number,
  failing?: Allocation,
): number {
  const known = state.devices.get(device);
  if (known === undefined || !known.hasIommu || !state.queues.has(queue)) return Errno.ENODEV;
  if (failing === 'device-param') return Errno.ENOMEM;
  return known.queue === null ? 0 : Errno.EBUSY;
}

/** The device is in the queue, at the head of its list. */
export function evolveAddDevice<Fault>(state: IopfState<Fault>, queue: string, device: number): void {
  const known = state.devices.get(device);
  const joined = state.queues.get(queue);
  if (known === undefined || joined === undefined) return;
  known.queue = queue;
  joined.devices.unshift(device);
}

/** `remove_device`: EINVAL without IOMMU data, without a queue, or when the device is not in that queue (rule 30). */
export function checkRemoveDevice<Fault>(
  state: IopfState<Fault>,
  queue: string | null,
  device: number,
): number {
  const known = state.devices.get(device);
  if (known === undefined || !known.hasIommu || queue === null) return Errno.EINVAL;
  return known.queue === queue ? 0 : Errno.EINVAL;
}

/** Unfinished faults are dropped; queued groups and pending records of the device live on (G1, rule 31). */
export function evolveRemoveDevice<Fault>(state: IopfState<Fault>, queue: string, device: number): void {
  const known = state.devices.get(device);
  const left = state.queues.get(queue);
  if (known === undefined || left === undefined) return;
  const place = left.devices.indexOf(device);
  if (place >= 0) left.devices.splice(place, 1);
  known.queue = null;
  known.partial = [];
}

/** What `flush_dev` runs: all groups of the device's queue, of all devices, oldest first; ENODEV in no queue (R97, rule 32). */
export function planFlush<Fault>(
  state: IopfState<Fault>,
  device: number,
): { result: number; groups: IopfGroup<Fault>[] } {
  const known = state.devices.get(device);
  if (known === undefined || !known.hasIommu || known.queue === null)
    return { result: Errno.ENODEV, groups: [] };
  return { result: 0, groups: queuedGroups(state, known.queue) };
}

/** `discard_partial`: EINVAL without a queue (rule 32). */
export function checkDiscardPartial(queue: string | null): number {
  return queue === null ? Errno.EINVAL : 0;
}

/** The unfinished faults of all devices of the queue are gone; groups and pending records stay (R88). */
export function evolveDiscardPartial<Fault>(state: IopfState<Fault>, queue: string): void {
  for (const device of state.queues.get(queue)?.devices ?? []) evolveDiscardDevicePartials(state, device);
}

/** The unfinished faults of one device are gone. */
export function evolveDiscardDevicePartials<Fault>(state: IopfState<Fault>, device: number): void {
  const known = state.devices.get(device);
  if (known !== undefined && known.partial.length > 0) known.partial = [];
}

/** Unfinished faults of all devices, as a count. */
export function countPartials<Fault>(state: IopfState<Fault>): number {
  let count = 0;
  for (const device of state.devices.values()) count += device.partial.length;
  return count;
}
