import { MmInvariantBroken } from './errors';
import { type FilePage, type FrameTable, recordAt } from './frame-table';
import { releaseFrame } from './frames';
import { touchFrame, unlink } from './reclaim-order';

/** A further entry shows a frame in use. A frame that was in quarantine leaves it: it is mapped again and not free. */
export function addMapping(table: FrameTable, index: number, mm: number, page: number): void {
  const record = recordAt(table, index);
  if (record.mappings === 0) {
    if (record.invalidating > 0) table.quarantined -= 1;
    record.mm = mm;
    record.page = page;
  } else {
    sharedOf(table, index).others.push({ mm, page });
  }
  record.mappings += 1;
  touchFrame(table, index);
}

/** An entry of the frame was cleared and its invalidation is under way. With the last entry the frame is in quarantine. */
export function removeMapping(table: FrameTable, index: number, mm: number, page: number): void {
  const record = recordAt(table, index);
  if (record.mappings === 0) throw new MmInvariantBroken(`frame ${table.base + index} is not mapped`);
  if (record.mappings > 1) {
    const others = sharedOf(table, index).others;
    const moved = others.pop();
    if (record.mm !== mm || record.page !== page) {
      replaceOther(others, moved, mm, page);
    } else if (moved !== undefined) {
      record.mm = moved.mm;
      record.page = moved.page;
    }
  } else if (record.mm !== mm || record.page !== page) {
    throw new MmInvariantBroken(`frame ${table.base + index} is not mapped at mm ${mm} page ${page}`);
  }
  record.mappings -= 1;
  record.invalidating += 1;
  if (record.mappings === 0) {
    table.quarantined += 1;
    unlink(table, record);
  }
}

/** One removed entry of the frame is invalidated and the frame stays. A page cache page without entries is idle from here on. */
export function completeMapping(table: FrameTable, index: number): void {
  const record = recordAt(table, index);
  record.invalidating -= 1;
  if (record.invalidating > 0 || record.mappings > 0) return;
  table.quarantined -= 1;
  touchFrame(table, index);
}

/** The last removed entry of the frame is invalidated, and the frame is free. */
export function completeAndRelease(table: FrameTable, index: number): void {
  recordAt(table, index).invalidating -= 1;
  table.quarantined -= 1;
  releaseFrame(table, index);
}

/** Only pages of files have more than one entry. */
function sharedOf(table: FrameTable, index: number): FilePage {
  const shared = recordAt(table, index).shared;
  if (shared === null) throw new MmInvariantBroken(`frame ${table.base + index} is private`);
  return shared;
}

/** `moved` was the last of `others`; it takes the place of (mm, page), unless it was that itself. */
function replaceOther(
  others: { mm: number; page: number }[],
  moved: { mm: number; page: number } | undefined,
  mm: number,
  page: number,
): void {
  if (moved === undefined) throw new MmInvariantBroken(`mm ${mm} page ${page} is no entry of the frame`);
  if (moved.mm === mm && moved.page === page) return;
  const place = others.findIndex((other) => other.mm === mm && other.page === page);
  if (place < 0) throw new MmInvariantBroken(`mm ${mm} page ${page} is no entry of the frame`);
  others[place] = moved;
}
