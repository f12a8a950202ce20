import type { InvalidatePages } from '@faultline/contracts';

/**
 * Ranges that one invalidation names at most. Beyond, everything of the PASID is dropped instead, as drivers do: one command is
 * cheaper than a thousand, and a message stays far below what a server accepts.
 */
export const MAX_RANGES = 1024;

const EVERYTHING: InvalidatePages['ranges'] = [{ page: 0, pages: 0 }];

/** The ranges that cover these pages, ascending, neighbours joined; or everything, if there are too many. */
export function rangesOf(entries: readonly { page: number }[]): InvalidatePages['ranges'] {
  const pages = entries.map(({ page }) => page).sort((one, other) => one - other);
  const ranges: InvalidatePages['ranges'] = [];
  let last: InvalidatePages['ranges'][number] | undefined;
  for (const page of pages) {
    if (last && page < last.page + last.pages) continue;
    if (last && page === last.page + last.pages) {
      last.pages += 1;
      continue;
    }
    if (ranges.length === MAX_RANGES) return EVERYTHING;
    last = { page, pages: 1 };
    ranges.push(last);
  }
  return ranges;
}
