import { subjectsOf } from '@faultline/contracts';
import type { ClockPort } from '../ports';
import { MemoryBlobs } from './memory-blobs';
import { MemoryDeadLetters } from './memory-dead-letters';
import { MemoryKv } from './memory-kv';
import { MemoryLanes } from './memory-lanes';
import { MemoryLog } from './memory-log';
import { MemoryWork } from './memory-work';
import type { Scheduler } from './scheduler';

export interface MemoryPortsOptions {
  lab: string;
  clock: ClockPort;
  /** How deliveries are run; default microtasks. Give one that lets timers run when a run has no other pauses. */
  schedule?: Scheduler;
  /** Size limit of the log, in bytes; default none. */
  logMaxBytes?: number;
  /** What was trimmed from the log leaves the memory; default no. */
  logForgets?: boolean;
  /** Time a worker has to settle a message, in milliseconds; default 30 000. */
  ackWaitMillis?: number;
}

export interface MemoryPorts {
  log: MemoryLog;
  work: MemoryWork;
  lanes: MemoryLanes;
  deadLetters: MemoryDeadLetters;
  /** Leases and members of the laboratory. */
  owners: MemoryKv;
  /** Published heads of the record's hash chain. */
  heads: MemoryKv;
  snapshots: MemoryBlobs;
  /** Which snapshot of each unit counts. */
  snapshotIndex: MemoryKv;
  clock: ClockPort;
}

/** All ports of one laboratory in this process. Throws `InvalidLabName`. */
export function memoryPorts(options: MemoryPortsOptions): MemoryPorts {
  const { clock, schedule } = options;
  const subjects = subjectsOf(options.lab);
  const log = new MemoryLog({ maxBytes: options.logMaxBytes, schedule, forgets: options.logForgets });
  return {
    log,
    work: new MemoryWork({
      log,
      subjectOf: (queue) => subjects.queueLogAnyIommu(queue),
      clock,
      ackWaitMillis: options.ackWaitMillis,
      schedule,
    }),
    lanes: new MemoryLanes({ clock, schedule }),
    deadLetters: new MemoryDeadLetters(),
    owners: new MemoryKv(schedule),
    heads: new MemoryKv(schedule),
    snapshots: new MemoryBlobs(),
    snapshotIndex: new MemoryKv(schedule),
    clock,
  };
}
