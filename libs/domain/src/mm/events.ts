import type { FaultError, MemberResolution } from '../iopf/events';
import type { Permissions } from '../kernel/vocabulary';
import type { Run, RunResult } from './run';

/** Events of an mm shard: the part of the PASID table, the address spaces and the frames it owns (D7). These go to the log. */
export type MmEvent =
  | MmOwnerChanged
  | AddressSpaceCreated
  | AddressSpaceExited
  | VmaMapped
  | VmaUnmapped
  | VmaProtected
  | MmPasidBound
  | MmPasidUnbound
  | PageInstalled
  | PageRestricted
  | PageRemoved
  | PageInvalidated
  | FrameFreed;

/**
 * What runs do between their durable events. Never in the log: after a crash workers get their groups again, and what a run had
 * installed is found as spurious (R119).
 */
export type VolatileMmEvent = RunOpened | MemberHandled | RunParked | RunFinished;

export interface MmOwnerChanged {
  kind: 'MmOwnerChanged';
  shard: number;
  epoch: number;
}

export interface AddressSpaceCreated {
  kind: 'AddressSpaceCreated';
  mm: number;
}

/** The last user of the mm is gone: later faults are INVALID (R101, R108). */
export interface AddressSpaceExited {
  kind: 'AddressSpaceExited';
  mm: number;
}

/** What a vma shows. */
export type Backing =
  /** Demand zero (R120). */
  | 'anonymous'
  /** A file mapped shared: writes go to the page cache's page. */
  | 'file-shared'
  /** A file mapped privately: the first write copies (R121). */
  | 'file-private';

/** A half-open range of pages `[start, end)` of one address space. */
export interface VmaMapped {
  kind: 'VmaMapped';
  mm: number;
  start: number;
  end: number;
  permissions: Permissions;
  backing: Backing;
  /** File number and its page shown at `start`; 0 and 0 for anonymous memory. */
  file: number;
  filePage: number;
}

/** A range of pages left the address space. Its installed pages were removed before, each with its own event. */
export interface VmaUnmapped {
  kind: 'VmaUnmapped';
  mm: number;
  start: number;
  end: number;
}

/**
 * The areas of a range have other permissions. Installed pages that granted more were restricted before, each with its own event;
 * those that grant less keep what they have until the next fault upgrades them (R125).
 */
export interface VmaProtected {
  kind: 'VmaProtected';
  mm: number;
  start: number;
  end: number;
  permissions: Permissions;
}

/** The PASID names this mm from now on; `generation` counts the uses of the PASID (D2). */
export interface MmPasidBound {
  kind: 'MmPasidBound';
  pasid: number;
  mm: number;
  generation: number;
  /** Whether it takes the place of a binding that was not undone before (R105). */
  replaces: boolean;
}

export interface MmPasidUnbound {
  kind: 'MmPasidUnbound';
  pasid: number;
  generation: number;
}

/** Why a page table entry was written (R120, R121). */
export type InstallCause =
  /** The shared zero page, read-only. */
  | 'zero-page'
  /** A private zeroed page. */
  | 'zero-fill'
  /** The page cache's page. */
  | 'file'
  /** A private copy of a shared page. */
  | 'copy-on-write'
  /** Write permission added in place: same frame, needs no invalidation (R125). */
  | 'upgrade'
  /** Read back from swap. */
  | 'swap-in'
  /** The content moved to another frame, and no translation to the old one is left (R122). */
  | 'migrate';

/** The page table entry of (mm, page) now shows `frame` with `permissions`: what an IOMMU walks (R120). */
export interface PageInstalled {
  kind: 'PageInstalled';
  mm: number;
  page: number;
  frame: number;
  /** What devices may do now. Write is granted only to dirty pages: dirty bits are software-managed (R7). */
  permissions: Permissions;
  cause: InstallCause;
  /** Whether the page had to be read from storage (R115). */
  major: boolean;
  /** Whether no request asked for the page: a fault nearby brought it along, or it was there before its process began. */
  prefetched: boolean;
}

/** A page table entry grants less than before; what caches still hold of it is being invalidated (R122). */
export interface PageRestricted {
  kind: 'PageRestricted';
  mm: number;
  page: number;
  frame: number;
  /** What is left; 0 if the entry grants nothing any more. */
  permissions: Permissions;
}

/** Why a page table entry was cleared (R122). */
export type RemoveCause = 'reclaim' | 'unmap' | 'copy-on-write' | 'exit' | 'migrate';

/** First phase of taking a page away: the entry is cleared, its frame is in quarantine until the invalidation completed (D11). */
export interface PageRemoved {
  kind: 'PageRemoved';
  mm: number;
  page: number;
  frame: number;
  cause: RemoveCause;
  /** Whether the content went to swap. */
  swapped: boolean;
}

/**
 * Second phase of a restriction, or of a removal whose frame stays in use: the zero page, a page cache page, or one that another
 * invalidation of the same entry still holds. Nothing that was there before is left in any cache; when this was the last
 * invalidation of the entry, it may be written again (D3, R121).
 */
export interface PageInvalidated {
  kind: 'PageInvalidated';
  mm: number;
  page: number;
  frame: number;
}

/** Second phase: no translation to the frame is left anywhere, so it may be used again (D3, D11, R122). */
export interface FrameFreed {
  kind: 'FrameFreed';
  frame: number;
  /** The entry whose removal had put it in quarantine; for a page cache page that nothing maps any more, its last entry. */
  mm: number;
  page: number;
}

/** A worker's run began; it is ready. */
export interface RunOpened {
  kind: 'RunOpened';
  run: Run;
}

/** The next member of a run has its result. */
export interface MemberHandled {
  kind: 'MemberHandled';
  run: number;
  /** Place of the member in the run, from 0. */
  member: number;
  resolution: MemberResolution;
  error: FaultError;
}

/** What a parked run waits for. */
export type ParkCause =
  /** Frames are in quarantine or on their way to it (D11). */
  | 'frame'
  /** The entry of its page was removed and the invalidation is under way (R121, R122). */
  | 'invalidation';

/** The next member of a run has to wait; the shard goes on with other runs (D11). */
export interface RunParked {
  kind: 'RunParked';
  run: number;
  cause: ParkCause;
  mm: number;
  page: number;
  /** Whether the run broke the entry itself to copy the page (R121), and so holds a frame for the copy. */
  copying: boolean;
}

/** A run ended; `result` is what the worker gets, once the run's durable events are in the log. */
export interface RunFinished {
  kind: 'RunFinished';
  result: RunResult;
}
