import { hasStopToFinish } from './stops';
import type { SegmentDevice, SegmentState } from './state';

/**
 * Notes whether the next turn has something to do for a device, after anything that may have changed it. A turn then looks at the devices
 * that are due, and not at thousands that are not.
 */
export function review(state: SegmentState, device: SegmentDevice): void {
  const isDue =
    hasUnreportedHits(device) || (!device.hung && (maySendGroups(device) || hasStopToFinish(device)));
  if (isDue !== device.isDue) {
    device.isDue = isDue;
    if (isDue) state.due.add(device);
    else state.due.delete(device);
  }
}

/** {@link review} where the device may also have fallen silent, or have come back. */
export function reviewSilence(state: SegmentState, device: SegmentDevice): void {
  if (isSilent(device)) state.silent.add(device);
  else state.silent.delete(device);
  review(state, device);
}

/** Whether it hangs or vanished, and so completes nothing (R26, R104). */
export function isSilent(device: SegmentDevice): boolean {
  return device.hung || device.removed;
}

/** Whether accesses hit since the device last reported its hits. */
export function hasUnreportedHits(device: SegmentDevice): boolean {
  return device.atcHits + device.translated > 0;
}

/** Whether an access waits for its page request, and there is a credit for it (R10). */
export function maySendGroups(device: SegmentDevice): boolean {
  return device.waiting > 0 && device.outstanding < device.credits;
}
