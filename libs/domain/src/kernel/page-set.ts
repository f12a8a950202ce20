/** Pages of one mask: the bits that bit operations work on. */
const MASK_PAGES = 32;

/** A set of pages, one bit for each: a dense neighbourhood costs 2 bytes a page, a page alone about 50. Plain data. */
export interface PageSet {
  size: number;
  /** Number of the mask (page / {@link MASK_PAGES}) -> bits of its pages; never 0. */
  masks: Map<number, number>;
}

/** A set without pages. */
export function createPageSet(): PageSet {
  return { size: 0, masks: new Map() };
}

/** Whether the page is in the set. */
export function isInSet(set: PageSet, page: number): boolean {
  const mask = set.masks.get(Math.floor(page / MASK_PAGES));
  return mask !== undefined && (mask & bitOf(page)) !== 0;
}

/** Puts a page into the set. Returns whether it was not there. */
export function addToSet(set: PageSet, page: number): boolean {
  const number = Math.floor(page / MASK_PAGES);
  const mask = set.masks.get(number) ?? 0;
  const more = mask | bitOf(page);
  if (more === mask) return false;
  set.masks.set(number, more);
  set.size += 1;
  return true;
}

/** Takes a page out of the set. Returns whether it was there. */
export function takeFromSet(set: PageSet, page: number): boolean {
  const number = Math.floor(page / MASK_PAGES);
  const mask = set.masks.get(number) ?? 0;
  const rest = mask & ~bitOf(page);
  if (rest === mask) return false;
  if (rest === 0) set.masks.delete(number);
  else set.masks.set(number, rest);
  set.size -= 1;
  return true;
}

/** Takes the pages of `[start, end)` out of the set. Returns how many there were. */
export function takeRangeFromSet(set: PageSet, start: number, end: number): number {
  const before = set.size;
  // It looks where there is less to look at: in the range or among the masks.
  if (end - start < set.masks.size * MASK_PAGES) {
    takePages(set, start, end);
  } else {
    for (const number of set.masks.keys()) {
      const first = number * MASK_PAGES;
      takePages(set, Math.max(start, first), Math.min(end, first + MASK_PAGES));
    }
  }
  return before - set.size;
}

/** The pages of the set, ascending; nothing may be changed along the way. */
export function* pagesOf(set: PageSet): Generator<number> {
  for (const number of [...set.masks.keys()].sort((one, other) => one - other))
    for (let page = number * MASK_PAGES; page < (number + 1) * MASK_PAGES; page += 1)
      if (isInSet(set, page)) yield page;
}

function takePages(set: PageSet, start: number, end: number): void {
  for (let page = start; page < end && set.size > 0; page += 1) takeFromSet(set, page);
}

function bitOf(page: number): number {
  return 1 << (page - Math.floor(page / MASK_PAGES) * MASK_PAGES);
}
