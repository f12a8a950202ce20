import { type AllocationCheck, Errno } from './errno';
import type { IopfGeneration } from './generation';
import { type IopfGroup, type IopfState, queuedGroups } from './state';

/** `queue_alloc`: 0, or ENOMEM when any part of it is missing; there is no half a queue (rule 30). */
export function checkQueueAlloc(fails?: AllocationCheck): number {
  return fails?.('queue') || fails?.('workqueue') ? Errno.ENOMEM : 0;
}

/** The queue exists, without devices. */
export function evolveQueueAlloc<Fault>(state: IopfState<Fault>, queue: string): void {
  state.queues.set(queue, { name: queue, devices: [] });
}

/**
 * Devices that `queue_free` removes one by one before the work that is then left on the queue runs: from the head of the list on
 * (rule 31).
 */
export function devicesOfQueue<Fault>(state: IopfState<Fault>, queue: string): number[] {
  return [...(state.queues.get(queue)?.devices ?? [])];
}

/** The queue, which has no devices any more, is gone. */
export function evolveQueueFree<Fault>(state: IopfState<Fault>, queue: string): void {
  state.queues.delete(queue);
}

/** The device is in the queue, at the head of its list. */
export function evolveAddDevice<Fault>(state: IopfState<Fault>, queue: string, device: number): void {
  const known = state.devices.get(device);
  const joined = state.queues.get(queue);
  if (known === undefined || joined === undefined) return;
  known.queue = queue;
  joined.devices.unshift(device);
}

/** The device leaves the queue, and its unfinished faults are dropped: what the generations have in common (rule 31). */
export function evolveRemoveDevice<Fault>(state: IopfState<Fault>, queue: string, device: number): void {
  const known = state.devices.get(device);
  const left = state.queues.get(queue);
  if (known === undefined || left === undefined) return;
  left.devices = left.devices.filter((member) => member !== device);
  known.queue = null;
  known.partial = [];
}

/** What a flush does. */
export interface FlushPlan<Fault> {
  readonly result: number;
  readonly warns: boolean;
  /** The groups to run, in this order. */
  readonly groups: readonly IopfGroup<Fault>[];
}

/** `flush_dev` runs all groups of the device's queue, of all devices, oldest first; ENODEV in no queue (R97, rule 32). */
export function planFlush<Fault>(
  layer: IopfGeneration,
  state: IopfState<Fault>,
  device: number,
): FlushPlan<Fault> {
  const queue = state.devices.get(device)?.queue ?? null;
  if (queue === null) return { result: Errno.ENODEV, warns: layer.warnsWithoutQueue, groups: [] };
  return { result: 0, warns: false, groups: queuedGroups(state, queue) };
}

/** `discard_partial`: EINVAL without a queue (rule 32). */
export function checkDiscardPartial(queue: string | null): number {
  return queue === null ? Errno.EINVAL : 0;
}

/** The unfinished faults of all devices of the queue are gone; groups and pending records stay (R88). */
export function evolveDiscardPartial<Fault>(state: IopfState<Fault>, queue: string): void {
  for (const device of devicesOfQueue(state, queue)) evolveDiscardDevicePartials(state, device);
}

/** The unfinished faults of one device are gone. */
export function evolveDiscardDevicePartials<Fault>(state: IopfState<Fault>, device: number): void {
  const known = state.devices.get(device);
  if (known !== undefined) known.partial = [];
}

/** Unfinished faults of all devices, as a count. */
export function countPartials<Fault>(state: IopfState<Fault>): number {
  let count = 0;
  for (const device of state.devices.values()) count += device.partial.length;
  return count;
}
