import { Stage, type LiveAccess, type SegmentDevice, type SegmentState } from './state';

/** All outstanding groups are lost, their credits and indexes with them (R16, R21). */
export function forgetOutstanding(device: SegmentDevice): void {
  device.groups.fill(undefined);
  device.outstandingGroups = 0;
  device.outstanding = 0;
}

/**
 * A device after its reset (R21, D9): no credits in use, an empty ATC, the page request interface up again (R16). Unfinished
 * accesses stay and stand as if they had just been issued. Hits not yet reported stay, since they did happen.
 */
export function resetDevice(state: SegmentState, device: SegmentDevice): void {
  forgetOutstanding(device);
  device.atc.clear();
  device.failed = false;
  device.firstWaiting = undefined;
  device.lastWaiting = undefined;
  device.waiting = 0;
  for (const live of device.accesses.list()) resetAccess(state, live);
}

function resetAccess(state: SegmentState, live: LiveAccess): void {
  if (live.stage === Stage.TRANSLATING) state.translations.delete(live);
  if (live.stage === Stage.STALLED) state.stalls.delete(live.request);
  live.stage = Stage.READY;
  live.rounds = 0;
  live.request = 0;
  live.receivedAtMicros = 0;
  live.translation = 0;
  live.stale = false;
  live.previous = undefined;
  live.next = undefined;
}
