import type { ResolvedMmConfig } from './config';
import type { FrameFreed, MmEvent, PageRemoved, RemoveCause } from './events';
import { isReferenced, mappingsOf, mmOf, newerThan, NO_FRAME_INDEX, pageOf } from './frame-records';
import { type FrameTable, isCached } from './frame-table';
import type { MmState } from './state';

/** A choice of frames under way: what was chosen, and what may still be. */
interface ReclaimPlan {
  readonly events: MmEvent[];
  left: number;
  swapRoom: number;
}

/**
 * Chooses up to `want` frames to take away, in the order of the policy, and returns the first phase for each (D11). Faults are all
 * that the mm sees of accesses, so they are the only age there is; and because they are events, the order is the same after a
 * replay (I8).
 */
export function planReclaim(state: MmState, config: ResolvedMmConfig, want: number): MmEvent[] {
  const { frames, swapUsed } = state.durable;
  const plan: ReclaimPlan = { events: [], left: want, swapRoom: config.swapPages - swapUsed };
  goRound(plan, frames, false);
  // Only the clock's second round comes to frames that had a second chance.
  if (config.reclaim === 'clock') goRound(plan, frames, true);
  return plan.events;
}

/** One round over the frames, taking those that were, or were not, faulted on since the last. */
function goRound(plan: ReclaimPlan, frames: FrameTable, referenced: boolean): void {
  const { base, records } = frames;
  for (
    let index = frames.oldest;
    index !== NO_FRAME_INDEX && plan.left > 0;
    index = newerThan(records, index)
  ) {
    if (isReferenced(records, index) !== referenced) continue;
    if (isCached(frames, index)) {
      reclaimCached(plan.events, frames, index);
    } else if (plan.swapRoom > 0) {
      // A private page was written at least once, so its content has to go to swap.
      plan.events.push(removed(mmOf(records, index), pageOf(records, index), base + index, 'reclaim', true));
      plan.swapRoom -= 1;
    } else continue;
    plan.left -= 1;
  }
}

/** A page cache page goes from all its entries at once; an idle one has none, and so nothing to invalidate. */
function reclaimCached(events: MmEvent[], table: FrameTable, index: number): void {
  const { records, others } = table;
  const frame = table.base + index;
  const mm = mmOf(records, index);
  const page = pageOf(records, index);
  if (mappingsOf(records, index) === 0) {
    events.push(freed(frame, mm, page));
    return;
  }
  events.push(removed(mm, page, frame, 'reclaim', false));
  for (const other of others.get(index) ?? [])
    events.push(removed(other.mm, other.page, frame, 'reclaim', false));
}

/** First phase of a removal. */
export function removed(
  mm: number,
  page: number,
  frame: number,
  cause: RemoveCause,
  swapped: boolean,
): PageRemoved {
  return { kind: 'PageRemoved', mm, page, frame, cause, swapped };
}

/** Second phase of a removal that frees the frame. */
export function freed(frame: number, mm: number, page: number): FrameFreed {
  return { kind: 'FrameFreed', frame, mm, page };
}
