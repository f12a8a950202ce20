import { entryFrame, NO_ENTRY, packEntry } from '../kernel/page-entry';
import { createPageMap, erasePage, readPage, writePage } from '../kernel/page-map';
import { addToSet, createPageSet, takeFromSet } from '../kernel/page-set';
import { ZERO_FRAME } from './config';
import { MmInvariantBroken } from './errors';
import type { AddressSpaceExited, FrameFreed, PageInstalled, PageInvalidated, PageRemoved } from './events';
import { isUsed } from './frame-records';
import { indexOf } from './frame-table';
import { releaseFrame, takeFrame } from './frames';
import { enterCache, leaveCache } from './page-cache';
import { touchFrame } from './reclaim-order';
import { addMapping, completeAndRelease, completeMapping, removeMapping } from './mappings';
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
  switch (event.cause) {
    case 'zero-page':
      break;
    case 'upgrade': {
      const entry = readPage(space.pages, page);
      if (entry === NO_ENTRY || entryFrame(entry) !== frame) {
        throw new MmInvariantBroken(`mm ${event.mm} page ${page} does not show frame ${frame}`);
      }
      touchFrame(frames, index);
      break;
    }
    case 'file':
      installFilePage(durable, space, page, index);
      break;
    case 'swap-in':
      if (takeFromSet(space.swapped, page)) durable.swapUsed -= 1;
      takeFrame(frames, index, event.mm, page);
      break;
    case 'zero-fill':
    case 'copy-on-write':
      takeFrame(frames, index, event.mm, page);
      break;
  }
  writePage(space.pages, page, packEntry(frame, permissions));
}

/** The first entry of a file page puts the frame into the page cache; which file page it is, the area says. */
function installFilePage(durable: MmDurableState, space: AddressSpace, page: number, index: number): void {
  const frames = durable.frames;
  if (isUsed(frames.records, index)) {
    addMapping(frames, index, space.mm, page);
    return;
  }
  const vma = findVma(space.vmas, page);
  if (vma === undefined) throw new MmInvariantBroken(`mm ${space.mm} page ${page} is in no area`);
  takeFrame(frames, index, space.mm, page);
  enterCache(frames, index, vma.file, filePageAt(vma, page));
}

/** First phase of a removal (D11). */
export function evolvePageRemoved(durable: MmDurableState, event: PageRemoved): void {
  const space = spaceOf(durable, event.mm);
  const { page, frame } = event;
  if (!erasePage(space.pages, page) || space.removing.has(page)) {
    throw new MmInvariantBroken(`mm ${event.mm} page ${page} cannot be removed`);
  }
  space.removing.set(page, frame);
  durable.removing += 1;
  if (event.swapped) {
    addToSet(space.swapped, page);
    durable.swapUsed += 1;
  }
  if (frame === ZERO_FRAME) return;
  const index = indexOf(durable.frames, frame);
  // A page taken from all its users leaves the page cache as well; one that its last user gave up stays there.
  if (event.cause === 'reclaim') leaveCache(durable.frames, index);
  removeMapping(durable.frames, index, event.mm, page);
}

/** Second phase, and the frame stays in use. */
export function evolvePageInvalidated(durable: MmDurableState, event: PageInvalidated): void {
  spaceOf(durable, event.mm).removing.delete(event.page);
  durable.removing -= 1;
  if (event.frame !== ZERO_FRAME) completeMapping(durable.frames, indexOf(durable.frames, event.frame));
}

/** Second phase, and the frame is free. Returns whether it completed a removal; an idle page of the page cache has none. */
export function evolveFrameFreed(durable: MmDurableState, event: FrameFreed): boolean {
  const removing = spaceOf(durable, event.mm).removing;
  const index = indexOf(durable.frames, event.frame);
  if (removing.get(event.page) !== event.frame) {
    releaseFrame(durable.frames, index);
    return false;
  }
  removing.delete(event.page);
  durable.removing -= 1;
  completeAndRelease(durable.frames, index);
  return true;
}

/** The mm is empty and dead. Its pages went before; invalidations of them may still be under way. */
export function evolveAddressSpaceExited(durable: MmDurableState, event: AddressSpaceExited): void {
  const space = spaceOf(durable, event.mm);
  durable.swapUsed -= space.swapped.size;
  space.exited = true;
  space.vmas.length = 0;
  // New ones, because a map keeps the room of its largest past.
  space.swapped = createPageSet();
  space.pages = createPageMap();
}
