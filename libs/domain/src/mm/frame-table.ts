import { createPageMap, NO_VALUE, type PageMap, readPage } from '../kernel/page-map';
import type { ReclaimPolicy } from './config';
import { MmInvariantBroken } from './errors';
import { createFrameRecords, type FrameRecords, NO_FRAME_INDEX } from './frame-records';

/** One entry that shows a frame. */
export interface Mapping {
  mm: number;
  page: number;
}

/** The pages of files in memory, found from either side. A frame of it leaves it at its reclaim, before it is free. */
export interface PageCache {
  /** File -> page of the file -> frame index. */
  files: Map<number, PageMap>;
  /** Frame index -> file. */
  fileOf: PageMap;
  /** Frame index -> page of the file. */
  filePageOf: PageMap;
}

/** The frames of a shard. Plain data, so that a snapshot can hold it. */
export interface FrameTable {
  /** Number of the frame at index 0. */
  base: number;
  total: number;
  policy: ReclaimPolicy;
  records: FrameRecords;
  /** Frame index -> entries that show it besides the first; only frames of files have any. */
  others: Map<number, Mapping[]>;
  /** Indices of freed frames; the last is used first. */
  free: number[];
  /** Ends of the list of reclaimable frames, in the order in which the policy looks at them. */
  oldest: number;
  newest: number;
  /** Frames in quarantine. */
  quarantined: number;
  cache: PageCache;
}

/** A table in which every frame is free. */
export function createFrameTable(base: number, total: number, policy: ReclaimPolicy): FrameTable {
  return {
    base,
    total,
    policy,
    records: createFrameRecords(),
    others: new Map(),
    free: [],
    oldest: NO_FRAME_INDEX,
    newest: NO_FRAME_INDEX,
    quarantined: 0,
    cache: { files: new Map(), fileOf: createPageMap(), filePageOf: createPageMap() },
  };
}

/** Frames that hold nothing. */
export function countFree(table: FrameTable): number {
  return table.free.length + table.total - table.records.count;
}

/** Number of the frame that the next installation uses, or the one after so many others; only meaningful while it is free. */
export function nextFrame(table: FrameTable, after = 0): number {
  const freed = table.free.length - after;
  return table.base + (freed > 0 ? (table.free[freed - 1] ?? 0) : table.records.count - freed);
}

/** The index of a frame that has been used before. */
export function indexOf(table: FrameTable, frame: number): number {
  const index = frame - table.base;
  if (index >= 0 && index < table.records.count) return index;
  throw new MmInvariantBroken(`frame ${frame} was never used`);
}

/** Frame index of a page of the page cache. */
export function findCached(table: FrameTable, file: number, filePage: number): number | undefined {
  const pages = table.cache.files.get(file);
  const index = pages === undefined ? NO_VALUE : readPage(pages, filePage);
  return index === NO_VALUE ? undefined : index;
}

/** Whether the frame is a page of the page cache, and not private to one entry. */
export function isCached(table: FrameTable, index: number): boolean {
  const { fileOf } = table.cache;
  // Anonymous memory is most of it, and knows no files.
  return fileOf.size > 0 && readPage(fileOf, index) !== NO_VALUE;
}
