import type { Permissions } from '../kernel/vocabulary';
import type { Backing } from './events';

/** A virtual memory area: the half-open range of pages `[start, end)` with one protection and one backing. */
export interface Vma {
  start: number;
  end: number;
  permissions: Permissions;
  backing: Backing;
  /** File number and its page shown at `start`; 0 and 0 for anonymous memory. */
  file: number;
  filePage: number;
}

/** The areas of one address space: sorted by start, never overlapping. */
export type VmaList = Vma[];

/** The area that contains `page` exactly: no stack growth (R110). */
export function findVma(vmas: readonly Vma[], page: number): Vma | undefined {
  const vma = vmas[firstEndingAfter(vmas, page)];
  return vma !== undefined && vma.start <= page ? vma : undefined;
}

/** Whether any area has a page of `[start, end)`. */
export function intersects(vmas: readonly Vma[], start: number, end: number): boolean {
  const vma = vmas[firstEndingAfter(vmas, start)];
  return vma !== undefined && vma.start < end;
}

/** Adds an area that intersects no other, keeping the order. */
export function insertVma(vmas: VmaList, vma: Vma): void {
  vmas.splice(firstEndingAfter(vmas, vma.start), 0, vma);
}

/** Takes `[start, end)` out of all areas, cutting and splitting those that reach over its ends. */
export function removeRange(vmas: VmaList, start: number, end: number): void {
  const from = firstEndingAfter(vmas, start);
  const rest: Vma[] = [];
  let to = from;
  for (; to < vmas.length; to += 1) {
    const vma = vmas[to];
    if (vma === undefined || vma.start >= end) break;
    if (vma.start < start) rest.push({ ...vma, end: start });
    if (vma.end > end) rest.push({ ...vma, start: end, filePage: filePageAt(vma, end) });
  }
  vmas.splice(from, to - from, ...rest);
}

/** Whether an area with a page of `[start, end)` has other permissions than these. */
export function isProtectedOtherwise(
  vmas: readonly Vma[],
  start: number,
  end: number,
  permissions: Permissions,
): boolean {
  for (let place = firstEndingAfter(vmas, start); place < vmas.length; place += 1) {
    const vma = vmas[place];
    if (vma === undefined || vma.start >= end) return false;
    if (vma.permissions !== permissions) return true;
  }
  return false;
}

/** Gives what areas have of `[start, end)` these permissions, cutting those that reach over its ends. */
export function protectRange(vmas: VmaList, start: number, end: number, permissions: Permissions): void {
  const from = firstEndingAfter(vmas, start);
  const parts: Vma[] = [];
  let to = from;
  for (; to < vmas.length; to += 1) {
    const vma = vmas[to];
    if (vma === undefined || vma.start >= end) break;
    if (vma.start < start) parts.push({ ...vma, end: start });
    const first = Math.max(vma.start, start);
    parts.push({
      ...vma,
      start: first,
      end: Math.min(vma.end, end),
      filePage: filePageAt(vma, first),
      permissions,
    });
    if (vma.end > end) parts.push({ ...vma, start: end, filePage: filePageAt(vma, end) });
  }
  vmas.splice(from, to - from, ...parts);
}

/** The page of the area's file that `page` shows; 0 for anonymous memory. */
export function filePageAt(vma: Vma, page: number): number {
  return vma.backing === 'anonymous' ? 0 : vma.filePage + (page - vma.start);
}

/** Index of the first area that ends after `page`: binary search, because a process may have thousands of areas. */
function firstEndingAfter(vmas: readonly Vma[], page: number): number {
  let low = 0;
  let high = vmas.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const vma = vmas[middle];
    if (vma !== undefined && vma.end <= page) low = middle + 1;
    else high = middle;
  }
  return low;
}
