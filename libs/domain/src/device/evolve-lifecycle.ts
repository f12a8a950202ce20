import { reviewSilence } from './due';
import type { SegmentEvent } from './events';
import { forgetGroups } from './groups';
import { stopOf } from './stops';
import { deviceOf, type LiveAccess, type SegmentDevice, type SegmentState } from './state';

export type LifecycleEvent = Extract<
  SegmentEvent,
  {
    kind:
      | 'DeviceRemoved'
      | 'DeviceHung'
      | 'AccessesWithdrawn'
      | 'PasidStopping'
      | 'PasidStopped'
      | 'PasidStarted'
      | 'StopMarkerSent';
  }
>;

/** Events of devices that vanish or hang and of PASIDs that come and go. A successor sees the durable ones of them only. */
export function evolveLifecycle(state: SegmentState, event: LifecycleEvent): void {
  const device = deviceOf(state, event.device);
  evolveDevice(state, device, event);
  reviewSilence(state, device);
}

function evolveDevice(state: SegmentState, device: SegmentDevice, event: LifecycleEvent): void {
  switch (event.kind) {
    case 'DeviceRemoved':
      state.workEnds += 1;
      device.removed = true;
      device.hung = false;
      forgetGroups(device);
      return;
    case 'DeviceHung':
      device.hung = true;
      return;
    case 'AccessesWithdrawn':
      for (const range of event.ranges) device.withdrawn += range.count;
      return;
    case 'PasidStopping':
      state.workEnds += 1;
      device.stops.push({ pasid: event.pasid, underWay: countUnderWay(device, event.pasid), stopped: false });
      return;
    case 'PasidStopped': {
      state.workEnds += 1;
      const stop = stopOf(device, event.pasid);
      if (stop === undefined) device.stops.push({ pasid: event.pasid, underWay: 0, stopped: true });
      else stop.stopped = true;
      return;
    }
    case 'PasidStarted':
      device.stops = device.stops.filter((stop) => stop.pasid !== event.pasid);
      return;
    case 'StopMarkerSent':
      state.requests = event.request;
      return;
  }
}

/** An access ended: one less to wait for, if its PASID is being stopped. */
export function leaveStop(live: LiveAccess): void {
  if (live.device.stops.length === 0) return;
  const stop = stopOf(live.device, live.pasid);
  if (stop !== undefined) stop.underWay -= 1;
}

function countUnderWay(device: SegmentDevice, pasid: number): number {
  let underWay = 0;
  device.accesses.forEach((live) => {
    if (live.pasid === pasid) underWay += 1;
  });
  return underWay;
}
