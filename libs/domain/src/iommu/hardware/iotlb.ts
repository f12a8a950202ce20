import type { Permissions } from '../../kernel/vocabulary';

/** A translation that an untranslated access left in the IOMMU's own cache. */
export interface CachedTranslation {
  readonly deviceId: number;
  /** The PASID whose table was walked. */
  readonly pasid: number;
  readonly page: number;
  readonly pages: number;
  readonly frame: number;
  /** Write only if the leaf was dirty. */
  readonly permissions: Permissions;
  readonly user: boolean;
}

/** The cache: oldest translation first. */
export type HardwareIotlb = CachedTranslation[];

export function createIotlb(): HardwareIotlb {
  return [];
}

/** The cached translation of a page. */
export function findCached(
  iotlb: HardwareIotlb,
  deviceId: number,
  pasid: number,
  page: number,
): CachedTranslation | undefined {
  return iotlb.find((entry) => entry.deviceId === deviceId && entry.pasid === pasid && holds(entry, page));
}

function holds(entry: CachedTranslation, page: number): boolean {
  return page >= entry.page && page < entry.page + entry.pages;
}

/** Caches a translation in the place of an older one of the same pages; the oldest goes when there is no room. */
export function evolveCache(iotlb: HardwareIotlb, capacity: number, entry: CachedTranslation): void {
  evolveDropCached(iotlb, entry.deviceId, entry.pasid, entry.page);
  iotlb.push(entry);
  if (iotlb.length > capacity) iotlb.shift();
}

/** Drops what is cached of a page of a PASID; `page` null: of all its pages. */
export function evolveDropCached(
  iotlb: HardwareIotlb,
  deviceId: number,
  pasid: number,
  page: number | null,
): void {
  for (let i = iotlb.length - 1; i >= 0; i -= 1) {
    const entry = iotlb[i];
    if (entry === undefined || entry.deviceId !== deviceId || entry.pasid !== pasid) continue;
    if (page === null || holds(entry, page)) iotlb.splice(i, 1);
  }
}
