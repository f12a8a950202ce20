import type { Subjects } from '@faultline/contracts';
import type {
  BlobPort,
  ClockPort,
  DeadLetter,
  DeadLetterPort,
  KvPort,
  LanePort,
  LogPort,
  WorkPort,
} from '@faultline/hosting';
import type { ServiceConfig } from './config';
import type { Failpoints } from './failpoints';
import type { QueueDepth } from '@faultline/messaging';
import type { OwnerPorts, PathMeter, PathTracer, StateCodec } from '@faultline/units';
import type { Logger } from './logging';
import { v8States } from './v8-states';

/** Everything a service needs from the world, injected as one. */
export abstract class ServicePorts implements OwnerPorts {
  abstract readonly config: ServiceConfig;
  abstract readonly logger: Logger;
  abstract readonly subjects: Subjects;
  abstract readonly log: LogPort;
  abstract readonly work: WorkPort;
  abstract readonly lanes: LanePort;
  abstract readonly deadLetters: DeadLetterPort;
  /** Leases and members of the laboratory. */
  abstract readonly owners: KvPort;
  /** Published heads of the record's hash chain. */
  abstract readonly heads: KvPort;
  abstract readonly snapshots: BlobPort;
  /** Which snapshot of each unit counts. */
  abstract readonly snapshotIndex: KvPort;
  readonly states: StateCodec = v8States;
  /** Makes the bucket of owners again that somebody deleted; does nothing while there is one. */
  abstract reviveOwners(): Promise<void>;
  abstract readonly clock: ClockPort;
  /** Absent where nobody asks for metrics. */
  readonly meter?: PathMeter;
  /** Absent where nobody asks for traces. */
  readonly tracer?: PathTracer;
  /** Where this process is to fail, in a test; for what is no port. */
  readonly failpoints?: Failpoints;
  /** What waits in IOPF queues, as the server sees it. */
  abstract queueDepths(queues: readonly string[]): Promise<QueueDepth[]>;
  /** The service cannot go on: it says why in one line, tells the laboratory, and exits with status 1. */
  abstract fail(error: Error): void;
  /**
   * A message could not be decoded or does not belong here: counted, kept with its reason, and the service goes on. Resolves
   * when the letter is stored, or lost and told of.
   */
  abstract bury(letter: Omit<DeadLetter, 'reason'>, cause: Error): Promise<void>;
}
