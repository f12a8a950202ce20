import {
  type Appended,
  type ClockPort,
  type DeadLetterPort,
  type LanePort,
  type LogAppend,
  type LogMessage,
  type LogPort,
  type Running,
  type WorkMessage,
  type Working,
  type WorkPort,
} from '@faultline/hosting';
import type { WorldPorts } from './world-ports';

/**
 * Whether a process lives: all that reaches it, and all that it does, passes here. One that was killed does nothing more and hears
 * nothing more; one that was stopped (SIGSTOP) does so later, all at once and in order. What it had sent before goes its way.
 */
export class Life {
  private state: 'running' | 'frozen' | 'dead' = 'running';
  private readonly held: (() => void)[] = [];
  private readonly opened: Promise<Running>[] = [];

  get isDead(): boolean {
    return this.state === 'dead';
  }

  get isFrozen(): boolean {
    return this.state === 'frozen';
  }

  /** Its connection goes with it, and so does whatever others had for it. */
  kill(): void {
    this.state = 'dead';
    this.held.length = 0;
    for (const running of this.opened) void running.then((each) => each.stop());
  }

  /** What ends when the process does. */
  opens<T extends Running>(running: Promise<T>): Promise<T> {
    this.opened.push(running);
    return running;
  }

  freeze(): void {
    if (this.state === 'running') this.state = 'frozen';
  }

  /** It goes on, and does first what it missed. */
  thaw(): void {
    if (this.state !== 'frozen') return;
    this.state = 'running';
    // It may be stopped again by what it does.
    while (this.state === 'running' && this.held.length > 0) this.held.shift()?.();
  }

  /** Runs the task if the process runs, and when it does. */
  pass(task: () => void): void {
    if (this.state === 'running' && this.held.length === 0) task();
    else if (this.state !== 'dead') this.held.push(task);
  }

  /** The promise as the process sees it. */
  hear<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.pass(() => resolve(value)),
        (error: Error) => this.pass(() => reject(error)),
      );
    });
  }
}

/** The world as a process with this life sees it. */
export function portsOf<Ports extends WorldPorts>(life: Life, ports: Ports): Ports {
  return {
    ...ports,
    log: new LivingLog(life, ports.log),
    lanes: new LivingLanes(life, ports.lanes),
    work: new LivingWork(life, ports.work),
    deadLetters: new LivingLetters(life, ports.deadLetters),
    clock: new LivingClock(life, ports.clock),
  };
}

const NEVER = new Promise<never>(() => undefined);

class LivingLog implements LogPort {
  constructor(
    private readonly life: Life,
    private readonly log: LogPort,
  ) {}

  append(message: LogAppend): Promise<Appended> {
    return this.life.isDead ? NEVER : this.life.hear(this.log.append(message));
  }

  follow(options: Parameters<LogPort['follow']>[0]): Promise<Running> {
    if (this.life.isDead) return NEVER;
    return this.life.hear(
      this.life.opens(
        this.log.follow({
          ...options,
          onMessage: (message) => this.life.pass(() => options.onMessage(message)),
          onError: (error) => this.life.pass(() => options.onError(error)),
        }),
      ),
    );
  }

  last(subject: string): Promise<LogMessage | undefined> {
    return this.life.hear(this.log.last(subject));
  }

  fill(): Promise<number> {
    return this.life.hear(this.log.fill());
  }

  lastSequence(): Promise<number> {
    return this.life.hear(this.log.lastSequence());
  }

  trim(floors: ReadonlyMap<string, number>): Promise<void> {
    return this.life.hear(this.log.trim(floors));
  }
}

class LivingLanes implements LanePort {
  constructor(
    private readonly life: Life,
    private readonly lanes: LanePort,
  ) {}

  request(...call: Parameters<LanePort['request']>): Promise<Uint8Array> {
    return this.life.isDead ? NEVER : this.life.hear(this.lanes.request(...call));
  }

  /** A server that is stopped is there for the caller all the same: his request gets no answer for now. */
  serve(
    subject: string,
    handler: Parameters<LanePort['serve']>[1],
    onError: (error: Error) => void,
  ): Promise<Running> {
    const { life } = this;
    if (life.isDead) return NEVER;
    const answer = (body: Uint8Array): Promise<Uint8Array> =>
      new Promise((resolve, reject) => {
        life.pass(() => {
          Promise.resolve()
            .then(() => handler(body))
            .then(
              (reply) => life.pass(() => resolve(reply)),
              (error: Error) => life.pass(() => reject(error)),
            );
        });
      });
    return life.hear(
      life.opens(this.lanes.serve(subject, answer, (error) => life.pass(() => onError(error)))),
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
    if (life.isDead) return NEVER;
    return life.opens(
      this.port.work({
        ...options,
        onWork: (message) => life.pass(() => options.onWork(new LivingWorkMessage(life, message))),
        onError: (error) => life.pass(() => options.onError(error)),
      }),
    );
  }
}

class LivingWorkMessage implements WorkMessage {
  readonly subject = this.message.subject;
  readonly sequence = this.message.sequence;
  readonly headers = this.message.headers;
  readonly id = this.message.id;
  readonly body = this.message.body;
  readonly deliveries = this.message.deliveries;

  constructor(
    private readonly life: Life,
    private readonly message: WorkMessage,
  ) {}

  ack(): void {
    if (!this.life.isDead) this.message.ack();
  }

  extend(): void {
    if (!this.life.isDead) this.message.extend();
  }

  retry(delayMillis: number): void {
    if (!this.life.isDead) this.message.retry(delayMillis);
  }

  terminate(reason: string): void {
    if (!this.life.isDead) this.message.terminate(reason);
  }
}

class LivingLetters implements DeadLetterPort {
  constructor(
    private readonly life: Life,
    private readonly letters: DeadLetterPort,
  ) {}

  bury(letter: Parameters<DeadLetterPort['bury']>[0]): Promise<void> {
    return this.life.isDead ? NEVER : this.life.hear(this.letters.bury(letter));
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
