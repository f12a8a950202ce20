import {
  type Appended,
  type BlobPort,
  BlobUnavailable,
  type DeadLetterPort,
  ForwardingWorkMessage,
  type KvEntry,
  type KvPort,
  KvUnavailable,
  type KvWatchOptions,
  type LogAppend,
  type LogMessage,
  type LogPort,
  LogUnavailable,
  type Running,
  type WorkMessage,
  type Working,
  type WorkPort,
} from '@faultline/hosting';
import { heldFollower } from './held-follower';
import type { Link } from './link';
import { LinkedLanes } from './linked-lanes';
import type { Network } from './network';
import type { WorldPorts } from './world-ports';

/** An append that stood in a buffer when the cable broke goes on when it is whole again, however late: this often. */
const KEPT = 0.5;

/** The world as a process reaches it over its cable. */
export function linkedPorts<Ports extends WorldPorts>(link: Link, network: Network, world: Ports): Ports {
  return {
    ...world,
    log: new LinkedLog(link, world.log),
    lanes: new LinkedLanes(link, network.lanes),
    work: new LinkedWork(link, world.work),
    deadLetters: new LinkedLetters(link, world.deadLetters),
    owners: new LinkedKv(link, world.owners),
    snapshots: new LinkedBlobs(link, world.snapshots),
    snapshotIndex: new LinkedKv(link, world.snapshotIndex),
  };
}

/** Asks until the answer gets through: what a client asks the server for it asks again. */
async function ask<T>(link: Link, question: () => Promise<T>): Promise<T> {
  for (;;) {
    await link.whole();
    await hop(link);
    if (link.isCut) continue;
    const answer = await question();
    await hop(link);
    if (!link.isCut) return answer;
  }
}

/** Writes once. Where no acknowledgement comes nobody knows whether it was written. */
async function write<T>(link: Link, act: () => Promise<T>, unanswered: () => Error): Promise<T> {
  if (!link.isCut) {
    await hop(link);
    if (!link.isCut) {
      const written = await act();
      await hop(link);
      if (!link.isCut && !link.harms('forget')) return written;
    }
  }
  await new Promise<void>((resolve) => link.patience(resolve));
  throw unanswered();
}

function hop(link: Link): Promise<void> {
  return new Promise((resolve) => link.hop(resolve));
}

class LinkedLog implements LogPort {
  constructor(
    private readonly link: Link,
    private readonly log: LogPort,
  ) {}

  /** Every fault is appended some times, so its way there and back costs one promise. */
  append(message: LogAppend): Promise<Appended> {
    const { link, log } = this;
    const { subject } = message;
    return new Promise((resolve, reject) => {
      const unanswered = (): void => link.patience(() => reject(new LogUnavailable(subject)));
      const acknowledge = (appended: Appended): void =>
        link.hop(() => (link.isCut || link.harms('forget') ? unanswered() : resolve(appended)));
      if (link.isCut) {
        if (link.happens(KEPT)) this.keep(message);
        return unanswered();
      }
      link.inOrder(subject, () => {
        if (link.isCut) unanswered();
        else link.store(() => void log.append(message).then(acknowledge, reject));
      });
    });
  }

  /** Its writer has given it up when it goes on, and may use the buffer for something else by then. */
  private keep(message: LogAppend): void {
    const late = { ...message, body: message.body.slice() };
    const append = (): void => void this.log.append(late).catch(() => undefined);
    void this.link.whole().then(() => this.link.inOrder(late.subject, append));
  }

  async follow(options: Parameters<LogPort['follow']>[0]): Promise<Running> {
    const { link } = this;
    await link.whole();
    const stream = link.stream();
    const following = this.log.follow(heldFollower(options, (task) => stream.take(task)));
    return until(await following, () => stream.close());
  }

  last(subject: string): Promise<LogMessage | undefined> {
    return ask(this.link, () => this.log.last(subject));
  }

  fill(): Promise<number> {
    return ask(this.link, () => this.log.fill());
  }

  lastSequence(): Promise<number> {
    return ask(this.link, () => this.log.lastSequence());
  }

  trim(floors: ReadonlyMap<string, number>): Promise<void> {
    return ask(this.link, () => this.log.trim(floors));
  }
}

