import type { Permissions } from '../kernel/vocabulary';
import type { PermittedRange } from '../workload/ranges';

/**
 * The ranges (vmas) that cover all pages of a trace, in rising order.
 *
 * Two pages get one range when fewer than `gap` pages lie between them: 1 joins neighbours only, a larger gap gives fewer and
 * larger ranges. A range permits whatever any of its pages was used for.
 *
 * @param pages page and permissions, in any order; a page may come more than once
 */
export function pageRanges(
  pages: Iterable<readonly [page: number, permissions: Permissions]>,
  gap: number,
): PermittedRange[] {
  const seen = new Map<number, Permissions>();
  for (const [page, permissions] of pages) seen.set(page, (seen.get(page) ?? 0) | permissions);
  const ranges: PermittedRange[] = [];
  let last: PermittedRange | undefined;
  for (const [page, permissions] of [...seen].sort((one, other) => one[0] - other[0])) {
    if (last !== undefined && page - last.end < gap) {
      last.end = page + 1;
      last.permissions |= permissions;
    } else {
      last = { start: page, end: page + 1, permissions };
      ranges.push(last);
    }
  }
  return ranges;
}
