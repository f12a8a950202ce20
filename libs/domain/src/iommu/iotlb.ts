import { NO_ENTRY } from '../kernel/page-entry';

/** No slot, and the end of a chain. */
const NO_SLOT = -1;
/** 2^32 divided by the golden ratio: neighbouring keys, and keys a power of two apart, end up far from each other. */
const SPREAD = 0x9e37_79b1;

/**
 * The IOMMU's translation cache: bounded, oldest entry out first. Entries are tagged with the mm, not the PASID: one that
 * outlives a binding cannot then serve the next mm with that PASID.
 *
 * A full cache forgets an entry for each one it takes, which a Map answers by building itself anew again and again. Entries are
 * therefore found through chains of slots in arrays that are made once.
 */
export interface Iotlb {
  capacity: number;
  /** The slot the next entry takes. */
  hand: number;
  /** Entries held. */
  held: number;
  /** Key and value of each slot; {@link NO_ENTRY} is an empty slot. */
  mms: Float64Array;
  pages: Float64Array;
  values: Float64Array;
  /** The first slot of each chain, a power of two of them; a chain has the entries whose keys hash alike. */
  chains: Int32Array;
  /** By slot: the next one of its chain. */
  next: Int32Array;
}

/** An empty cache. */
export function createIotlb(capacity: number): Iotlb {
  return {
    capacity,
    hand: 0,
    held: 0,
    mms: new Float64Array(capacity),
    pages: new Float64Array(capacity),
    values: new Float64Array(capacity).fill(NO_ENTRY),
    chains: new Int32Array(2 ** Math.ceil(Math.log2(capacity + 1))).fill(NO_SLOT),
    next: new Int32Array(capacity).fill(NO_SLOT),
  };
}

/** The cached page table entry, or {@link NO_ENTRY}. */
export function lookUp(iotlb: Iotlb, mm: number, page: number): number {
  const slot = findSlot(iotlb, mm, page);
  return slot === NO_SLOT ? NO_ENTRY : (iotlb.values[slot] ?? NO_ENTRY);
}

/** Caches an entry, which may push the oldest one out. */
export function evolveFill(iotlb: Iotlb, mm: number, page: number, value: number): void {
  if (iotlb.capacity === 0) return;
  const known = findSlot(iotlb, mm, page);
  if (known !== NO_SLOT) {
    iotlb.values[known] = value;
    return;
  }
  const slot = iotlb.hand;
  iotlb.hand = slot + 1 === iotlb.capacity ? 0 : slot + 1;
  dropSlot(iotlb, slot);
  iotlb.mms[slot] = mm;
  iotlb.pages[slot] = page;
  iotlb.values[slot] = value;
  iotlb.held += 1;
  const chain = chainOf(iotlb, mm, page);
  iotlb.next[slot] = iotlb.chains[chain] ?? NO_SLOT;
  iotlb.chains[chain] = slot;
}

/** Drops a range of one mm, or of all with `mm` -1; `pages` 0 means every page (R25). */
export function evolveDrop(iotlb: Iotlb, mm: number, page: number, pages: number): void {
  if (iotlb.held === 0) return;
  if (mm !== -1 && pages > 0 && pages <= iotlb.held) {
    for (let each = page; each < page + pages; each += 1) dropSlot(iotlb, findSlot(iotlb, mm, each));
    return;
  }
  for (let slot = 0; slot < iotlb.capacity; slot += 1) {
    const cached = iotlb.pages[slot] ?? 0;
    const isMeant = pages === 0 || (cached >= page && cached < page + pages);
    if (isMeant && (mm === -1 || iotlb.mms[slot] === mm)) dropSlot(iotlb, slot);
  }
}

function findSlot(iotlb: Iotlb, mm: number, page: number): number {
  const { mms, pages, next } = iotlb;
  let slot = iotlb.chains[chainOf(iotlb, mm, page)] ?? NO_SLOT;
  while (slot !== NO_SLOT && (pages[slot] !== page || mms[slot] !== mm)) slot = next[slot] ?? NO_SLOT;
  return slot;
}

function chainOf({ chains }: Iotlb, mm: number, page: number): number {
  const hash = Math.imul(Math.imul(mm, SPREAD) ^ page, SPREAD);
  return (hash >>> 8) & (chains.length - 1);
}

/** Empties a slot, unless there is none or it is empty. */
function dropSlot(iotlb: Iotlb, slot: number): void {
  if (slot === NO_SLOT || iotlb.values[slot] === NO_ENTRY) return;
  const { chains, next } = iotlb;
  const chain = chainOf(iotlb, iotlb.mms[slot] ?? 0, iotlb.pages[slot] ?? 0);
  const behind = next[slot] ?? NO_SLOT;
  if (chains[chain] === slot) chains[chain] = behind;
  else {
    let before = chains[chain] ?? NO_SLOT;
    while (before !== NO_SLOT && next[before] !== slot) before = next[before] ?? NO_SLOT;
    next[before] = behind;
  }
  iotlb.values[slot] = NO_ENTRY;
  iotlb.held -= 1;
}
