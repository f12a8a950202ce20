import { MAX_PAGE, type Permissions } from '../kernel/vocabulary';

/** A half-open range of pages `[start, end)` that a workload touches, normally a vma. */
export interface PageRange {
  start: number;
  end: number;
}

/** A range of pages with the permissions its accesses need. */
export interface PermittedRange extends PageRange {
  permissions: Permissions;
}

/** Pages of several ranges, numbered through from 0 in the order of the list. */
export class PageSpace {
  /** Pages in all ranges. */
  readonly size: number;
  private readonly starts: readonly number[];
  /** Number of the first page of each range. */
  private readonly firsts: readonly number[];

  constructor(ranges: readonly PageRange[]) {
    const firsts: number[] = [];
    let size = 0;
    for (const { start, end } of ranges) {
      const fits =
        Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && end <= MAX_PAGE + 1;
      if (!fits || end <= start)
        throw new RangeError(`a range of pages needs 0 <= start < end, found [${start}, ${end})`);
      firsts.push(size);
      size += end - start;
    }
    if (size === 0) throw new RangeError('a workload needs at least one range of pages');
    this.size = size;
    this.starts = ranges.map((range) => range.start);
    this.firsts = firsts;
  }

  /** The page with this number. */
  page(number: number): number {
    let low = 0;
    let high = this.firsts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.firsts[middle] ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    return (this.starts[low] ?? 0) + number - (this.firsts[low] ?? 0);
  }
}
