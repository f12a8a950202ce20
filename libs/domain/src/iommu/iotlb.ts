/**
 * The IOMMU's translation cache: bounded, oldest entry out first. Entries are tagged with the mm, not the PASID: one that
 * outlives a binding cannot then serve the next mm with that PASID.
 */
export interface Iotlb {
  capacity: number;
  /** The slot the next entry takes. */
  hand: number;
  /** Key and value of each slot; a value of -1 is an empty slot. */
  mms: Float64Array;
  pages: Float64Array;
  values: Float64Array;
  /** mm -> page -> slot. */
  slots: Map<number, Map<number, number>>;
}

/** An empty cache. */
export function createIotlb(capacity: number): Iotlb {
  return {
    capacity,
    hand: 0,
    mms: new Float64Array(capacity),
    pages: new Float64Array(capacity),
    values: new Float64Array(capacity).fill(-1),
    slots: new Map(),
  };
}

/** The cached page table entry, or -1. */
export function lookUp(iotlb: Iotlb, mm: number, page: number): number {
  const slot = iotlb.slots.get(mm)?.get(page);
  return slot === undefined ? -1 : (iotlb.values[slot] ?? -1);
}

/** Caches an entry, which may push the oldest one out. */
export function evolveFill(iotlb: Iotlb, mm: number, page: number, value: number): void {
  if (iotlb.capacity === 0) return;
  let pages = iotlb.slots.get(mm);
  if (pages === undefined) {
    pages = new Map();
    iotlb.slots.set(mm, pages);
  }
  const known = pages.get(page);
  if (known !== undefined) {
    iotlb.values[known] = value;
    return;
  }
  const slot = iotlb.hand;
  iotlb.hand = slot + 1 === iotlb.capacity ? 0 : slot + 1;
  if ((iotlb.values[slot] ?? -1) !== -1)
    iotlb.slots.get(iotlb.mms[slot] ?? -1)?.delete(iotlb.pages[slot] ?? -1);
  iotlb.mms[slot] = mm;
  iotlb.pages[slot] = page;
  iotlb.values[slot] = value;
  pages.set(page, slot);
}

/** Drops a range of one mm, or of all with `mm` -1; `pages` 0 means every page (R25). */
export function evolveDrop(iotlb: Iotlb, mm: number, page: number, pages: number): void {
  if (mm === -1) for (const cached of iotlb.slots.values()) dropRange(iotlb, cached, page, pages);
  else dropRange(iotlb, iotlb.slots.get(mm), page, pages);
}

function dropRange(iotlb: Iotlb, cached: Map<number, number> | undefined, page: number, pages: number): void {
  if (cached === undefined) return;
  if (pages > 0 && pages <= cached.size) {
    for (let i = page; i < page + pages; i += 1) dropPage(iotlb, cached, i);
    return;
  }
  for (const candidate of [...cached.keys()]) {
    if (pages === 0 || (candidate >= page && candidate < page + pages)) dropPage(iotlb, cached, candidate);
  }
}

function dropPage(iotlb: Iotlb, cached: Map<number, number>, page: number): void {
  const slot = cached.get(page);
  if (slot === undefined) return;
  iotlb.values[slot] = -1;
  cached.delete(page);
}
