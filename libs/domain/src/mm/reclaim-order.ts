import { type FrameRecord, type FrameTable, NO_FRAME_INDEX, recordAt } from './frame-table';

/** Makes a frame the last that reclaim would take. */
export function touchFrame(table: FrameTable, index: number): void {
  if (table.newest === index) return;
  const record = recordAt(table, index);
  unlink(table, record);
  linkNewest(table, index, record);
}

/** Takes a frame out of the order of reclaim. */
export function unlink(table: FrameTable, record: FrameRecord): void {
  if (!record.listed) return;
  if (record.older === NO_FRAME_INDEX) table.oldest = record.newer;
  else recordAt(table, record.older).newer = record.newer;
  if (record.newer === NO_FRAME_INDEX) table.newest = record.older;
  else recordAt(table, record.newer).older = record.older;
  record.older = NO_FRAME_INDEX;
  record.newer = NO_FRAME_INDEX;
  record.listed = false;
}

/** Puts a frame at the end of the order of reclaim. */
export function linkNewest(table: FrameTable, index: number, record: FrameRecord): void {
  record.older = table.newest;
  record.newer = NO_FRAME_INDEX;
  record.listed = true;
  if (table.newest === NO_FRAME_INDEX) table.oldest = index;
  else recordAt(table, table.newest).newer = index;
  table.newest = index;
}
