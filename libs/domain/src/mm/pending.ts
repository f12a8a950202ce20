import { entryFrame, packEntry } from '../kernel/page-entry';
import type { AddressSpace, MmDurableState } from './state';

/** Whether an invalidation of the entry of this page is under way: until it is complete, no entry is written there (R121, R122). */
export function isInvalidating(space: AddressSpace, page: number): boolean {
  return space.invalidating.size > 0 && space.invalidating.has(page);
}

/** The frame that the entry under invalidation showed or still shows, which caches may still name. */
export function invalidatingFrame(space: AddressSpace, page: number): number | undefined {
  const pending = space.invalidating.get(page);
  return pending === undefined ? undefined : entryFrame(pending);
}

/** Invalidations of (page, frame) under way. */
export function countPending(space: AddressSpace, page: number, frame: number): number {
  const pending = space.invalidating.get(page);
  if (pending === undefined || entryFrame(pending) !== frame) return 0;
  return pending - packEntry(frame, 0);
}

/** The entry was removed or restricted. */
export function beginInvalidation(
  durable: MmDurableState,
  space: AddressSpace,
  page: number,
  frame: number,
): void {
  space.invalidating.set(page, packEntry(frame, countPending(space, page, frame) + 1));
  durable.invalidating += 1;
}

/** One invalidation of the entry is complete. Returns whether it was the last. */
export function endInvalidation(
  durable: MmDurableState,
  space: AddressSpace,
  page: number,
  frame: number,
): boolean {
  const left = countPending(space, page, frame) - 1;
  if (left > 0) space.invalidating.set(page, packEntry(frame, left));
  else space.invalidating.delete(page);
  durable.invalidating -= 1;
  return left <= 0;
}
