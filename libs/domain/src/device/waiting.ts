import { Stage, type LiveAccess } from './state';

/** Puts an access at the end of its device's line for page requests. */
export function enqueueWaiting(live: LiveAccess): void {
  const device = live.device;
  live.stage = Stage.WAITING;
  live.previous = device.lastWaiting;
  live.next = undefined;
  if (device.lastWaiting === undefined) device.firstWaiting = live;
  else device.lastWaiting.next = live;
  device.lastWaiting = live;
  device.waiting += 1;
}

/** Takes an access out of the line, wherever it stands. */
export function removeWaiting(live: LiveAccess): void {
  const device = live.device;
  if (live.previous === undefined) device.firstWaiting = live.next;
  else live.previous.next = live.next;
  if (live.next === undefined) device.lastWaiting = live.previous;
  else live.next.previous = live.previous;
  live.previous = undefined;
  live.next = undefined;
  device.waiting -= 1;
}
