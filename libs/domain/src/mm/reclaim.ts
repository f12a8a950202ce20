import type { ResolvedMmConfig } from './config';
import type { FrameFreed, MmEvent, PageRemoved, RemoveCause } from './events';
import { type FrameRecord, isCached, NO_FRAME_INDEX, recordAt } from './frame-table';
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
    const record = recordAt(frames, index);
    const frame = frames.base + index;
    if (isCached(record)) {
      reclaimCached(events, record, frame);
      left -= 1;
    } else if (swapRoom > 0) {
      // A private page was written at least once, so its content has to go to swap.
      events.push(removed(record.mm, record.page, frame, 'reclaim', true));
      swapRoom -= 1;
      left -= 1;
    }
    index = record.newer;
  }
  return events;
}

/** A page cache page goes from all its entries at once; an idle one has none, and so nothing to invalidate. */
function reclaimCached(events: MmEvent[], record: FrameRecord, frame: number): void {
  if (record.mappings === 0) {
    events.push(freed(frame, record.mm, record.page));
    return;
  }
  events.push(removed(record.mm, record.page, frame, 'reclaim', false));
  for (const other of record.shared?.others ?? [])
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
