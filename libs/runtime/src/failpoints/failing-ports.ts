import {
  type Appended,
  ForwardingLog,
  ForwardingWorkMessage,
  KvUnavailable,
  type KvEntry,
  type KvPort,
  type KvWatchOptions,
  type LaneHandler,
  LaneUnavailable,
  type LanePort,
  type LogAppend,
  type LogPort,
  LogUnavailable,
  type Running,
  type Working,
  type WorkMessage,
  type WorkPort,
} from '@faultline/hosting';
import type { Failpoints } from './failpoints';

/** The ports that failpoints stand at. */
export interface FailingPorts {
  log: LogPort;
  lanes: LanePort;
  work: WorkPort;
  owners: KvPort;
}

/** The same ports, with failpoints around them. Only for a process that was told to fail: the others run without a trace of it. */
export function withFailpoints<Ports extends FailingPorts>(
  ports: Ports,
  lab: string,
  failpoints: Failpoints,
): Ports {
  return {
    ...ports,
    log: new FailingLog(ports.log, failpoints),
    lanes: new FailingLanes(ports.lanes, failpoints),
    work: new FailingWork(ports.work, failpoints),
    owners: new FailingKv(ports.owners, lab, failpoints),
  };
}

class FailingLog extends ForwardingLog {
  constructor(
    log: LogPort,
    private readonly failpoints: Failpoints,
  ) {
    super(log);
  }

  override async append(message: LogAppend): Promise<Appended> {
    const { subject } = message;
    const before = await this.failpoints.pass('log.before-append', subject);
    if (before === 'fail') throw new LogUnavailable(subject);
    if (before === 'twice') await this.log.append(message);
    const appended = await this.log.append(message);
    if ((await this.failpoints.pass('log.after-append', subject)) === 'fail')
      throw new LogUnavailable(subject);
    return appended;
  }
}

class FailingLanes implements LanePort {
  constructor(
    private readonly lanes: LanePort,
    private readonly failpoints: Failpoints,
  ) {}

  async request(...call: Parameters<LanePort['request']>): Promise<Uint8Array> {
    const [subject] = call;
    const before = await this.failpoints.pass('lane.before-request', subject);
    if (before === 'fail') throw new LaneUnavailable(subject, 'timeout');
    if (before === 'twice') await this.lanes.request(...call);
    return this.lanes.request(...call);
  }

  serve(subject: string, handler: LaneHandler, onError: (error: Error) => void): Promise<Running> {
    const { failpoints } = this;
    const handle: LaneHandler = async (...request) => {
      if ((await failpoints.pass('lane.before-handle', subject)) === 'twice') await handler(...request);
      const reply = await handler(...request);
      await failpoints.pass('lane.before-reply', subject);
      return reply;
    };
    return this.lanes.serve(subject, handle, onError);
  }
}

class FailingWork implements WorkPort {
  constructor(
    private readonly port: WorkPort,
    private readonly failpoints: Failpoints,
  ) {}

  work(options: Parameters<WorkPort['work']>[0]): Promise<Working> {
    const { failpoints } = this;
    return this.port.work({
      ...options,
      onWork: (message) => {
        const failing = new FailingWorkMessage(message, failpoints);
        failpoints.passNow('work.before-handle', message.subject, (outcome) => {
          if (outcome === 'twice') options.onWork(failing);
          options.onWork(failing);
        });
      },
    });
  }
}

class FailingWorkMessage extends ForwardingWorkMessage {
  constructor(
    message: WorkMessage,
    private readonly failpoints: Failpoints,
  ) {
    super(message);
  }

  override ack(): void {
    this.failpoints.passNow('work.before-ack', this.subject, (outcome) => {
      if (outcome !== 'fail') super.ack();
    });
  }
}

class FailingKv implements KvPort {
  constructor(
    private readonly kv: KvPort,
    private readonly lab: string,
    private readonly failpoints: Failpoints,
  ) {}

  async put(key: string, value: Uint8Array, expectedRevision?: number): Promise<number> {
    await this.pass('kv.before-put', key);
    const revision = await this.kv.put(key, value, expectedRevision);
    await this.pass('kv.after-put', key);
    return revision;
  }

  async delete(key: string, expectedRevision?: number): Promise<void> {
    await this.pass('kv.before-delete', key);
    await this.kv.delete(key, expectedRevision);
    await this.pass('kv.after-delete', key);
  }

  get(key: string): Promise<KvEntry | undefined> {
    return this.kv.get(key);
  }

  entries(prefix: string): Promise<KvEntry[]> {
    return this.kv.entries(prefix);
  }

  watch(options: KvWatchOptions): Promise<Running> {
    return this.kv.watch(options);
  }

  /** Keys are named with their laboratory, as subjects are. */
  private async pass(point: Parameters<Failpoints['pass']>[0], key: string): Promise<void> {
    if ((await this.failpoints.pass(point, `${this.lab}.${key}`)) === 'fail')
      throw new KvUnavailable(key, 'failpoint');
  }
}
