import type { SegmentEvent } from './events';
import type { PasidStop, SegmentDevice } from './state';

/**
 * Ends of stops in a turn: a PASID of which nothing is under way has stopped. Its stop marker goes first, since that is the last
 * page request of the PASID (R23); a function whose interface is down sends none (R16), nor does a master or a device that is gone.
 *
 * @returns the number of the last request sent
 */
export function finishStops(
  device: SegmentDevice,
  request: number,
  now: number,
  events: SegmentEvent[],
): number {
  let last = request;
  for (const { pasid, underWay, stopped } of device.stops) {
    if (stopped || underWay > 0) continue;
    if (device.model === 'pri' && !device.failed && !device.removed) {
      last += 1;
      events.push({ kind: 'StopMarkerSent', request: last, device: device.device, pasid, sentAtMicros: now });
    }
    events.push({ kind: 'PasidStopped', device: device.device, pasid });
  }
  return last;
}

/** Whether a stop in this device could end in this turn. */
export function hasStopToFinish(device: SegmentDevice): boolean {
  return device.stops.length > 0 && device.stops.some((stop) => !stop.stopped && stop.underWay === 0);
}

/** The stop of a PASID in a device, under way or done. */
export function stopOf(device: SegmentDevice, pasid: number): PasidStop | undefined {
  // Nearly no device has any, and it is asked for each workload at each turn.
  return device.stops.length === 0 ? undefined : device.stops.find((stop) => stop.pasid === pasid);
}
