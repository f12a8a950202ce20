import { NEWEST_FORMAT, type ServiceName, type Subjects, subjectsOf } from '@faultline/contracts';
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
import type { PathTracer } from '@faultline/units';
import { createLogger, type Logger, type ServiceConfig, ServicePorts } from '@faultline/runtime';

/** What a laboratory needs of the world, on whatever it runs. */
export interface PathPorts {
  log: LogPort;
  work: WorkPort;
  lanes: LanePort;
  deadLetters: DeadLetterPort;
  owners: KvPort;
  heads: KvPort;
  snapshots: BlobPort;
  snapshotIndex: KvPort;
  clock: ClockPort;
  tracer?: PathTracer;
}

/** The ports of one service of a laboratory that runs inside a test. */
export class KitPorts extends ServicePorts {
  readonly config: ServiceConfig;
  readonly logger: Logger;
  readonly subjects: Subjects;
  readonly log: LogPort;
  readonly work: WorkPort;
  readonly lanes: LanePort;
  readonly deadLetters: DeadLetterPort;
  readonly owners: KvPort;
  readonly heads: KvPort;
  readonly snapshots: BlobPort;
  readonly snapshotIndex: KvPort;
  readonly clock: ClockPort;
  /** Reasons of the messages it put to the dead letters. */
  readonly buried: string[] = [];

  constructor(
    lab: string,
    service: ServiceName,
    instance: string,
    ports: PathPorts,
    readonly fail: (error: Error) => void,
    snapshotEvents = 50_000,
    override readonly tracer?: PathTracer,
  ) {
    super();
    const logLevel = process.env['LOG_LEVEL'] ?? 'silent';
    this.config = {
      service,
      instance,
      session: instance,
      leaseMillis: 3_000,
      trimAbove: 0.5,
      format: NEWEST_FORMAT,
      snapshotEvents,
      replicas: 1,
      natsServers: [],
      lab,
      runDirectory: undefined,
      logLevel,
    };
    this.logger = createLogger(this.config);
    this.subjects = subjectsOf(lab);
    this.log = ports.log;
    this.work = ports.work;
    this.lanes = ports.lanes;
    this.deadLetters = ports.deadLetters;
    this.owners = ports.owners;
    this.heads = ports.heads;
    this.snapshots = ports.snapshots;
    this.snapshotIndex = ports.snapshotIndex;
    this.clock = ports.clock;
  }

  queueDepths(): Promise<[]> {
    return Promise.resolve([]);
  }
  reviveOwners(): Promise<void> {
    return Promise.resolve();
  }

  bury(letter: Omit<DeadLetter, 'reason'>, cause: Error): Promise<void> {
    this.buried.push(cause.message);
    this.logger.warn({ letter, err: cause }, 'message put to the dead letters');
    return this.deadLetters.bury({ ...letter, reason: cause.message });
  }
}
