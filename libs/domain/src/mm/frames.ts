import { MmInvariantBroken } from './errors';
import { type FrameRecord, type FrameTable, NO_FRAME_INDEX, recordAt } from './frame-table';
import { linkNewest, unlink } from './reclaim-order';

/** Takes the next free frame, which must be the one at `index`, for its first entry. */
export function takeFrame(table: FrameTable, index: number, mm: number, page: number): FrameRecord {
  const record = table.free.length > 0 ? takeFreed(table, index) : takeUnused(table, index);
  record.used = true;
  record.mappings = 1;
  record.mm = mm;
  record.page = page;
  linkNewest(table, index, record);
  return record;
}

function takeFreed(table: FrameTable, index: number): FrameRecord {
  if (table.free.pop() !== index) throw new MmInvariantBroken(`frame ${table.base + index} is not the next`);
  return recordAt(table, index);
}

function takeUnused(table: FrameTable, index: number): FrameRecord {
  if (index !== table.records.length || index >= table.total) {
    throw new MmInvariantBroken(`frame ${table.base + index} is not the next`);
  }
  const record: FrameRecord = {
    used: true,
    listed: false,
    older: NO_FRAME_INDEX,
    newer: NO_FRAME_INDEX,
    mappings: 0,
    mm: 0,
    page: 0,
    invalidating: 0,
    shared: null,
  };
  table.records.push(record);
  return record;
}

/** Puts a taken frame into the page cache. */
export function enterCache(table: FrameTable, index: number, file: number, filePage: number): void {
  recordAt(table, index).shared = { file, filePage, inCache: true, others: [] };
  let pages = table.cache.get(file);
  if (pages === undefined) table.cache.set(file, (pages = new Map()));
  pages.set(filePage, index);
}

/** Gives an unmapped frame back. */
export function releaseFrame(table: FrameTable, index: number): void {
  const record = recordAt(table, index);
  if (!record.used || record.mappings > 0 || record.invalidating > 0) {
    throw new MmInvariantBroken(`frame ${table.base + index} is freed while in use or in quarantine`);
  }
  leaveCache(table, record);
  record.shared = null;
  unlink(table, record);
  record.used = false;
  table.free.push(index);
}

/** Takes a frame out of the page cache: its file page has to be read again. */
export function leaveCache(table: FrameTable, record: FrameRecord): void {
  const shared = record.shared;
  if (shared === null || !shared.inCache) return;
  shared.inCache = false;
  const pages = table.cache.get(shared.file);
  pages?.delete(shared.filePage);
  if (pages?.size === 0) table.cache.delete(shared.file);
}
