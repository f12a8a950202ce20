import { entryFrame } from '../kernel/page-entry';
import type { RemovedEntry } from './commands';
import { ZERO_FRAME } from './config';
import type { MmEvent, PageInstalled, PageInvalidated } from './events';
import { invalidatingOf, mappingsOf } from './frame-records';
import { type FrameTable, indexOf, isCached, nextFrame } from './frame-table';
import { countPending } from './pending';
import { freed } from './reclaim';
import type { AddressSpace, MmDurableState, MmState } from './state';
import { findVma } from './vma';

/** Second phase: the frame is free when this was the last entry of it that any cache could still hold (D3, D11). */
export function completeInvalidation(durable: MmDurableState, entries: readonly RemovedEntry[]): MmEvent[] {
  const { frames, spaces } = durable;
  const events: MmEvent[] = [];
  const done = new CompletionCounts();
  let next = nextFrame(frames);
  for (const { mm, page, frame } of entries) {
    const space = spaces.get(mm);
    const left = space === undefined ? 0 : countPending(space, page, frame) - done.countEntry(mm, page);
    if (space === undefined || left <= 0) continue;
    done.add(mm, page, frame);
    if (frame === ZERO_FRAME || !isFrameDone(frames, frame, done.countFrame(frame))) {
      events.push(invalidated(mm, page, frame));
      continue;
    }
    const arrived = migrated(space, page, next);
    if (arrived !== undefined) events.push(arrived);
    events.push(freed(frame, mm, page));
    // What is freed last is used first, so the page that leaves this frame makes room for the next that arrives.
    next = frame;
  }
  return events;
}

/** What one command has completed so far. */
class CompletionCounts {
  private readonly entries = new Map<number, Map<number, number>>();
  private readonly frames = new Map<number, number>();

  add(mm: number, page: number, frame: number): void {
    let pages = this.entries.get(mm);
    if (pages === undefined) this.entries.set(mm, (pages = new Map()));
    pages.set(page, (pages.get(page) ?? 0) + 1);
    this.frames.set(frame, this.countFrame(frame) + 1);
  }

  countEntry(mm: number, page: number): number {
    return this.entries.get(mm)?.get(page) ?? 0;
  }

  countFrame(frame: number): number {
    return this.frames.get(frame) ?? 0;
  }
}

/** Whether nothing needs the frame any more once so many invalidations of it are complete. */
function isFrameDone(frames: FrameTable, frame: number, completed: number): boolean {
  const index = indexOf(frames, frame);
  if (invalidatingOf(frames.records, index) > completed) return false;
  return mappingsOf(frames.records, index) === 0 && !isCached(frames, index);
}

/** The entry of a page that was on its way to another frame. It grants what it granted before, as far as its area still does. */
function migrated(space: AddressSpace, page: number, frame: number): PageInstalled | undefined {
  const granted = space.migrating.get(page);
  const vma = granted === undefined ? undefined : findVma(space.vmas, page);
  if (granted === undefined || vma === undefined) return undefined;
  return {
    kind: 'PageInstalled',
    mm: space.mm,
    page,
    frame,
    permissions: granted & vma.permissions,
    cause: 'migrate',
    major: false,
    prefetched: false,
  };
}

/**
 * Entries whose invalidation is not complete, each as often as one is under way: what a new owner has to invalidate again (D3).
 */
export function pagesInQuarantine(state: MmState): RemovedEntry[] {
  const entries: RemovedEntry[] = [];
  if (state.durable.invalidating === 0) return entries;
  for (const space of state.durable.spaces.values()) {
    for (const [page, pending] of space.invalidating) {
      const frame = entryFrame(pending);
      for (let left = countPending(space, page, frame); left > 0; left -= 1) {
        entries.push({ mm: space.mm, page, frame });
      }
    }
  }
  return entries;
}

function invalidated(mm: number, page: number, frame: number): PageInvalidated {
  return { kind: 'PageInvalidated', mm, page, frame };
}
