import {
  type Appended,
  ForwardingLog,
  type LanePort,
  LaneUnavailable,
  type LogAppend,
  type LogPort,
  type MemoryLog,
  type MemoryPorts,
  memoryPorts,
  type Running,
  type WorkPort,
} from '@faultline/hosting';
import type { VirtualWorld } from './virtual-world';

/** What goes wrong on the way, as a broken connection or a busy machine makes it go wrong. */
export interface Trouble {
  /** Probability that a request, or its reply, is lost. */
  loss: number;
  /** Time a worker has to settle a work message, in milliseconds. */
  ackWaitMillis: number;
}

/** What workers are told of that time: where it is less, they come too late to extend it. */
const TOLD_ACK_WAIT_MILLIS = 30_000;

export const NO_TROUBLE: Trouble = { loss: 0, ackWaitMillis: TOLD_ACK_WAIT_MILLIS };

/** The ports of a laboratory in a virtual world: everything that travels takes its turn there. */
export function virtualPorts(world: VirtualWorld, lab: string, trouble: Trouble): VirtualPorts {
  const { schedule } = world;
  const ports = memoryPorts({ lab, clock: world, schedule, ackWaitMillis: trouble.ackWaitMillis });
  return {
    ...ports,
    memory: ports.log,
    work: {
      work: async (options) => ({ ...(await ports.work.work(options)), ackWaitMillis: TOLD_ACK_WAIT_MILLIS }),
    },
    log: new SlowLog(ports.log, world),
    lanes: new LossyLanes(ports.lanes, world, trouble.loss),
  };
}

export type VirtualPorts = Omit<MemoryPorts, 'log' | 'work' | 'lanes'> & {
  memory: MemoryLog;
  log: LogPort;
  work: WorkPort;
  lanes: LanePort;
};

/** An append travels to the log, and its acknowledgement back. */
class SlowLog extends ForwardingLog {
  constructor(
    log: MemoryLog,
    private readonly world: VirtualWorld,
  ) {
    super(log);
  }

  override async append(message: LogAppend): Promise<Appended> {
    await this.travel();
    const appended = await this.log.append(message);
    await this.travel();
    return appended;
  }

  private travel(): Promise<void> {
    return new Promise((resolve) => this.world.schedule(resolve));
  }
}

/** Loses requests and replies; its caller learns of it at once instead of after its patience. */
class LossyLanes implements LanePort {
  constructor(
    private readonly lanes: LanePort,
    private readonly world: VirtualWorld,
    private readonly loss: number,
  ) {}

  async request(...call: Parameters<LanePort['request']>): Promise<Uint8Array> {
    const [subject] = call;
    if (this.world.happens(this.loss)) throw new LaneUnavailable(subject, 'timeout');
    const reply = await this.lanes.request(...call);
    if (this.world.happens(this.loss)) throw new LaneUnavailable(subject, 'timeout');
    return reply;
  }

  serve(...lane: Parameters<LanePort['serve']>): Promise<Running> {
    return this.lanes.serve(...lane);
  }
}
