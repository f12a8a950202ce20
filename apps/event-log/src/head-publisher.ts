import { type ChainHead, decodeHead, encodeHead, sameHash } from '@faultline/audit';
import { HEAD_PREFIX, headKey } from '@faultline/contracts';
import { type ClockPort, KvConflict, type KvPort, toError } from '@faultline/hosting';
import { Pause } from './pause';

/**
 * Messages between two published heads. What was recorded after the last head can be rewritten unseen until the next one, so it
 * should be few; a head costs one write of some hundred bytes, and a fast run records some thousand messages a second. A log of
 * 4 GiB gives some ten thousand heads, a tenth of what the bucket holds.
 */
export const PUBLISH_EVERY_MESSAGES = 256;

/** First pause before a head that could not be published is tried again, and the longest, in microseconds. */
const RETRY_MICROS = 250_000;
const LONGEST_RETRY_MICROS = 10_000_000;

/** The record is not the one whose heads were published: it was rewritten, or it is another laboratory's. */
export class HeadDiffers extends Error {
  constructor(readonly position: number) {
    super(
      `the record is not the one that was published: its hash at sequence ${position} is another; it was changed, or belongs to another laboratory`,
    );
    this.name = 'HeadDiffers';
  }
}

export interface HeadPublisherOptions {
  heads: KvPort;
  clock: ClockPort;
  /** The record's hash at a position that is on disk. */
  hashAt(position: number): Promise<Uint8Array | undefined>;
  /** Last sequence on disk. */
  position(): number;
  /** Messages between two heads; {@link PUBLISH_EVERY_MESSAGES} by default. */
  everyMessages?: number;
  /** The bucket did not take a head; the record goes on, and it is tried again. */
  onDelay(error: Error, retryMicros: number): void;
  /** {@link HeadDiffers}, or a record that cannot be read. */
  onFailure(error: Error): void;
}

/**
 * Publishes the head of the record's hash chain beside the record, at positions that depend on nothing but their distance: a process
 * that died after its transaction and before the head was out publishes the same head when it comes back. The record never waits
 * for it.
 */
export class HeadPublisher {
  /** Heads up to here are out. */
  private published = 0;
  private publishing: Promise<void> | undefined;
  private readonly retry: Pause;
  private stopped = false;
  private begun = false;

  constructor(private readonly options: HeadPublisherOptions) {
    this.retry = new Pause(options.clock);
  }

  /**
   * Holds the record against what was published before. Rejects with {@link HeadDiffers}, and with the bucket's own error when it
   * cannot be read.
   */
  async begin(): Promise<void> {
    for (const { value } of await this.options.heads.entries(HEAD_PREFIX))
      await this.compare(decodeHead(value));
    this.begun = true;
    this.recorded();
  }

  /** More is on disk. */
  recorded(): void {
    if (!this.begun || this.stopped || this.publishing || !this.isDue()) return;
    this.publishing = this.publishDue().then(
      () => {
        this.publishing = undefined;
        // What was recorded while the last of the due ones was on its way is told nowhere else.
        this.recorded();
      },
      (error: unknown) => this.options.onFailure(toError(error)),
    );
  }

  /** Publishes the head of all that is on disk, trying for so long, or until it is stopped. Rejects when the bucket does not take it. */
  async publishLast(patienceMicros: number): Promise<void> {
    const { clock, position } = this.options;
    const deadline = clock.nowMicros() + patienceMicros;
    for (;;) {
      try {
        await this.publishDueOnce();
        const last = position();
        if (last > this.published) await this.publish(last);
        return;
      } catch (error) {
        if (error instanceof HeadDiffers || this.stopped || clock.nowMicros() >= deadline) throw error;
        await this.retry.wait(RETRY_MICROS);
      }
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.retry.cut();
    await this.publishing;
  }

  private async publishDue(): Promise<void> {
    for (let retryMicros = RETRY_MICROS; !this.stopped;) {
      try {
        return await this.publishDueOnce();
      } catch (thrown) {
        const error = toError(thrown);
        if (error instanceof HeadDiffers) throw error;
        if (this.stopped) return;
        this.options.onDelay(error, retryMicros);
        await this.retry.wait(retryMicros);
        retryMicros = Math.min(2 * retryMicros, LONGEST_RETRY_MICROS);
      }
    }
  }

  private async publishDueOnce(): Promise<void> {
    while (this.isDue()) await this.publish(this.nextPosition());
  }

  private isDue(): boolean {
    return this.nextPosition() <= this.options.position();
  }

  private nextPosition(): number {
    const every = this.options.everyMessages ?? PUBLISH_EVERY_MESSAGES;
    return (Math.floor(this.published / every) + 1) * every;
  }

  private async publish(position: number): Promise<void> {
    const { heads, hashAt } = this.options;
    const hash = await hashAt(position);
    if (!hash) throw new HeadDiffers(position);
    try {
      await heads.put(headKey(position), encodeHead({ position, hash }), 0);
    } catch (error) {
      if (!(error instanceof KvConflict)) throw error;
      // It is out already: another process of this record was faster, or an acknowledgement was lost.
      const entry = await heads.get(headKey(position));
      if (entry) await this.compare(decodeHead(entry.value));
    }
    this.published = Math.max(this.published, position);
  }

  private async compare({ position, hash }: ChainHead): Promise<void> {
    // A record that lost its last transactions with the power reads them again from the log, and compares when it is there.
    if (position > this.options.position()) return;
    const own = await this.options.hashAt(position);
    if (!own || !sameHash(own, hash)) throw new HeadDiffers(position);
    this.published = Math.max(this.published, position);
  }
}
