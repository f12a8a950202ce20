import { MmInvariantBroken } from './errors';
import {
  addRecord,
  countMappings,
  invalidatingOf,
  isUsed,
  mappingsOf,
  setFirstEntry,
  setReferenced,
  setUsed,
} from './frame-records';
import type { FrameTable } from './frame-table';
import { leaveCache } from './page-cache';
import { linkNewest, markFault, unlink } from './reclaim-order';

/** Takes the next free frame, which must be the one at `index`, for its first entry; `isFault`: a fault asked for that page. */
export function takeFrame(
  table: FrameTable,
  index: number,
  mm: number,
  page: number,
  isFault: boolean,
): void {
  const { records, free } = table;
  const next = free.length > 0 ? free.pop() : takeUnused(table);
  if (next !== index) throw new MmInvariantBroken(`frame ${table.base + index} is not the next`);
  setUsed(records, index, true);
  countMappings(records, index, 1);
  setFirstEntry(records, index, mm, page);
  linkNewest(table, index);
  if (isFault) markFault(table, index);
}

function takeUnused(table: FrameTable): number {
  const { records, total } = table;
  if (records.count === total) throw new MmInvariantBroken('no frame is free');
  addRecord(records);
  return records.count - 1;
}

/** Gives an unmapped frame back. */
export function releaseFrame(table: FrameTable, index: number): void {
  const { records } = table;
  const isHeld = mappingsOf(records, index) > 0 || invalidatingOf(records, index) > 0;
  if (!isUsed(records, index) || isHeld) {
    throw new MmInvariantBroken(`frame ${table.base + index} is freed while in use or in quarantine`);
  }
  leaveCache(table, index);
  unlink(table, index);
  setUsed(records, index, false);
  setReferenced(records, index, false);
  table.free.push(index);
}
