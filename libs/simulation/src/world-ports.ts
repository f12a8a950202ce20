import type {
  BlobPort,
  ClockPort,
  DeadLetterPort,
  KvPort,
  LanePort,
  LogPort,
  WorkPort,
} from '@faultline/hosting';

/** What the processes of a laboratory have in common: the bus, its stores, and time. */
export interface WorldPorts {
  log: LogPort;
  work: WorkPort;
  lanes: LanePort;
  deadLetters: DeadLetterPort;
  /** Leases and members of the laboratory. */
  owners: KvPort;
  snapshots: BlobPort;
  /** Which snapshot of each unit counts. */
  snapshotIndex: KvPort;
  clock: ClockPort;
}
