import { type ClockPort, type LogMessage, type LogPort, type Running, toError } from '@faultline/hosting';
import type { PathTracer, ReceivedSpan } from '@faultline/units';
import { RecordAhead, RecordNotWritable, type RecordWriter } from '@faultline/record';
import { Backlog, BACKLOG_LIMITS, type BacklogLimits } from './backlog';
import { Pause } from './pause';

/** First pause before a batch that could not be written is tried again, and the longest, in microseconds. */
const RETRY_MICROS = 250_000;
const LONGEST_RETRY_MICROS = 10_000_000;
/** Pauses in a row after which the disk is taken for full for good: the service fails and says so. The log keeps everything. */
const RETRIES = 8;

/**
 * A transaction costs about the same for one message as for a hundred, and nobody waits for the record: so one begins when this many
 * messages wait, or this time after the first of them, in microseconds. Without it the record took more of the processor than any
 * other service.
 */
const WHOLE_BATCH = 256;
const LINGER_MICROS = 100_000;

export interface IntakeOptions {
  log: LogPort;
  writer: Pick<RecordWriter, 'append' | 'path' | 'position'>;
  clock: ClockPort;
  /** Subject of everything in the log. */
  subject: string;
  limits?: BacklogLimits;
  /** Absent where nobody asks for traces. */
  tracer?: Pick<PathTracer, 'reads'>;
  /** More is on disk. */
  onRecorded?(): void;
  /** The disk does not take the batch; it is kept and tried again. */
  onDelay(error: RecordNotWritable, retryMicros: number): void;
  /** The record cannot go on: a gap, another writer, a log that cannot be read. */
  onFailure(error: Error): void;
}

/**
 * Copies the log into the record: one transaction in flight, what arrives meanwhile is the next one.
 *
 * Memory is bounded without help of the log port: when the backlog is full the following is stopped, later messages are not
 * taken, and it begins again after the last one taken when the backlog has been written. The log keeps them meanwhile.
 */
export class RecordIntake {
  private readonly backlog: Backlog;
  private following: Promise<Running> | undefined;
  private writing: Promise<void> | undefined;
  private waiters: { sequence: number; resolve: () => void; reject: (error: Error) => void }[] = [];
  private readonly retry: Pause;
  /** Of messages that tell of traced faults and are not on disk yet, in their order. */
  private traced: { sequence: number; span: ReceivedSpan }[] = [];
  /** Last sequence taken from the log. */
  private taken: number;
  private failure: Error | undefined;
  private stopped = false;
  private isPaused = false;
  private pauseCount = 0;

  constructor(private readonly options: IntakeOptions) {
    this.retry = new Pause(options.clock);
    this.backlog = new Backlog(options.limits ?? BACKLOG_LIMITS);
    this.taken = options.writer.position;
  }

  /** Last sequence on disk. */
  get position(): number {
    return this.options.writer.position;
  }

  /** How often the following was stopped because the disk was behind. */
  get pauses(): number {
    return this.pauseCount;
  }

  /** Begins after the last message on disk. Rejects when the log cannot be read, and with `RecordAhead` when it ends before that. */
  async start(): Promise<void> {
    const { log, writer } = this.options;
    const logEnd = await log.lastSequence();
    // Followed from beyond its end, a log gives nothing of what it writes there a second time.
    if (logEnd < writer.position) throw new RecordAhead(writer.path, writer.position, logEnd);
    await this.follow();
  }

  /** Resolves when the message with this sequence is on disk; rejects when that will not be. */
  recorded(sequence: number): Promise<void> {
    if (this.position >= sequence) return Promise.resolve();
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => this.waiters.push({ sequence, resolve, reject }));
  }

  /** Takes nothing more, writes what was taken, and returns. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.unfollow();
    this.retry.cut();
    await this.writing;
  }

  private async follow(): Promise<void> {
    const { log, subject } = this.options;
    this.following = log.follow({
      subject,
      fromSequence: this.taken + 1,
      onMessage: (message) => this.take(message),
      onError: (error) => this.fail(error),
    });
    await this.following;
  }

  private async unfollow(): Promise<void> {
    const following = this.following;
    this.following = undefined;
    // One that did not begin was told of where it was to begin.
    const running = await following?.catch(() => undefined);
    await running?.stop();
  }

  private take(message: LogMessage): void {
    // A following that is being stopped may still deliver; what it delivers comes again.
    if (this.isPaused || message.sequence <= this.taken || this.failure || this.stopped) return;
    this.taken = message.sequence;
    this.backlog.add(message);
    const span = this.options.tracer?.reads(message);
    if (span) this.traced.push({ sequence: message.sequence, span });
    if (this.backlog.isFull) this.pause();
    this.writing ??= this.write();
  }

  private pause(): void {
    this.isPaused = true;
    this.pauseCount += 1;
    this.unfollow().catch((error: unknown) => this.fail(error));
  }

  private resume(): Promise<void> {
    this.isPaused = false;
    return this.follow();
  }

  private async write(): Promise<void> {
    try {
      while (this.backlog.size > 0) {
        if (this.backlog.size < WHOLE_BATCH && !this.stopped) await this.retry.wait(LINGER_MICROS);
        await this.writeBatch(this.backlog.take());
        this.settle();
        if (this.isPaused && !this.backlog.isFull && !this.stopped) await this.resume();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.writing = undefined;
    }
  }

  /** The batch is kept until the disk takes it; nothing after it may be written before. */
  private async writeBatch(batch: readonly LogMessage[]): Promise<void> {
    let retryMicros = RETRY_MICROS;
    for (let retries = 0; ; retries += 1, retryMicros = Math.min(2 * retryMicros, LONGEST_RETRY_MICROS)) {
      try {
        await this.options.writer.append(batch);
        return;
      } catch (error) {
        if (!(error instanceof RecordNotWritable) || this.stopped || retries === RETRIES) throw error;
        this.options.onDelay(error, retryMicros);
        await this.retry.wait(retryMicros);
      }
    }
  }

  private settle(): void {
    const { position } = this;
    if (this.traced.length > 0) this.endTraced(position);
    const done = this.waiters.filter(({ sequence }) => sequence <= position);
    this.waiters = this.waiters.filter(({ sequence }) => sequence > position);
    for (const { resolve } of done) resolve();
    this.options.onRecorded?.();
  }

  private endTraced(position: number): void {
    const open = this.traced.findIndex(({ sequence }) => sequence > position);
    for (const { span } of this.traced.splice(0, open === -1 ? this.traced.length : open)) span.done();
  }

  private fail(thrown: unknown): void {
    if (this.failure) return;
    const failure = toError(thrown);
    this.failure = failure;
    for (const { reject } of this.waiters.splice(0)) reject(failure);
    this.options.onFailure(failure);
  }
}
