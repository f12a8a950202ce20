/** Pages of one leaf. 32 is the measured middle: a dense neighbourhood costs 10 bytes a page, a page alone about 300. */
const LEAF_PAGES = 32;
const LEAF_BITS = 5;

/** What {@link readPage} answers for a page without a value. */
export const NO_VALUE = -1;

/**
 * A map from pages to whole numbers from 0 to 2^53 - 2, for tables of a million pages: neighbours share a leaf, and all leaves
 * lie in one array, so that the garbage collector has nothing to walk. Plain data, and the same after the same history. It
 * keeps the room of its largest past.
 */
export interface PageMap {
  /** Pages that have a value. */
  size: number;
  /** Number of the leaf (page / {@link LEAF_PAGES}) -> its slot. */
  slots: Map<number, number>;
  /** Slots that were ever taken, and those of them whose leaf is gone; the last is used first. */
  taken: number;
  free: number[];
  /** By slot: pages with a value. */
  counts: Uint8Array;
  /** By slot, {@link LEAF_PAGES} places each: value + 1, so that fresh memory, which is zero, reads as nothing. */
  values: Float64Array;
}

/** A map without pages. */
export function createPageMap(): PageMap {
  return {
    size: 0,
    slots: new Map(),
    taken: 0,
    free: [],
    counts: new Uint8Array(0),
    values: new Float64Array(0),
  };
}

/** The value of a page, or {@link NO_VALUE}. */
export function readPage(map: PageMap, page: number): number {
  const leaf = leafOf(page);
  const slot = map.slots.get(leaf);
  return slot === undefined ? NO_VALUE : (map.values[placeOf(slot, leaf, page)] ?? 0) - 1;
}

/** Whether the page has a value. */
export function hasPage(map: PageMap, page: number): boolean {
  return readPage(map, page) !== NO_VALUE;
}

/** Gives a page a value, or another one. */
export function writePage(map: PageMap, page: number, value: number): void {
  const leaf = leafOf(page);
  const slot = map.slots.get(leaf) ?? takeSlot(map, leaf);
  const place = placeOf(slot, leaf, page);
  if (map.values[place] === 0) count(map, slot, 1);
  map.values[place] = value + 1;
}

/** Takes a page's value away. Returns whether it had one. */
export function erasePage(map: PageMap, page: number): boolean {
  const leaf = leafOf(page);
  const slot = map.slots.get(leaf);
  if (slot === undefined) return false;
  const place = placeOf(slot, leaf, page);
  if (map.values[place] === 0) return false;
  map.values[place] = 0;
  count(map, slot, -1);
  if (map.counts[slot] === 0) {
    map.slots.delete(leaf);
    map.free.push(slot);
  }
  return true;
}

/** Pages and values: leaves in the order in which they came to be, pages of a leaf ascending. Erasing along the way is allowed. */
export function* entriesOf(map: PageMap): Generator<[page: number, value: number]> {
  for (const [leaf, slot] of map.slots) yield* entriesOfLeaf(map, leaf, slot);
}

function* entriesOfLeaf(map: PageMap, leaf: number, slot: number): Generator<[page: number, value: number]> {
  for (let offset = 0; offset < LEAF_PAGES; offset += 1) {
    const value = (map.values[slot * LEAF_PAGES + offset] ?? 0) - 1;
    if (value !== NO_VALUE) yield [leaf * LEAF_PAGES + offset, value];
  }
}

/** The same by rising page; nothing may be changed along the way. */
export function* ascendingEntriesOf(map: PageMap): Generator<[page: number, value: number]> {
  const leaves = [...map.slots].sort(([one], [other]) => one - other);
  for (const [leaf, slot] of leaves) yield* entriesOfLeaf(map, leaf, slot);
}

/**
 * The pages of `[start, end)` that have a value, ascending; looked for where fewer are to be looked at: in the range or among
 * the leaves.
 */
export function pagesBetween(map: PageMap, start: number, end: number): number[] {
  const pages: number[] = [];
  if (end - start < map.slots.size * LEAF_PAGES) {
    for (let page = start; page < end; page += 1) if (hasPage(map, page)) pages.push(page);
    return pages;
  }
  for (const [page] of entriesOf(map)) if (page >= start && page < end) pages.push(page);
  return pages.sort((one, other) => one - other);
}

/** Nearly all page numbers have less than 32 bits, for which a shift is the faster division. */
function leafOf(page: number): number {
  return page < 2 ** 31 ? page >>> LEAF_BITS : Math.floor(page / LEAF_PAGES);
}

function placeOf(slot: number, leaf: number, page: number): number {
  return slot * LEAF_PAGES + (page - leaf * LEAF_PAGES);
}

function count(map: PageMap, slot: number, change: 1 | -1): void {
  map.counts[slot] = (map.counts[slot] ?? 0) + change;
  map.size += change;
}

/** The slot of a new leaf. One that was given back holds no values any more. */
function takeSlot(map: PageMap, leaf: number): number {
  let slot = map.free.pop();
  if (slot === undefined) {
    slot = map.taken;
    map.taken += 1;
    if (slot === map.counts.length) grow(map);
  }
  map.slots.set(leaf, slot);
  return slot;
}

/** Doubles the room. The new half costs no memory before it is written. */
function grow(map: PageMap): void {
  const { counts, values } = map;
  const slots = Math.max(1, counts.length * 2);
  map.counts = new Uint8Array(slots);
  map.counts.set(counts);
  map.values = new Float64Array(slots * LEAF_PAGES);
  map.values.set(values);
}
