import { isListed, newerThan, NO_FRAME_INDEX, olderThan, setListed } from './frame-records';
import type { FrameTable } from './frame-table';

/** Makes a frame the last that reclaim would take. */
export function touchFrame(table: FrameTable, index: number): void {
  if (table.newest === index) return;
  unlink(table, index);
  linkNewest(table, index);
}

/** Takes a frame out of the order of reclaim. */
export function unlink(table: FrameTable, index: number): void {
  const { records } = table;
  if (!isListed(records, index)) return;
  const older = olderThan(records, index);
  const newer = newerThan(records, index);
  if (older === NO_FRAME_INDEX) table.oldest = newer;
  else records.newer[older] = newer;
  if (newer === NO_FRAME_INDEX) table.newest = older;
  else records.older[newer] = older;
  setListed(records, index, false);
}

/** Puts a frame at the end of the order of reclaim. */
export function linkNewest(table: FrameTable, index: number): void {
  const { records, newest } = table;
  records.older[index] = newest;
  records.newer[index] = NO_FRAME_INDEX;
  setListed(records, index, true);
  if (newest === NO_FRAME_INDEX) table.oldest = index;
  else records.newer[newest] = index;
  table.newest = index;
}
