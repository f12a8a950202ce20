import { entryFrame, entryPermissions, NO_ENTRY, packEntry } from '../kernel/page-entry';
import { createPageMap, erasePage, readPage, writePage } from '../kernel/page-map';
import { addToSet, createPageSet, takeFromSet } from '../kernel/page-set';
import { MAX_PAGE } from '../kernel/vocabulary';
import { ZERO_FRAME } from './config';
import { MmInvariantBroken } from './errors';
import type {
  AddressSpaceExited,
  FrameFreed,
  PageInstalled,
  PageInvalidated,
  PageRemoved,
  PageRestricted,
} from './events';
import { isUsed } from './frame-records';
import { indexOf } from './frame-table';
import { releaseFrame, takeFrame } from './frames';
import { enterCache, leaveCache } from './page-cache';
import { moveHandTo, touchFrame } from './reclaim-order';
import { addMapping, completeAndRelease, completeMapping, removeMapping, restrictMapping } from './mappings';
import { beginInvalidation, countPending, endInvalidation } from './pending';
import type { AddressSpace, MmDurableState } from './state';
import { filePageAt, findVma } from './vma';

/** The address space that an event names, which must exist. */
export function spaceOf(durable: MmDurableState, mm: number): AddressSpace {
  const space = durable.spaces.get(mm);
  if (space === undefined) throw new MmInvariantBroken(`mm ${mm} does not exist`);
  return space;
}

/** An entry was written (R120). */
export function evolvePageInstalled(durable: MmDurableState, event: PageInstalled): void {
  const space = spaceOf(durable, event.mm);
  const { page, frame, permissions } = event;
  const frames = durable.frames;
  const index = frame - frames.base;
  const isFault = !event.prefetched;
  if (!isFault) durable.prefetched += 1;
  switch (event.cause) {
    case 'zero-page':
      break;
    case 'upgrade': {
      const entry = readPage(space.pages, page);
      if (entry === NO_ENTRY || entryFrame(entry) !== frame) {
        throw new MmInvariantBroken(`mm ${event.mm} page ${page} does not show frame ${frame}`);
      }
      if (frame !== ZERO_FRAME) touchFrame(frames, index);
      break;
    }
    case 'file':
      installFilePage(durable, space, page, index, isFault);
      break;
    case 'swap-in':
      if (takeFromSet(space.swapped, page)) durable.swapUsed -= 1;
      takeFrame(frames, index, event.mm, page, isFault);
      break;
    case 'migrate':
      if (space.migrating.delete(page)) durable.migrating -= 1;
      takeFrame(frames, index, event.mm, page, false);
      break;
    case 'zero-fill':
    case 'copy-on-write':
      takeFrame(frames, index, event.mm, page, isFault);
      break;
  }
  writePage(space.pages, page, packEntry(frame, permissions));
}

/** The first entry of a file page puts the frame into the page cache; which file page it is, the area says. */
function installFilePage(
  durable: MmDurableState,
  space: AddressSpace,
  page: number,
  index: number,
  isFault: boolean,
): void {
  const frames = durable.frames;
  if (isUsed(frames.records, index)) {
    addMapping(frames, index, space.mm, page, isFault);
    return;
  }
  const vma = findVma(space.vmas, page);
  if (vma === undefined) throw new MmInvariantBroken(`mm ${space.mm} page ${page} is in no area`);
  takeFrame(frames, index, space.mm, page, isFault);
  enterCache(frames, index, vma.file, filePageAt(vma, page));
}

/** First phase of a removal (D11). */
export function evolvePageRemoved(durable: MmDurableState, event: PageRemoved): void {
  const space = spaceOf(durable, event.mm);
  const { page, frame } = event;
  const entry = readPage(space.pages, page);
  if (entry === NO_ENTRY || entryFrame(entry) !== frame) {
    throw new MmInvariantBroken(`mm ${event.mm} page ${page} cannot be removed`);
  }
  erasePage(space.pages, page);
  beginInvalidation(durable, space, page, frame);
  if (event.swapped) {
    addToSet(space.swapped, page);
    durable.swapUsed += 1;
  }
  if (event.cause === 'migrate') {
    space.migrating.set(page, entryPermissions(entry));
    durable.migrating += 1;
  }
  if (frame === ZERO_FRAME) return;
  const index = indexOf(durable.frames, frame);
  // A page taken from all its users leaves the page cache as well; one that its last user gave up stays there.
  if (event.cause === 'reclaim') {
    moveHandTo(durable.frames, index);
    leaveCache(durable.frames, index);
  }
  removeMapping(durable.frames, index, event.mm, page);
}

/** The entry stays and grants less: first phase as well, because caches hold more than it grants (R122). */
export function evolvePageRestricted(durable: MmDurableState, event: PageRestricted): void {
  const space = spaceOf(durable, event.mm);
  const { page, frame } = event;
  const entry = readPage(space.pages, page);
  if (entry === NO_ENTRY || entryFrame(entry) !== frame) {
    throw new MmInvariantBroken(`mm ${event.mm} page ${page} cannot be restricted`);
  }
  writePage(space.pages, page, packEntry(frame, event.permissions));
  beginInvalidation(durable, space, page, frame);
  if (frame !== ZERO_FRAME) restrictMapping(durable.frames, indexOf(durable.frames, frame));
}

/** Second phase, and the frame stays in use. Returns whether it was the last invalidation of the entry. */
export function evolvePageInvalidated(durable: MmDurableState, event: PageInvalidated): boolean {
  const isLast = endInvalidation(durable, spaceOf(durable, event.mm), event.page, event.frame);
  if (event.frame !== ZERO_FRAME) completeMapping(durable.frames, indexOf(durable.frames, event.frame));
  return isLast;
}

/** Second phase, and the frame is free. Returns whether it completed a removal; an idle page of the page cache has none. */
export function evolveFrameFreed(durable: MmDurableState, event: FrameFreed): boolean {
  const space = spaceOf(durable, event.mm);
  const index = indexOf(durable.frames, event.frame);
  if (countPending(space, event.page, event.frame) === 0) {
    moveHandTo(durable.frames, index);
    releaseFrame(durable.frames, index);
    return false;
  }
  completeAndRelease(durable.frames, index);
  return endInvalidation(durable, space, event.page, event.frame);
}

/** Pages of `[start, end)` that are on their way to another frame will not arrive: their area is gone. */
export function abandonMigrations(
  durable: MmDurableState,
  space: AddressSpace,
  start: number,
  end: number,
): void {
  for (const page of space.migrating.keys()) {
    if (page < start || page >= end) continue;
    space.migrating.delete(page);
    durable.migrating -= 1;
  }
}

/** The mm is empty and dead. Its pages went before; invalidations of them may still be under way. */
export function evolveAddressSpaceExited(durable: MmDurableState, event: AddressSpaceExited): void {
  const space = spaceOf(durable, event.mm);
  durable.swapUsed -= space.swapped.size;
  abandonMigrations(durable, space, 0, MAX_PAGE + 1);
  space.exited = true;
  space.vmas.length = 0;
  // New ones, because a map keeps the room of its largest past.
  space.swapped = createPageSet();
  space.pages = createPageMap();
}
