import { MmInvariantBroken } from './errors';

/** No neighbour in the list of frames. */
export const NO_FRAME_INDEX = -1;

/** One entry that shows a frame. */
export interface Mapping {
  mm: number;
  page: number;
}

/** What only pages of files need: most frames are private, and a record for each of a million frames had better be small. */
export interface FilePage {
  file: number;
  /** Page of the file. */
  filePage: number;
  /** Whether the page cache finds it; it no longer does from its reclaim on. */
  inCache: boolean;
  /** Entries that show it besides the first. */
  others: Mapping[];
}

/**
 * One physical frame. Free (`used` false), in use (mapped, or an idle page of the page cache), or in quarantine: nothing maps
 * it any more, but translations of removed entries may be left somewhere (D11).
 */
export interface FrameRecord {
  used: boolean;
  /** Whether it is in the order of reclaim. */
  listed: boolean;
  /** Neighbours in the order of reclaim, as indices. */
  older: number;
  newer: number;
  /** How many entries show it. */
  mappings: number;
  /** First entry that shows it; after the last mapping went, that one. */
  mm: number;
  page: number;
  /** Removed entries of it whose invalidation is not complete. */
  invalidating: number;
  /** Set from the reading of a file page until the frame is free again. */
  shared: FilePage | null;
}

/** The frames of a shard. Plain data, so that a snapshot can hold it. */
export interface FrameTable {
  /** Number of the frame at index 0. */
  base: number;
  total: number;
  /** Frames that were ever used; the others are free and need no record. */
  records: FrameRecord[];
  /** Indices of freed frames; the last is used first. */
  free: number[];
  /** Ends of the list of reclaimable frames: by the last fault that installed them, oldest first. */
  oldest: number;
  newest: number;
  /** Frames in quarantine. */
  quarantined: number;
  /** The page cache: file -> page of the file -> frame index. */
  cache: Map<number, Map<number, number>>;
}

/** A table in which every frame is free. */
export function createFrameTable(base: number, total: number): FrameTable {
  return {
    base,
    total,
    records: [],
    free: [],
    oldest: NO_FRAME_INDEX,
    newest: NO_FRAME_INDEX,
    quarantined: 0,
    cache: new Map(),
  };
}

/** Frames that hold nothing. */
export function countFree(table: FrameTable): number {
  return table.free.length + table.total - table.records.length;
}

/** Number of the frame that the next installation uses; only meaningful while one is free. */
export function nextFrame(table: FrameTable): number {
  const freed = table.free.length;
  return table.base + (freed > 0 ? (table.free[freed - 1] ?? 0) : table.records.length);
}

/** Frame index of a page of the page cache. */
export function findCached(table: FrameTable, file: number, filePage: number): number | undefined {
  return table.cache.get(file)?.get(filePage);
}

/** The record of a frame that has been used before. */
export function recordAt(table: FrameTable, index: number): FrameRecord {
  const record = table.records[index];
  if (record === undefined) throw new MmInvariantBroken(`frame ${table.base + index} was never used`);
  return record;
}

/** Whether the frame is a page of the page cache, and not private to one entry. */
export function isCached(record: FrameRecord): boolean {
  return record.shared !== null && record.shared.inCache;
}
