import type { Permissions } from '../kernel/vocabulary';
import type { Backing } from './events';
import type { Run } from './run';

export type { Run, RunMember, RunResult } from './run';

/** A removed entry, named as its `PageRemoved` names it; the event itself may be passed. */
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
  | { kind: 'BindPasid'; pasid: number; mm: number }
  | { kind: 'UnbindPasid'; pasid: number }
  | { kind: 'HandleRun'; run: Run }
  /** Handles one member of the oldest ready run. The host repeats it while `hasReadyRun`, so that one long run blocks nobody. */
  | { kind: 'Advance' }
  /**
   * Every translation of these removed entries is gone from IOTLBs and ATCs (D3). Entries and not frames, because the zero page
   * and page cache pages are in many entries at once. Entries that are not in quarantine are ignored.
   */
  | { kind: 'CompleteInvalidation'; entries: readonly RemovedEntry[] };
