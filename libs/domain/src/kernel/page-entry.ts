import { NO_VALUE } from './page-map';
import type { Permissions } from './vocabulary';

/**
 * Page table entries (R120) as numbers, frame * 8 + permissions: page tables of a million entries need no objects, and a walk
 * makes none.
 */

/** The values that the permissions of an entry, read, write and execute, can have. */
const PERMISSION_VALUES = 8;
/** No entry. */
export const NO_ENTRY = NO_VALUE;

/** The entry that shows `frame` with `permissions`. */
export function packEntry(frame: number, permissions: Permissions): number {
  return frame * PERMISSION_VALUES + (permissions & (PERMISSION_VALUES - 1));
}

/** The frame an entry names. */
export function entryFrame(entry: number): number {
  return Math.floor(entry / PERMISSION_VALUES);
}

/** What an entry grants. */
export function entryPermissions(entry: number): Permissions {
  // Not by `%`, which is slow for numbers of more than 31 bits.
  return entry - entryFrame(entry) * PERMISSION_VALUES;
}
