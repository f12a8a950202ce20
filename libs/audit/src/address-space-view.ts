import type { Permissions } from '@faultline/domain';

interface Area {
  start: number;
  end: number;
  permissions: Permissions;
}

/** Areas and entries of one address space, as the log of its shard shows them. */
export class AddressSpaceView {
  exited = false;
  /** Sorted by start, without overlaps. */
  private areas: Area[] = [];
  private readonly frames = new Map<number, number>();
  /** Removed entries whose invalidation is not complete, with their frames. */
  private readonly removing = new Map<number, number>();

  get installed(): number {
    return this.frames.size;
  }

  /** Adds an area; returns false when it overlaps another. */
  mapArea(start: number, end: number, permissions: Permissions): boolean {
    const isFree = this.areas.every((area) => area.end <= start || area.start >= end);
    this.areas.push({ start, end, permissions });
    this.areas.sort((one, other) => one.start - other.start);
    return isFree;
  }

  /** Takes a range out; returns a page of it that is still installed. */
  unmapArea(start: number, end: number): number | undefined {
    this.areas = this.areas.flatMap((area) => {
      if (area.end <= start || area.start >= end) return [area];
      const left = area.start < start ? [{ ...area, end: start }] : [];
      return area.end > end ? [...left, { ...area, start: end }] : left;
    });
    // A range may be far larger than what is installed in it, and the other way round.
    if (end - start <= this.frames.size) {
      for (let page = start; page < end; page += 1) if (this.frames.has(page)) return page;
      return undefined;
    }
    for (const page of this.frames.keys()) if (page >= start && page < end) return page;
    return undefined;
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

  frameOf(page: number): number | undefined {
    return this.frames.get(page);
  }

  isRemoving(page: number): boolean {
    return this.removing.has(page);
  }

  install(page: number, frame: number): void {
    this.frames.set(page, frame);
  }

  remove(page: number, frame: number): void {
    this.frames.delete(page);
    this.removing.set(page, frame);
  }

  /** Returns false when no removal of this frame was under way at the page. */
  completeRemoval(page: number, frame: number): boolean {
    return this.removing.get(page) === frame && this.removing.delete(page);
  }

  /** Invalidations under way go on after the exit. */
  exit(): void {
    this.exited = true;
    this.areas = [];
    this.frames.clear();
  }
}
