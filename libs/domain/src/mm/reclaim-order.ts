import {
  isListed,
  isReferenced,
  newerThan,
  NO_FRAME_INDEX,
  olderThan,
  setListed,
  setReferenced,
} from './frame-records';
import type { FrameTable } from './frame-table';

/** A fault came to a frame that is in use: reclaim takes it later. */
export function touchFrame(table: FrameTable, index: number): void {
  if (table.policy === 'lru') {
    if (table.newest === index) return;
    unlink(table, index);
    linkNewest(table, index);
    return;
  }
  if (!isListed(table.records, index)) linkNewest(table, index);
  markFault(table, index);
}

/** A fault asked for the frame: under the clock it gets a second chance. */
export function markFault(table: FrameTable, index: number): void {
  if (table.policy === 'clock') setReferenced(table.records, index, true);
}

/**
 * The frame is about to be taken: the hand of the clock has come to it, over all that are before it. Those lose their second chance
 * and are looked at last. A frame that still had its own is taken in the second round, so the hand has been at every frame.
 */
export function moveHandTo(table: FrameTable, index: number): void {
  const { records } = table;
  if (table.policy !== 'clock' || !isListed(records, index)) return;
  if (isReferenced(records, index)) {
    for (let each = table.oldest; each !== NO_FRAME_INDEX; each = newerThan(records, each)) {
      setReferenced(records, each, false);
    }
  }
  while (table.oldest !== index) {
    const passed = table.oldest;
    setReferenced(records, passed, false);
    unlink(table, passed);
    linkNewest(table, passed);
  }
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
