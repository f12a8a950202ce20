import { type Subjects, subjectsOf } from '@faultline/contracts';
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
import type { PathMeter, PathTracer } from '@faultline/units';
import type { ServiceConfig } from './config';
import type { Failpoints } from './failpoints';
import type { Logger } from './logging';
import { ServicePorts } from './ports';

/** What a laboratory on NATS is reached by. */
export type PortsOfLab = Pick<
  ServicePorts,
  'log' | 'work' | 'lanes' | 'deadLetters' | 'owners' | 'heads' | 'snapshots' | 'snapshotIndex' | 'clock'
> & { readonly deadLetters: DeadLetterPort };

/** The ports of a service on NATS, and where its failures end. */
export class NatsServicePorts extends ServicePorts {
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
  readonly reviveOwners: () => Promise<void>;
  readonly queueDepths: ServicePorts['queueDepths'];
  /** Messages put to the dead letters since the start. */
  buried = 0;

  constructor(
    readonly config: ServiceConfig,
    readonly logger: Logger,
    ports: PortsOfLab,
    readonly fail: (error: Error) => void,
    /** What is asked of the server itself. */
    server: Pick<ServicePorts, 'reviveOwners' | 'queueDepths'>,
    override readonly failpoints?: Failpoints,
    override readonly meter?: PathMeter,
    override readonly tracer?: PathTracer,
  ) {
    super();
    this.subjects = subjectsOf(config.lab);
    this.log = ports.log;
    this.work = ports.work;
    this.lanes = ports.lanes;
    this.deadLetters = ports.deadLetters;
    this.owners = ports.owners;
    this.heads = ports.heads;
    this.snapshots = ports.snapshots;
    this.snapshotIndex = ports.snapshotIndex;
    this.clock = ports.clock;
    this.reviveOwners = server.reviveOwners;
    this.queueDepths = server.queueDepths;
  }

  bury(letter: Omit<DeadLetter, 'reason'>, cause: Error): Promise<void> {
    this.buried += 1;
    this.logger.warn(
      { subject: letter.subject, unit: letter.unit, bytes: letter.body.length, err: cause },
      'message put to the dead letters',
    );
    return this.deadLetters.bury({ ...letter, reason: cause.message });
  }
}
