import type { ResolvedVma } from '@faultline/contracts';
import { Permission, type Permissions } from '@faultline/domain';

/** Pages `[start, end)` that something touches, and how. */
export interface PageRange {
  start: number;
  end: number;
  permissions: Permissions;
}

/** Code is mapped readable, as programs map it: an execute-only page can be named by no ATS completion (R5) and would never translate. */
function mapped(permissions: Permissions): Permissions {
  return permissions & Permission.EXECUTE ? permissions | Permission.READ : permissions;
}

/**
 * The areas an address space needs so that every range is inside one: overlapping ranges become one area with the permissions of
 * both, and so do neighbours whose permissions are equal.
 */
export function areasOf(ranges: readonly PageRange[]): ResolvedVma[] {
  const sorted = ranges
    .map((range) => ({ ...range, permissions: mapped(range.permissions) }))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const areas: PageRange[] = [];
  for (const range of sorted) {
    const open = areas.at(-1);
    const overlaps = open !== undefined && range.start < open.end;
    const continues =
      open !== undefined && range.start === open.end && range.permissions === open.permissions;
    if (open && (overlaps || continues)) {
      open.end = Math.max(open.end, range.end);
      open.permissions |= range.permissions;
    } else {
      areas.push({ ...range });
    }
  }
  return areas.map(({ start, end, permissions }) => ({
    startPage: start,
    pages: end - start,
    permissions,
    backing: 'anonymous',
    file: 0,
    filePage: 0,
  }));
}
