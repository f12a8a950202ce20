import type { ResolvedMmConfig } from './config';
import type { FrameFreed, MmEvent, PageRemoved, RemoveCause } from './events';
import { mappingsOf, mmOf, newerThan, NO_FRAME_INDEX, pageOf } from './frame-records';
import { type FrameTable, isCached } from './frame-table';
import type { MmState } from './state';

/**
 * Chooses up to `want` frames to take away, those first whose last fault is longest ago, and returns the first phase for each
 * (D11). Faults are all that the mm sees of accesses, so their order is the only age there is; and because they are events, the
 * order is the same after a replay (I8).
 */
export function planReclaim(state: MmState, config: ResolvedMmConfig, want: number): MmEvent[] {
  const { frames, swapUsed } = state.durable;
  const events: MmEvent[] = [];
  let swapRoom = config.swapPages - swapUsed;
  let left = want;
  for (let index = frames.oldest; index !== NO_FRAME_INDEX && left > 0;) {
    if (isCached(frames, index)) {
      reclaimCached(events, frames, index);
      left -= 1;
    } else if (swapRoom > 0) {
      // A private page was written at least once, so its content has to go to swap.
      const { base, records } = frames;
      events.push(removed(mmOf(records, index), pageOf(records, index), base + index, 'reclaim', true));
      swapRoom -= 1;
      left -= 1;
    }
    index = newerThan(frames.records, index);
  }
  return events;
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
