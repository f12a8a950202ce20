import { entryFrame, entryPermissions, NO_ENTRY } from '../kernel/page-entry';
import { createPageMap, type PageMap, readPage } from '../kernel/page-map';
import { createPageSet, type PageSet } from '../kernel/page-set';
import type { Permissions } from '../kernel/vocabulary';
import { firstFrame, type ResolvedMmConfig } from './config';
import { createFrameTable, type FrameTable } from './frame-table';
import { createVolatileState, type MmVolatileState } from './runs';
import type { VmaList } from './vma';

/** One mm. Its number is not used again after it exited. */
export interface AddressSpace {
  mm: number;
  exited: boolean;
  vmas: VmaList;
  /** page -> entry, packed: what an IOMMU walks (R120). */
  pages: PageMap;
  /**
   * page -> invalidations of its entry, removed or restricted, that are not complete: packed as the frame and how many. One entry
   * may have several: each restriction takes at least one of three permissions away and the removal takes the rest, so there are
   * four at most, and nothing is granted again before the last is complete.
   */
  invalidating: Map<number, number>;
  /** page -> permissions of the private page that is on its way to another frame; a free frame is kept for each (R122). */
  migrating: Map<number, Permissions>;
  /** Private pages whose content is in swap. */
  swapped: PageSet;
}

/** What a PASID names; the row stays after an unbind, because the generation goes on counting (D2). */
export interface PasidBinding {
  bound: boolean;
  mm: number;
  generation: number;
}

/** All that folding the durable events gives (I8). Plain data, Maps and typed arrays: a snapshot holds it as it is. */
export interface MmDurableState {
  shard: number;
  epoch: number;
  pasids: Map<number, PasidBinding>;
  spaces: Map<number, AddressSpace>;
  frames: FrameTable;
  /** Pages in swap, of all mms. */
  swapUsed: number;
  /** Invalidations that are not complete, of all mms; more than the frames in quarantine, if the zero page is among them. */
  invalidating: number;
  /** Pages on their way to another frame, of all mms. */
  migrating: number;
  /** Entries written for pages that no request asked for, ever. */
  prefetched: number;
}

/** State of an mm shard. */
export interface MmState {
  durable: MmDurableState;
  /** Open runs; gone after a restart, when workers get their groups again. */
  volatile: MmVolatileState;
}

/** The state before any event. */
export function createMmState(config: ResolvedMmConfig): MmState {
  return restoreMmState({
    shard: config.shard,
    epoch: 0,
    pasids: new Map(),
    spaces: new Map(),
    frames: createFrameTable(firstFrame(config.shard), config.frames, config.reclaim),
    swapUsed: 0,
    invalidating: 0,
    migrating: 0,
    prefetched: 0,
  });
}

/** Changes with the shape of {@link MmDurableState}. */
export const MM_STATE_VERSION = 1;

/** A state with the durable part of a snapshot and no open run. */
export function restoreMmState(durable: MmDurableState): MmState {
  return { durable, volatile: createVolatileState() };
}

/** An address space without areas. */
export function createAddressSpace(mm: number): AddressSpace {
  return {
    mm,
    exited: false,
    vmas: [],
    pages: createPageMap(),
    invalidating: new Map(),
    migrating: new Map(),
    swapped: createPageSet(),
  };
}

/** The frame that an installed page shows. */
export function frameShown(space: AddressSpace, page: number): number | undefined {
  const entry = readPage(space.pages, page);
  return entry === NO_ENTRY ? undefined : entryFrame(entry);
}

/** What the entry of an installed page grants; nothing where none is. */
export function permissionsShown(space: AddressSpace, page: number): Permissions {
  const entry = readPage(space.pages, page);
  return entry === NO_ENTRY ? 0 : entryPermissions(entry);
}
