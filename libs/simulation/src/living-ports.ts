import {
  type Appended,
  type BlobPort,
  type ClockPort,
  type DeadLetterPort,
  ForwardingWorkMessage,
  type KvEntry,
  type KvPort,
  type KvWatchOptions,
  type LanePort,
  type LogAppend,
  type LogMessage,
  type LogPort,
  type Running,
  type WorkMessage,
  type Working,
  type WorkPort,
} from '@faultline/hosting';
import { heldFollower } from './held-follower';
import type { Life } from './life';
import type { WorldPorts } from './world-ports';

/** The world as a process with this life sees it. */
export function portsOf<Ports extends WorldPorts>(life: Life, ports: Ports): Ports {
  return {
    ...ports,
    log: new LivingLog(life, ports.log),
    lanes: new LivingLanes(life, ports.lanes),
    work: new LivingWork(life, ports.work),
    deadLetters: new LivingLetters(life, ports.deadLetters),
    owners: new LivingKv(life, ports.owners),
    snapshots: new LivingBlobs(life, ports.snapshots),
    snapshotIndex: new LivingKv(life, ports.snapshotIndex),
    clock: new LivingClock(life, ports.clock),
  };
}

class LivingLog implements LogPort {
  constructor(
    private readonly life: Life,
    private readonly log: LogPort,
  ) {}

  append(message: LogAppend): Promise<Appended> {
    return this.life.does(() => this.log.append(message));
  }

  follow(options: Parameters<LogPort['follow']>[0]): Promise<Running> {
    const { life } = this;
    return life.does(() => life.opens(this.log.follow(heldFollower(options, (task) => life.pass(task)))));
  }

  last(subject: string): Promise<LogMessage | undefined> {
    return this.life.does(() => this.log.last(subject));
  }

  fill(): Promise<number> {
    return this.life.does(() => this.log.fill());
  }

  lastSequence(): Promise<number> {
    return this.life.does(() => this.log.lastSequence());
  }

  trim(floors: ReadonlyMap<string, number>): Promise<void> {
    return this.life.does(() => this.log.trim(floors));
  }
}

class LivingLanes implements LanePort {
  constructor(
    private readonly life: Life,
    private readonly lanes: LanePort,
  ) {}

  request(...call: Parameters<LanePort['request']>): Promise<Uint8Array> {
    return this.life.does(() => this.lanes.request(...call));
  }

  /** A server that is stopped is there for the caller all the same: his request gets no answer for now. */
  serve(
    subject: string,
    handler: Parameters<LanePort['serve']>[1],
    onError: (error: Error) => void,
  ): Promise<Running> {
    const { life } = this;
    return life.does(() =>
      life.opens(
        this.lanes.serve(
          subject,
          (body, context) => life.serves(() => handler(body, context)),
          (error) => life.pass(() => onError(error)),
        ),
      ),
    );
  }
}

class LivingWork implements WorkPort {
  constructor(
    private readonly life: Life,
    private readonly port: WorkPort,
  ) {}

  work(options: Parameters<WorkPort['work']>[0]): Promise<Working> {
    const { life } = this;
    const { onWork, onError } = options;
    return life.does(() =>
      life.opens(
        this.port.work({
          ...options,
          onWork: (message) => life.pass(() => onWork(new LivingWorkMessage(life, message))),
          onError: (error) => life.pass(() => onError(error)),
        }),
      ),
    );
  }
}

class LivingWorkMessage extends ForwardingWorkMessage {
  constructor(
    private readonly life: Life,
    message: WorkMessage,
  ) {
    super(message);
  }

  override ack(): void {
    if (!this.life.isDead) super.ack();
  }

  override extend(): void {
    if (!this.life.isDead) super.extend();
  }

  override retry(delayMillis: number): void {
    if (!this.life.isDead) super.retry(delayMillis);
  }

  override terminate(reason: string): void {
    if (!this.life.isDead) super.terminate(reason);
  }
}

class LivingLetters implements DeadLetterPort {
  constructor(
    private readonly life: Life,
    private readonly letters: DeadLetterPort,
  ) {}

  bury(letter: Parameters<DeadLetterPort['bury']>[0]): Promise<void> {
    return this.life.does(() => this.letters.bury(letter));
  }
}

class LivingClock implements ClockPort {
  constructor(
    private readonly life: Life,
    private readonly clock: ClockPort,
  ) {}

  nowMicros(): number {
    return this.clock.nowMicros();
  }

  after(delayMicros: number, task: () => void): () => void {
    if (this.life.isDead) return () => undefined;
    let isCancelled = false;
    const cancel = this.clock.after(delayMicros, () =>
      this.life.pass(() => {
        if (!isCancelled) task();
      }),
    );
    return () => {
      isCancelled = true;
      cancel();
    };
  }
}

class LivingKv implements KvPort {
  constructor(
    private readonly life: Life,
    private readonly kv: KvPort,
  ) {}

  get(key: string): Promise<KvEntry | undefined> {
    return this.life.does(() => this.kv.get(key));
  }

  put(...how: Parameters<KvPort['put']>): Promise<number> {
    return this.life.does(() => this.kv.put(...how));
  }

  delete(...how: Parameters<KvPort['delete']>): Promise<void> {
    return this.life.does(() => this.kv.delete(...how));
  }

  entries(prefix: string): Promise<KvEntry[]> {
    return this.life.does(() => this.kv.entries(prefix));
  }

  watch(options: KvWatchOptions): Promise<Running> {
    const { life } = this;
    return life.does(() =>
      life.opens(
        this.kv.watch({
          prefix: options.prefix,
          onEntry: (entry) => life.pass(() => options.onEntry(entry)),
          onDeleted: (key, revision) => life.pass(() => options.onDeleted(key, revision)),
          onReady: () => life.pass(() => options.onReady()),
          onError: (error) => life.pass(() => options.onError(error)),
        }),
      ),
    );
  }
}

class LivingBlobs implements BlobPort {
  constructor(
    private readonly life: Life,
    private readonly blobs: BlobPort,
  ) {}

  put(name: string, body: Uint8Array): Promise<void> {
    return this.life.does(() => this.blobs.put(name, body));
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.life.does(() => this.blobs.get(name));
  }

  delete(name: string): Promise<void> {
    return this.life.does(() => this.blobs.delete(name));
  }

  names(prefix: string): Promise<string[]> {
    return this.life.does(() => this.blobs.names(prefix));
  }
}
