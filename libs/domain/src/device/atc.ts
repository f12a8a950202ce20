import { Permission, type Permissions } from '../kernel/vocabulary';
import type { AtcHolders } from './atc-holders';

/** The PASID of an invalidation that means every PASID (the Global bit, R25); "no PASID" is an address space of its own (R24). */
export const EVERY_PASID = -2;

/** The device of an invalidation that means all devices of the segment. */
export const EVERY_DEVICE = -1;

/** One translation a device keeps. The privileged bit tells in which mode it was asked for and holds (R6). */
export interface AtcEntry {
  pasid: number;
  page: number;
  permissions: Permissions;
  frame: number;
  /** Neighbours in order of use; the sentinel closes the ring. */
  newer: AtcEntry;
  older: AtcEntry;
}

/**
 * The translation cache inside a device (R24): bounded, keyed by (PASID, page), the least recently used entry goes first.
 *
 * Only granted translations are ever filled in, because nothing invalidates a cached miss when its page becomes present (R125).
 * The ring of use is linked through the entries, so a hit allocates nothing.
 */
export class Atc {
  private readonly tables = new Map<number, Map<number, AtcEntry>>();
  private readonly ring: AtcEntry = createSentinel();
  private entries = 0;

  /**
   * @param capacity entries it holds; 0 caches nothing
   * @param device the device it is in
   * @param holders hears of which PASIDs it holds entries
   */
  constructor(
    readonly capacity: number,
    private readonly device: number,
    private readonly holders: AtcHolders,
  ) {}

  /** Entries held. */
  get size(): number {
    return this.entries;
  }

  /** Whether it holds any entry of the PASID. */
  holds(pasid: number): boolean {
    return this.tables.has(pasid);
  }

  /** The entry that allows an access with these permissions in this privilege mode, if there is one (R4, R6, R125). */
  find(pasid: number, page: number, permissions: Permissions): AtcEntry | undefined {
    // Devices without an ATC ask as well, before every access.
    if (this.entries === 0) return undefined;
    const entry = this.tables.get(pasid)?.get(page);
    if (entry === undefined) return undefined;
    const lacking = permissions & ~entry.permissions;
    const otherMode = (permissions ^ entry.permissions) & Permission.PRIVILEGED;
    return lacking === 0 && otherMode === 0 ? entry : undefined;
  }

  /** Marks the entry of a page as used last. */
  touch(pasid: number, page: number): void {
    const entry = this.tables.get(pasid)?.get(page);
    if (entry === undefined || entry === this.ring.older) return;
    unlink(entry);
    this.link(entry);
  }

  /** Keeps a granted translation, in the place of the least recently used one when the cache is full. */
  fill(pasid: number, page: number, permissions: Permissions, frame: number): void {
    if (this.capacity === 0) return;
    let table = this.tables.get(pasid);
    const known = table?.get(page);
    if (known !== undefined) {
      refresh(known, permissions, frame);
      unlink(known);
      this.link(known);
      return;
    }
    const entry = this.place(pasid, page, permissions, frame);
    // Fetched after the eviction, which may have dropped the table together with its last entry.
    table = this.tables.get(pasid);
    if (table === undefined) {
      this.tables.set(pasid, (table = new Map()));
      this.holders.begin(pasid, this.device);
    }
    table.set(page, entry);
    this.link(entry);
    this.entries += 1;
  }

  /** A new entry, or in a full cache the evicted one with new content: a steady stream of misses then allocates nothing. */
  private place(pasid: number, page: number, permissions: Permissions, frame: number): AtcEntry {
    if (this.entries < this.capacity) {
      return { pasid, page, permissions, frame, newer: this.ring, older: this.ring };
    }
    const entry = this.ring.newer;
    this.remove(entry);
    entry.pasid = pasid;
    entry.page = page;
    entry.permissions = permissions;
    entry.frame = frame;
    return entry;
  }

  /** Drops every entry in a range of pages (R25); `pages` 0 means every page. */
  drop(pasid: number, page: number, pages: number): void {
    if (pasid !== EVERY_PASID) this.dropFrom(this.tables.get(pasid), page, pages);
    else for (const table of [...this.tables.values()]) this.dropFrom(table, page, pages);
  }

  /** Forgets everything (R21). */
  clear(): void {
    for (const pasid of this.tables.keys()) this.holders.end(pasid, this.device);
    this.tables.clear();
    this.ring.newer = this.ring.older = this.ring;
    this.entries = 0;
  }

  private dropFrom(table: Map<number, AtcEntry> | undefined, page: number, pages: number): void {
    if (table === undefined) return;
    if (pages > 0 && pages <= table.size) {
      for (let at = page; at < page + pages; at++) {
        const entry = table.get(at);
        if (entry !== undefined) this.remove(entry);
      }
      return;
    }
    for (const entry of table.values()) if (coversPage(page, pages, entry.page)) this.remove(entry);
  }

  private remove(entry: AtcEntry): void {
    unlink(entry);
    this.entries -= 1;
    const table = this.tables.get(entry.pasid);
    table?.delete(entry.page);
    // A table without entries is dropped, so that memory is bounded by the entries and not by the PASIDs ever seen.
    if (table?.size !== 0) return;
    this.tables.delete(entry.pasid);
    this.holders.end(entry.pasid, this.device);
  }

  private link(entry: AtcEntry): void {
    const last = this.ring.older;
    entry.older = last;
    entry.newer = this.ring;
    last.newer = entry;
    this.ring.older = entry;
  }
}

/** Whether a range of pages has `at` in it; a range of 0 pages means all (R25). */
export function coversPage(page: number, pages: number, at: number): boolean {
  return pages === 0 || (at >= page && at < page + pages);
}

function createSentinel(): AtcEntry {
  const entry = { pasid: 0, page: 0, permissions: 0, frame: 0 } as AtcEntry;
  entry.newer = entry;
  entry.older = entry;
  return entry;
}

function unlink(entry: AtcEntry): void {
  entry.older.newer = entry.newer;
  entry.newer.older = entry.older;
}

function refresh(entry: AtcEntry, permissions: Permissions, frame: number): void {
  const sameMode = ((entry.permissions ^ permissions) & Permission.PRIVILEGED) === 0;
  // Losing a right needs an invalidation, which would have dropped the entry: on the same frame, rights only add up.
  entry.permissions = sameMode && entry.frame === frame ? entry.permissions | permissions : permissions;
  entry.frame = frame;
}
