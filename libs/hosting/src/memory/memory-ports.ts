import { subjectsOf } from '@faultline/contracts';
import type { ClockPort } from '../ports';
import { MemoryDeadLetters } from './memory-dead-letters';
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
  /** Time a worker has to settle a message, in milliseconds; default 30 000. */
  ackWaitMillis?: number;
}

export interface MemoryPorts {
  log: MemoryLog;
  work: MemoryWork;
  lanes: MemoryLanes;
  deadLetters: MemoryDeadLetters;
  clock: ClockPort;
}

/** All ports of one laboratory in this process. Throws `InvalidLabName`. */
export function memoryPorts(options: MemoryPortsOptions): MemoryPorts {
  const { clock, schedule } = options;
  const subjects = subjectsOf(options.lab);
  const log = new MemoryLog({ maxBytes: options.logMaxBytes, schedule });
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
    clock,
  };
}
