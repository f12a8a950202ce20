import { accessEnded, NOTHING, stalledAccessSent, translationRequested } from './build';
import type { SegmentEvent } from './events';
import { stopOf } from './stops';
import { deviceOf, type LiveAccess, type SegmentDevice, type SegmentState } from './state';

/** A new owner, or a reset of everything: all devices start afresh and request numbers restart at 1 (D9). Ignores an older epoch. */
export function decideEpoch(state: SegmentState, epoch: number, now: number): readonly SegmentEvent[] {
  if (epoch <= state.epoch) return NOTHING;
  const events: SegmentEvent[] = [{ kind: 'SegmentOwnerChanged', segment: state.segment, epoch }];
  const devices = state.devices.filter((device) => !device.removed);
  for (const device of devices) {
    abandonStopping(device, now, events);
    events.push({ kind: 'DeviceReset', device: device.device, epoch, request: 0 });
  }
  return issueAgain(state, devices, 0, now, events);
}

/**
 * A device is reset (R21). In the current epoch only this device forgets what it had outstanding; its requests go on in the
 * segment's sequence behind the message that tells the IOMMU of the reset, and late responses for it are unexpected ones (R18). A
 * device that vanished stays gone, but its IOMMU is told too: it waits for that message. A newer epoch is one of the whole segment, because
 * numbers and the IOMMU's view of an epoch are the segment's: all devices start afresh. An older epoch is ignored.
 */
export function decideReset(
  state: SegmentState,
  device: number,
  epoch: number,
  now: number,
): readonly SegmentEvent[] {
  const found = deviceOf(state, device);
  if (epoch > state.epoch) return decideEpoch(state, epoch, now);
  if (epoch < state.epoch) return NOTHING;
  const request = state.requests + 1;
  const events: SegmentEvent[] = [];
  abandonStopping(found, now, events);
  events.push({ kind: 'DeviceReset', device, epoch, request });
  return issueAgain(state, [found], request, now, events);
}

/**
 * Accesses of a PASID that is being stopped are not issued again: whoever stops it gave up waiting and resets the device to be rid
 * of them, and a late one could fault in the next address space that gets the PASID (R102). They end before the reset, so that
 * their ends still name the last request of each.
 */
function abandonStopping(device: SegmentDevice, now: number, events: SegmentEvent[]): void {
  if (device.stops.length === 0) return;
  for (const live of device.accesses.list())
    if (isStopping(live)) events.push(accessEnded(live, 'removed', live.receivedAtMicros, now));
}

function isStopping(live: LiveAccess): boolean {
  return stopOf(live.device, live.pasid) !== undefined;
}

/** Unfinished accesses are issued again: what they had outstanding is forgotten, so their faults count from zero. */
function issueAgain(
  state: SegmentState,
  devices: readonly SegmentDevice[],
  lastRequest: number,
  now: number,
  events: SegmentEvent[],
): readonly SegmentEvent[] {
  let request = lastRequest;
  let translation = state.lastTranslation;
  for (const device of devices) {
    for (const live of device.accesses.list()) {
      if (isStopping(live)) continue;
      if (device.model === 'stall') events.push(stalledAccessSent(live, ++request, now));
      else events.push(translationRequested(live, ++translation));
    }
  }
  return events;
}
