import { MmInvariantBroken } from './errors';
import {
  countInvalidating,
  countMappings,
  invalidatingOf,
  isFirstEntry,
  isListed,
  mappingsOf,
  setFirstEntry,
} from './frame-records';
import { type FrameTable, isCached, type Mapping } from './frame-table';
import { releaseFrame } from './frames';
import { linkNewest, touchFrame, unlink } from './reclaim-order';

/**
 * A further entry shows a page cache page; `isFault`: a fault asked for it. A frame that was in quarantine leaves it: it is mapped
 * again and not free.
 */
export function addMapping(
  table: FrameTable,
  index: number,
  mm: number,
  page: number,
  isFault: boolean,
): void {
  const { records } = table;
  if (!isCached(table, index)) throw new MmInvariantBroken(`frame ${table.base + index} is private`);
  if (mappingsOf(records, index) === 0) {
    if (invalidatingOf(records, index) > 0) table.quarantined -= 1;
    setFirstEntry(records, index, mm, page);
  } else {
    addOther(table, index, { mm, page });
  }
  countMappings(records, index, 1);
  if (isFault) touchFrame(table, index);
  else if (!isListed(records, index)) linkNewest(table, index);
}

/** An entry of the frame was cleared and its invalidation is under way. With the last entry the frame is in quarantine. */
export function removeMapping(table: FrameTable, index: number, mm: number, page: number): void {
  const { records } = table;
  const isFirst = isFirstEntry(records, index, mm, page);
  if (mappingsOf(records, index) > 1) {
    const moved = takeLastOther(table, index);
    if (isFirst) setFirstEntry(records, index, moved.mm, moved.page);
    else replaceOther(table.others.get(index) ?? [], moved, mm, page);
  } else if (mappingsOf(records, index) === 0 || !isFirst) {
    throw new MmInvariantBroken(`frame ${table.base + index} is not mapped at mm ${mm} page ${page}`);
  }
  countMappings(records, index, -1);
  countInvalidating(records, index, 1);
  if (mappingsOf(records, index) === 0) {
    table.quarantined += 1;
    unlink(table, index);
  }
}

/** One removed entry of the frame is invalidated and the frame stays. A page cache page without entries is idle from here on. */
export function completeMapping(table: FrameTable, index: number): void {
  const { records } = table;
  countInvalidating(records, index, -1);
  if (invalidatingOf(records, index) > 0 || mappingsOf(records, index) > 0) return;
  table.quarantined -= 1;
  linkNewest(table, index);
}

/** An entry of the frame grants less, and what was cached of it is being invalidated: the frame is not free before. */
export function restrictMapping(table: FrameTable, index: number): void {
  countInvalidating(table.records, index, 1);
}

/** The last removed entry of the frame is invalidated, and the frame is free. */
export function completeAndRelease(table: FrameTable, index: number): void {
  countInvalidating(table.records, index, -1);
  table.quarantined -= 1;
  releaseFrame(table, index);
}

function addOther(table: FrameTable, index: number, mapping: Mapping): void {
  const others = table.others.get(index);
  if (others === undefined) table.others.set(index, [mapping]);
  else others.push(mapping);
}

function takeLastOther(table: FrameTable, index: number): Mapping {
  const others = table.others.get(index);
  const last = others?.pop();
  if (last === undefined) throw new MmInvariantBroken(`frame ${table.base + index} has lost an entry`);
  if (others?.length === 0) table.others.delete(index);
  return last;
}

/** `moved` was the last of `others`; it takes the place of (mm, page), unless it was that itself. */
function replaceOther(others: Mapping[], moved: Mapping, mm: number, page: number): void {
  if (moved.mm === mm && moved.page === page) return;
  const place = others.findIndex((other) => other.mm === mm && other.page === page);
  if (place < 0) throw new MmInvariantBroken(`mm ${mm} page ${page} is no entry of the frame`);
  others[place] = moved;
}