/** Whoever stops it hears nothing more. */
function until<R extends Running>(running: R, close: () => void): R {
  return {
    ...running,
    stop: async () => {
      close();
      await running.stop();
    },
  };
}

class LinkedWork implements WorkPort {
  constructor(
    private readonly link: Link,
    private readonly port: WorkPort,
  ) {}

  async work(options: Parameters<WorkPort['work']>[0]): Promise<Working> {
    const { link } = this;
    await link.whole();
    const stream = link.stream();
    let ackWaitMillis = 0;
    const working = await this.port.work({
      ...options,
      onWork: (message) => {
        const linked = new LinkedWorkMessage(link, message, () => ackWaitMillis);
        if (link.harms('redeliver')) linked.lose(link.share() * ackWaitMillis);
        stream.take(() => options.onWork(linked));
      },
      onError: (error) => stream.take(() => options.onError(error)),
    });
    ({ ackWaitMillis } = working);
    return until(working, () => stream.close());
  }
}

class LinkedWorkMessage extends ForwardingWorkMessage {
  constructor(
    private readonly link: Link,
    message: WorkMessage,
    private readonly ackWaitMillis: () => number,
  ) {
    super(message);
  }

  /** Whatever its worker says of it from now on, it is given to somebody else after the time. */
  lose(afterMillis: number): void {
    super.retry(afterMillis);
  }

  override ack(): void {
    this.settle(() => super.ack());
  }

  override extend(): void {
    if (!this.link.isCut) super.extend();
  }

  override retry(delayMillis: number): void {
    this.settle(() => super.retry(delayMillis));
  }

  override terminate(reason: string): void {
    this.settle(() => super.terminate(reason));
  }

  private settle(settle: () => void): void {
    if (this.link.isCut || this.link.harms('forget')) this.lose(this.ackWaitMillis());
    else settle();
  }
}

class LinkedLetters implements DeadLetterPort {
  constructor(
    private readonly link: Link,
    private readonly letters: DeadLetterPort,
  ) {}

  bury(letter: Parameters<DeadLetterPort['bury']>[0]): Promise<void> {
    return ask(this.link, () => this.letters.bury(letter));
  }
}

class LinkedKv implements KvPort {
  constructor(
    private readonly link: Link,
    private readonly kv: KvPort,
  ) {}

  get(key: string): Promise<KvEntry | undefined> {
    return write(this.link, () => this.kv.get(key), unanswered(key));
  }

  put(...how: Parameters<KvPort['put']>): Promise<number> {
    return write(this.link, () => this.kv.put(...how), unanswered(how[0]));
  }

  delete(...how: Parameters<KvPort['delete']>): Promise<void> {
    return write(this.link, () => this.kv.delete(...how), unanswered(how[0]));
  }

  entries(prefix: string): Promise<KvEntry[]> {
    return write(this.link, () => this.kv.entries(prefix), unanswered(prefix));
  }

  async watch(options: KvWatchOptions): Promise<Running> {
    const { link } = this;
    await link.whole();
    const stream = link.stream();
    const watching = await this.kv.watch({
      prefix: options.prefix,
      onEntry: (entry) => stream.take(() => options.onEntry(entry)),
      onDeleted: (key, revision) => stream.take(() => options.onDeleted(key, revision)),
      onReady: () => stream.take(() => options.onReady()),
      onError: (error) => stream.take(() => options.onError(error)),
    });
    return until(watching, () => stream.close());
  }
}

const unanswered = (key: string) => () => new KvUnavailable(key, 'timeout');

class LinkedBlobs implements BlobPort {
  constructor(
    private readonly link: Link,
    private readonly blobs: BlobPort,
  ) {}

  put(name: string, body: Uint8Array): Promise<void> {
    return this.write(name, () => this.blobs.put(name, body));
  }

  get(name: string): Promise<Uint8Array | undefined> {
    return this.write(name, () => this.blobs.get(name));
  }

  delete(name: string): Promise<void> {
    return this.write(name, () => this.blobs.delete(name));
  }

  names(prefix: string): Promise<string[]> {
    return this.write(prefix, () => this.blobs.names(prefix));
  }

  private write<T>(name: string, act: () => Promise<T>): Promise<T> {
    return write(this.link, act, () => new BlobUnavailable(name, 'timeout'));
  }
}
