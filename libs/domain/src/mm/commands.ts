import type { Permissions } from '../kernel/vocabulary';
import type { Backing } from './events';
import type { Run } from './run';

export type { Run, RunMember, RunResult } from './run';

/** A removed or restricted entry, named as its event names it; the event itself may be passed. */
export interface RemovedEntry {
  mm: number;
  page: number;
  frame: number;
}

export type MmCommand =
  | { kind: 'BeginEpoch'; epoch: number }
  | { kind: 'CreateAddressSpace'; mm: number }
  | { kind: 'ExitAddressSpace'; mm: number }
  | {
      kind: 'MapVma';
      mm: number;
      start: number;
      end: number;
      permissions: Permissions;
      backing: Backing;
      file: number;
      filePage: number;
    }
  | { kind: 'UnmapVma'; mm: number; start: number; end: number }
  /** Gives the areas of a range other permissions (mprotect). */
  | { kind: 'ProtectVma'; mm: number; start: number; end: number; permissions: Permissions }
  /** Brings in what is absent of the area at `start`, up to `end`, before anybody asks for it (mmap with MAP_POPULATE). */
  | { kind: 'PopulatePages'; mm: number; start: number; end: number }
  /** Moves the private pages of a range to other frames, as many as there are free frames for. */
  | { kind: 'MigratePages'; mm: number; start: number; end: number }
  /** Memory pressure by hand: reclaims up to so many pages. */
  | { kind: 'ReclaimPages'; pages: number }
  | { kind: 'BindPasid'; pasid: number; mm: number }
  /** The bound PASID names this mm from now on, with the next generation, without an unbind in between (R105). */
  | { kind: 'RebindPasid'; pasid: number; mm: number }
  | { kind: 'UnbindPasid'; pasid: number }
  | { kind: 'HandleRun'; run: Run }
  /** Handles one member of the oldest ready run. The host repeats it while `hasReadyRun`, so that one long run blocks nobody. */
  | { kind: 'Advance' }
  /**
   * One invalidation of each of these entries is complete: what IOTLBs and ATCs held of it when it was removed or restricted is
   * gone (D3). Entries and not frames, because the zero page and page cache pages are in many entries at once. An entry that is
   * not being invalidated is ignored.
   */
  | { kind: 'CompleteInvalidation'; entries: readonly RemovedEntry[] };
