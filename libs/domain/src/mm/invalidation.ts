import type { RemovedEntry } from './commands';
import { ZERO_FRAME } from './config';
import type { MmEvent, PageInvalidated } from './events';
import { invalidatingOf, mappingsOf } from './frame-records';
import { indexOf, isCached } from './frame-table';
import { freed } from './reclaim';
import type { MmDurableState, MmState } from './state';

/** Second phase of removals: the frame is free when this was the last entry of it that any cache could still hold (D3, D11). */
export function completeInvalidation(durable: MmDurableState, entries: readonly RemovedEntry[]): MmEvent[] {
  const { frames, spaces } = durable;
  const events: MmEvent[] = [];
  const seen = new Map<number, Set<number>>();
  const completed = new Map<number, number>();
  for (const { mm, page, frame } of entries) {
    if (spaces.get(mm)?.removing.get(page) !== frame || isRepeated(seen, mm, page)) continue;
    if (frame === ZERO_FRAME) {
      events.push(invalidated(mm, page, frame));
      continue;
    }
    const index = indexOf(frames, frame);
    const before = completed.get(frame) ?? 0;
    completed.set(frame, before + 1);
    const isLast = invalidatingOf(frames.records, index) - before === 1;
    const isUnused = mappingsOf(frames.records, index) === 0 && !isCached(frames, index);
    events.push(isLast && isUnused ? freed(frame, mm, page) : invalidated(mm, page, frame));
  }
  return events;
}

/** Removed entries whose invalidation is not complete: what a new owner has to invalidate again (D3). */
export function pagesInQuarantine(state: MmState): RemovedEntry[] {
  const entries: RemovedEntry[] = [];
  if (state.durable.removing === 0) return entries;
  for (const space of state.durable.spaces.values()) {
    for (const [page, frame] of space.removing) entries.push({ mm: space.mm, page, frame });
  }
  return entries;
}

function invalidated(mm: number, page: number, frame: number): PageInvalidated {
  return { kind: 'PageInvalidated', mm, page, frame };
}

function isRepeated(seen: Map<number, Set<number>>, mm: number, page: number): boolean {
  let pages = seen.get(mm);
  if (pages === undefined) seen.set(mm, (pages = new Set()));
  if (pages.has(page)) return true;
  pages.add(page);
  return false;
}
