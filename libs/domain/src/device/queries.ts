import { EVERY_DEVICE, EVERY_PASID } from './atc';
import { deviceOf, type SegmentState } from './state';
import { stopOf } from './stops';

/**
 * Whether a device will issue no further access of a PASID, because the PASID is stopping or stopped or the device is gone. A
 * device that hangs still takes work; it issues it after its reset.
 */
export function isWorkOver(state: SegmentState, device: number, pasid: number): boolean {
  const found = deviceOf(state, device);
  return found.removed || stopOf(found, pasid) !== undefined;
}

/** Grows whenever {@link isWorkOver} may have become true of a device and a PASID. */
export function workEnds(state: SegmentState): number {
  return state.workEnds;
}

/** Address spaces of the processes whose workloads have begun. */
export function workBegun(state: SegmentState): ReadonlySet<number> {
  return state.begun;
}

/** Whether the workloads issue nothing more. */
export function isWorkHalted(state: SegmentState): boolean {
  return state.halted;
}

/** Whether the device has vanished. */
export function isDeviceRemoved(state: SegmentState, device: number): boolean {
  return deviceOf(state, device).removed;
}

/**
 * Devices that do not complete an invalidation of a PASID, because they hang or vanished, though they may hold translations of it
 * (R26, R104). A reset empties the ATC and so ends the silence.
 *
 * @param device the device that is asked, or EVERY_DEVICE
 */
export function silentDevices(state: SegmentState, device: number, pasid: number): number[] {
  const silent: number[] = [];
  for (const each of state.silent) {
    if (device !== EVERY_DEVICE && each.device !== device) continue;
    if (pasid === EVERY_PASID ? each.atc.size > 0 : each.atc.holds(pasid)) silent.push(each.device);
  }
  return silent;
}
