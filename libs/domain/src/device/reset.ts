import { stalledAccessSent, translationRequested } from './build';
import type { SegmentEvent } from './events';
import { NOTHING } from './issue';
import { deviceOf, type SegmentDevice, type SegmentState } from './state';

/** A new owner, or a reset of everything: all devices start afresh and request numbers restart at 1 (D9). Ignores an older epoch. */
export function decideEpoch(state: SegmentState, epoch: number, now: number): readonly SegmentEvent[] {
  if (epoch <= state.epoch) return NOTHING;
  const events: SegmentEvent[] = [{ kind: 'SegmentOwnerChanged', segment: state.segment, epoch }];
  for (const device of state.devices) events.push({ kind: 'DeviceReset', device: device.device, epoch });
  return issueAgain(state, state.devices, 0, now, events);
}

/**
 * A device is reset (R21). In the current epoch only this device forgets what it had outstanding; its requests go on in the
 * segment's sequence, and late responses for it are unexpected ones (R18). A newer epoch is one of the whole segment, because
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
  return issueAgain(state, [found], state.requests, now, [{ kind: 'DeviceReset', device, epoch }]);
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
      if (device.model === 'stall') events.push(stalledAccessSent(live, ++request, now));
      else events.push(translationRequested(live, ++translation));
    }
  }
  return events;
}
