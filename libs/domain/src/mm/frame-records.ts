/** No neighbour in the list of frames. */
export const NO_FRAME_INDEX = -1;

/** In use: mapped, or an idle page of the page cache. */
const USED = 1;
/** In the order of reclaim. */
const LISTED = 2;
/** Faulted on since reclaim last passed over it. */
const REFERENCED = 4;

/**
 * What is known of each frame, a column for each field and a row for each frame index: a million records take 33 MB, and the
 * garbage collector walks none of them. Columns grow by doubling, so they are the same after the same history.
 *
 * A frame is free (not used), in use, or in quarantine: nothing maps it any more, but translations of removed entries may be
 * left somewhere (D11).
 */
export interface FrameRecords {
  /** Frames that were ever used, those with an index below; the others are free and need no record. */
  count: number;
  /** Union of the flags of a frame. */
  flags: Uint8Array;
  /** Neighbours in the order of reclaim, as indices. */
  older: Int32Array;
  newer: Int32Array;
  /** How many entries show the frame. */
  mappings: Uint32Array;
  /** Removed entries of the frame whose invalidation is not complete. */
  invalidating: Uint32Array;
  /** First entry that shows the frame; after the last mapping went, that one. */
  mms: Float64Array;
  pages: Float64Array;
}

/** No records, and room for `capacity` of them. */
export function createFrameRecords(capacity = 0): FrameRecords {
  return {
    count: 0,
    flags: new Uint8Array(capacity),
    older: new Int32Array(capacity),
    newer: new Int32Array(capacity),
    mappings: new Uint32Array(capacity),
    invalidating: new Uint32Array(capacity),
    mms: new Float64Array(capacity),
    pages: new Float64Array(capacity),
  };
}

/** Makes a record for the next frame. */
export function addRecord(records: FrameRecords): void {
  if (records.count === records.flags.length) grow(records);
  records.count += 1;
}

/** The new half costs no memory before it is written. */
function grow(records: FrameRecords): void {
  const grown = createFrameRecords(Math.max(4, records.count * 2));
  grown.flags.set(records.flags);
  grown.older.set(records.older);
  grown.newer.set(records.newer);
  grown.mappings.set(records.mappings);
  grown.invalidating.set(records.invalidating);
  grown.mms.set(records.mms);
  grown.pages.set(records.pages);
  Object.assign(records, { ...grown, count: records.count });
}

/** Whether the frame is mapped, or an idle page of the page cache. */
export function isUsed(records: FrameRecords, index: number): boolean {
  return ((records.flags[index] ?? 0) & USED) !== 0;
}

export function setUsed(records: FrameRecords, index: number, used: boolean): void {
  setFlag(records, index, USED, used);
}

/** Whether the frame is in the order of reclaim. */
export function isListed(records: FrameRecords, index: number): boolean {
  return ((records.flags[index] ?? 0) & LISTED) !== 0;
}

export function setListed(records: FrameRecords, index: number, listed: boolean): void {
  setFlag(records, index, LISTED, listed);
}

/** Whether the frame was faulted on since reclaim last passed over it; only the clock policy keeps this. */
export function isReferenced(records: FrameRecords, index: number): boolean {
  return ((records.flags[index] ?? 0) & REFERENCED) !== 0;
}

export function setReferenced(records: FrameRecords, index: number, referenced: boolean): void {
  setFlag(records, index, REFERENCED, referenced);
}

function setFlag(records: FrameRecords, index: number, flag: number, on: boolean): void {
  const others = (records.flags[index] ?? 0) & ~flag;
  records.flags[index] = on ? others | flag : others;
}

/** The neighbour that reclaim takes before this frame. */
export function olderThan(records: FrameRecords, index: number): number {
  return records.older[index] ?? NO_FRAME_INDEX;
}

/** The neighbour that reclaim takes after this frame. */
export function newerThan(records: FrameRecords, index: number): number {
  return records.newer[index] ?? NO_FRAME_INDEX;
}

/** How many entries show the frame. */
export function mappingsOf(records: FrameRecords, index: number): number {
  return records.mappings[index] ?? 0;
}

export function countMappings(records: FrameRecords, index: number, change: 1 | -1): void {
  records.mappings[index] = mappingsOf(records, index) + change;
}

/** Removed entries of the frame whose invalidation is not complete. */
export function invalidatingOf(records: FrameRecords, index: number): number {
  return records.invalidating[index] ?? 0;
}

export function countInvalidating(records: FrameRecords, index: number, change: 1 | -1): void {
  records.invalidating[index] = invalidatingOf(records, index) + change;
}

/** The mm of the first entry that shows the frame. */
export function mmOf(records: FrameRecords, index: number): number {
  return records.mms[index] ?? 0;
}

/** The page of the first entry that shows the frame. */
export function pageOf(records: FrameRecords, index: number): number {
  return records.pages[index] ?? 0;
}

/** Whether (mm, page) is the first entry that shows the frame. */
export function isFirstEntry(records: FrameRecords, index: number, mm: number, page: number): boolean {
  return records.mms[index] === mm && records.pages[index] === page;
}

export function setFirstEntry(records: FrameRecords, index: number, mm: number, page: number): void {
  records.mms[index] = mm;
  records.pages[index] = page;
}
