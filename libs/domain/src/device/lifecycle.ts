import { accessEnded, NOTHING } from './build';
import { PasidStillStopping } from './errors';
import type { AccessRange, SegmentEvent } from './events';
import { deviceOf, type SegmentState } from './state';
import { stopOf } from './stops';

/** The device stops working for a PASID; a second request for the same stop changes nothing (R94). */
export function decideStop(state: SegmentState, device: number, pasid: number): readonly SegmentEvent[] {
  if (stopOf(deviceOf(state, device), pasid) !== undefined) return NOTHING;
  return [{ kind: 'PasidStopping', device, pasid }];
}

/**
 * The PASID was bound afresh, so the device may use it again (R102).
 *
 * @throws PasidStillStopping while accesses of the last use are under way
 */
export function decideStart(state: SegmentState, device: number, pasid: number): readonly SegmentEvent[] {
  const stop = stopOf(deviceOf(state, device), pasid);
  if (stop === undefined) return NOTHING;
  if (!stop.stopped) throw new PasidStillStopping(device, pasid);
  return [{ kind: 'PasidStarted', device, pasid }];
}

/** The device vanishes: whatever it had under way is lost (R104). What is still on its way to it finds nobody. */
export function decideRemoval(state: SegmentState, device: number, now: number): readonly SegmentEvent[] {
  const found = deviceOf(state, device);
  if (found.removed) return NOTHING;
  const lost = found.accesses.list();
  const events: SegmentEvent[] = [{ kind: 'DeviceRemoved', device, lost: lost.length }];
  for (const live of lost) events.push(accessEnded(live, 'removed', live.receivedAtMicros, now));
  return events;
}

/** The device hangs. A hang is over with the next reset, and one device can only hang once at a time. */
export function decideHang(state: SegmentState, device: number): readonly SegmentEvent[] {
  const found = deviceOf(state, device);
  return found.removed || found.hung ? NOTHING : [{ kind: 'DeviceHung', device }];
}

/** A workload gives up what it has not issued. */
export function decideWithdrawal(device: number, ranges: readonly AccessRange[]): readonly SegmentEvent[] {
  const named = ranges.filter((range) => range.count > 0);
  return named.length === 0 ? NOTHING : [{ kind: 'AccessesWithdrawn', device, ranges: named }];
}

/** Workloads begin, each once. */
export function decideBeginWork(
  state: SegmentState,
  mms: readonly number[],
  now: number,
): readonly SegmentEvent[] {
  return mms.filter((mm) => !state.begun.has(mm)).map((mm) => ({ kind: 'WorkBegun', mm, atMicros: now }));
}
