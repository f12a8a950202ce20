import type { Permissions } from '../../kernel/vocabulary';
import type {
  DeviceSettings,
  DeviceTlbInvalidation,
  IommuMode,
  MemoryFailure,
  QueuedCommand,
} from './commands';
import type { HardwareConfig } from './config';
import { createIotlb, type HardwareIotlb } from './iotlb';
import type { PageTable } from './page-table';

/** A record of the page request queue: the request, without privilege and execute where there is no PASID (R42). */
export interface PageRequestRecord {
  readonly deviceId: number;
  readonly pasid: number;
  readonly page: number;
  readonly prgIndex: number;
  readonly last: boolean;
  readonly permissions: Permissions;
}

/** The page request queue (R41-R59). Slots are memory: null is one that holds zeroes. */
export interface PageRequestQueue {
  enabled: boolean;
  interruptEnabled: boolean;
  overflow: boolean;
  memoryFault: boolean;
  head: number;
  tail: number;
  slots: (PageRequestRecord | null)[];
}

/** An address space of a device: a process table entry and the page table it names. */
export interface ProcessEntry {
  supervisorAllowed: boolean;
  supervisorMayAccessUser: boolean;
  table: PageTable;
}

/** An invalidation tag in use (R27). */
export interface InvalidationTag {
  deviceId: number;
  /** Completion messages so far, modulo 8. */
  received: number;
}

/** Why the command queue is halted (R62). */
export type CommandFlag = 'timeout' | 'illegal' | 'memoryFault';

export interface CommandQueue {
  /** Commands from the head on, oldest first. */
  waiting: QueuedCommand[];
  /** The fence at the head waits for device-TLB invalidations. */
  fenceWaiting: boolean;
  /** An invalidation that left the queue and waits for a free tag; nothing behind it runs. */
  untagged: DeviceTlbInvalidation | null;
  /** Tags in use; null for a free one. */
  tags: (InvalidationTag | null)[];
  /** An invalidation timed out and no fence has reported it yet. */
  timedOut: boolean;
  flags: Record<CommandFlag, boolean>;
}

/** Latched interrupt-pending bits (R60). */
export type InterruptSource = 'pageRequest' | 'fault' | 'command';

export interface HardwareState {
  mode: IommuMode;
  devices: Map<number, DeviceSettings>;
  /** deviceId -> PASID -> address space; `NO_PASID` for the one of a device without PASIDs. */
  spaces: Map<number, Map<number, ProcessEntry>>;
  queue: PageRequestQueue;
  commands: CommandQueue;
  pending: Record<InterruptSource, boolean>;
  faultQueue: { records: number; overflow: boolean };
  /** Key of the memory (see `memory.ts`) -> how it fails. */
  failures: Map<string, MemoryFailure>;
  iotlb: HardwareIotlb;
}

/** Hardware after reset: everything empty, all transactions refused. */
export function createHardwareState(config: HardwareConfig): HardwareState {
  return {
    mode: 'off',
    devices: new Map(),
    spaces: new Map(),
    queue: {
      enabled: false,
      interruptEnabled: false,
      overflow: false,
      memoryFault: false,
      head: 0,
      tail: 0,
      slots: [null, null],
    },
    commands: {
      waiting: [],
      fenceWaiting: false,
      untagged: null,
      tags: new Array<InvalidationTag | null>(config.invalidationTags).fill(null),
      timedOut: false,
      flags: { timeout: false, illegal: false, memoryFault: false },
    },
    pending: { pageRequest: false, fault: false, command: false },
    faultQueue: { records: 0, overflow: false },
    failures: new Map(),
    iotlb: createIotlb(),
  };
}
