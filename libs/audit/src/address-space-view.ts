import {
  ACCESS_MASK,
  createPageMap,
  entriesOf,
  erasePage,
  NO_VALUE,
  type Permissions,
  readPage,
  writePage,
} from '@faultline/domain';

interface Area {
  start: number;
  end: number;
  permissions: Permissions;
}

/** An installed entry. */
export interface Entry {
  frame: number;
  permissions: Permissions;
}

/** What is being invalidated of one entry. */
export interface PendingInvalidation {
  frame: number;
  /** Invalidations that are not complete: of restrictions, and of the removal. */
  left: number;
  /** What the page granted when it left for another frame; absent when it is not on its way. */
  moving?: Permissions;
}

/** The values that the permissions of an entry can have. */
const PERMISSION_VALUES = ACCESS_MASK + 1;

/** Areas and entries of one address space, as the log of its shard shows them. */
export class AddressSpaceView {
  exited = false;
  /** Sorted by start, without overlaps. */
  private areas: Area[] = [];
  /** Page -> entry, packed, because there are as many as mapped pages. */
  private entries = createPageMap();
  /** Page -> invalidations of its entry, removed or restricted. */
  private readonly pending = new Map<number, PendingInvalidation>();

  get installed(): number {
    return this.entries.size;
  }

  /** Adds an area; returns false when it overlaps another. */
  mapArea(start: number, end: number, permissions: Permissions): boolean {
    const isFree = this.areas.every((area) => area.end <= start || area.start >= end);
    this.areas.push({ start, end, permissions });
    this.areas.sort((one, other) => one.start - other.start);
    return isFree;
  }

  /** Takes a range out; returns a page of it that is still installed. Pages of it that are on their way do not arrive. */
  unmapArea(start: number, end: number): number | undefined {
    this.replaceAreas(start, end, () => []);
    for (const [page, pending] of this.pending) if (page >= start && page < end) delete pending.moving;
    return this.findInstalled(start, end, () => true);
  }

  /** Gives the areas of a range other permissions; returns a page of it that still grants more. */
  protectArea(start: number, end: number, permissions: Permissions): number | undefined {
    this.replaceAreas(start, end, (part) => [{ ...part, permissions }]);
    return this.findInstalled(start, end, (entry) => (entry.permissions & ~permissions) !== 0);
  }

  areaOf(page: number): Area | undefined {
    let low = 0;
    let high = this.areas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.areas[middle]?.start ?? Infinity) <= page) low = middle + 1;
      else high = middle;
    }
    const area = this.areas[low - 1];
    return area && page < area.end ? area : undefined;
  }

  entryOf(page: number): Entry | undefined {
    const packed = readPage(this.entries, page);
    return packed === NO_VALUE ? undefined : unpack(packed);
  }

  pendingOf(page: number): PendingInvalidation | undefined {
    return this.pending.get(page);
  }

  install(page: number, { frame, permissions }: Entry): void {
    writePage(this.entries, page, frame * PERMISSION_VALUES + (permissions & ACCESS_MASK));
  }

  /** The entry grants less, and what was cached of it is being invalidated. */
  restrict(page: number, entry: Entry): void {
    this.install(page, entry);
    this.beginInvalidation(page, entry.frame);
  }

  /** The entry is gone; `moving`: what it granted, when its content goes to another frame. */
  remove(page: number, frame: number, moving?: Permissions): void {
    erasePage(this.entries, page);
    const pending = this.beginInvalidation(page, frame);
    if (moving !== undefined) pending.moving = moving;
  }

  /** Returns false when no invalidation of this frame was under way at the page. */
  completeInvalidation(page: number, frame: number): boolean {
    const pending = this.pending.get(page);
    if (pending?.frame !== frame) return false;
    pending.left -= 1;
    if (pending.left === 0) this.pending.delete(page);
    return true;
  }

  /** Invalidations under way go on after the exit. */
  exit(): void {
    this.exited = true;
    this.areas = [];
    this.entries = createPageMap();
    for (const pending of this.pending.values()) delete pending.moving;
  }

  private beginInvalidation(page: number, frame: number): PendingInvalidation {
    const known = this.pending.get(page);
    if (known?.frame === frame) {
      known.left += 1;
      return known;
    }
    const pending: PendingInvalidation = { frame, left: 1 };
    this.pending.set(page, pending);
    return pending;
  }

  /** What areas have of the range is replaced; what lies outside stays. */
  private replaceAreas(start: number, end: number, replace: (part: Area) => Area[]): void {
    this.areas = this.areas.flatMap((area) => {
      if (area.end <= start || area.start >= end) return [area];
      const left = area.start < start ? [{ ...area, end: start }] : [];
      const right = area.end > end ? [{ ...area, start: end }] : [];
      const part = { ...area, start: Math.max(area.start, start), end: Math.min(area.end, end) };
      return [...left, ...replace(part), ...right];
    });
  }

  /** A page of the range whose entry is such. A range may be far larger than what is installed in it, and the other way round. */
  private findInstalled(start: number, end: number, isSuch: (entry: Entry) => boolean): number | undefined {
    if (end - start <= this.entries.size) {
      for (let page = start; page < end; page += 1) {
        const entry = this.entryOf(page);
        if (entry && isSuch(entry)) return page;
      }
      return undefined;
    }
    for (const [page, packed] of entriesOf(this.entries)) {
      if (page >= start && page < end && isSuch(unpack(packed))) return page;
    }
    return undefined;
  }
}

function unpack(packed: number): Entry {
  const frame = Math.floor(packed / PERMISSION_VALUES);
  return { frame, permissions: packed - frame * PERMISSION_VALUES };
}
