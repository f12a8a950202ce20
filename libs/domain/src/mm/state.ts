import { entryFrame, NO_ENTRY } from '../kernel/page-entry';
import { createPageMap, type PageMap, readPage } from '../kernel/page-map';
import { createPageSet, type PageSet } from '../kernel/page-set';
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
  /** page -> frame of the removed entry whose invalidation is not complete. The page is not installed before (R121, R122). */
  removing: Map<number, number>;
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
  /** Removed entries whose invalidation is not complete, of all mms; more than the frames in quarantine, if the zero page is there. */
  removing: number;
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
    frames: createFrameTable(firstFrame(config.shard), config.frames),
    swapUsed: 0,
    removing: 0,
  });
}

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
    removing: new Map(),
    swapped: createPageSet(),
  };
}

/** The frame that an installed page shows. */
export function frameShown(space: AddressSpace, page: number): number | undefined {
  const entry = readPage(space.pages, page);
  return entry === NO_ENTRY ? undefined : entryFrame(entry);
}
