import { forgetGroups } from './groups';
import { standAsIssued } from './live';
import { Stage, type LiveAccess, type SegmentDevice, type SegmentState } from './state';

/**
 * A device after its reset (R21, D9): no credits in use, an empty ATC, the page request interface up again (R16). Unfinished
 * accesses stay and stand as if they had just been issued. Hits not yet reported stay, since they did happen.
 */
export function resetDevice(state: SegmentState, device: SegmentDevice): void {
  forgetGroups(device);
  device.atc.clear();
  device.failed = false;
  device.hung = false;
  device.firstWaiting = undefined;
  device.lastWaiting = undefined;
  device.waiting = 0;
  for (const live of device.accesses.list()) resetAccess(state, live);
}

function resetAccess(state: SegmentState, live: LiveAccess): void {
  if (live.stage === Stage.TRANSLATING) state.translations.delete(live);
  if (live.stage === Stage.STALLED) state.stalls.delete(live.request);
  standAsIssued(live);
}
