import { accessDropped, accessEnded, NOTHING, translationRequested } from './build';
import type { SegmentCommand } from './commands';
import type { SegmentEvent } from './events';
import { deviceOf, Stage, type SegmentState } from './state';

/**
 * The timer of a dropped access fired, and it comes again. Where its page request is not answered yet, the device still knows that
 * the page is missing and drops it once more, without asking for it a second time. A timer from before a reset means nothing.
 */
export function decideRetransmission(
  state: SegmentState,
  command: Extract<SegmentCommand, { kind: 'RetransmitAccess' }>,
  now: number,
): readonly SegmentEvent[] {
  const device = deviceOf(state, command.device);
  const live = device.accesses.get(command.access);
  const { retransmission } = device;
  if (live === undefined || live.drop !== command.drop || device.hung || retransmission === undefined)
    return NOTHING;
  if (live.stage === Stage.WAITING || live.stage === Stage.OUTSTANDING)
    return [accessDropped(live, state.lastDrop + 1, retransmission)];
  if (live.stage !== Stage.DROPPED) return NOTHING;
  // The interface was taken down meanwhile, so that another miss could not be reported (R16).
  if (device.failed) return [accessEnded(live, 'failure', live.receivedAtMicros, now)];
  // Not from the ATC, as after any response (R14).
  return [translationRequested(live, state.lastTranslation + 1)];
}
