import type { ClockPort } from './ports';
import { toError } from './to-error';

/**
 * Sends commands to another service in batches that clock themselves: one request is in flight (or `window` of them), what is
 * pushed meanwhile is the next batch. A failed batch is sent again, unchanged, until it is accepted: receivers recognise what
 * they have seen by its number, so sending twice is safe. With a window of one, order is kept through every failure.
 */
export class BatchLane<Item> {
  private waiting: Item[] = [];
  private inFlight = 0;
  private scheduled = false;
  private closed = false;

  constructor(
    private readonly options: {
      clock: ClockPort;
      /** Most items in one request. */
      maxBatch: number;
      /** Requests that may be in flight at once; 1 unless the order of batches means nothing. */
      window?: number;
      /** Sends one batch; resolves when it was accepted and its replies were dealt with. */
      send(batch: readonly Item[]): Promise<void>;
      /** A batch failed: returns the delay after which it is sent again, or `undefined` to drop it. */
      onError(error: Error, attempt: number): number | undefined;
    },
  ) {}

  push(item: Item): void {
    if (this.closed) return;
    this.waiting.push(item);
    this.wake();
  }

  /** Nothing is sent any more; what waits is dropped. */
  close(): void {
    this.closed = true;
    this.waiting = [];
  }

  private wake(): void {
    // A batch leaves when the current turn of the event loop is over, so that what one message caused travels together.
    if (this.scheduled || this.inFlight >= (this.options.window ?? 1)) return;
    this.scheduled = true;
    this.options.clock.after(0, this.leave);
  }

  private readonly leave = (): void => {
    this.scheduled = false;
    this.launch();
  };

  private launch(): void {
    while (this.waiting.length > 0 && !this.closed && this.inFlight < (this.options.window ?? 1)) {
      const batch =
        this.waiting.length <= this.options.maxBatch
          ? this.waiting
          : this.waiting.slice(0, this.options.maxBatch);
      this.waiting = batch === this.waiting ? [] : this.waiting.slice(batch.length);
      this.inFlight += 1;
      this.send(batch, 1);
    }
  }

  /** Nearly every batch is accepted at once, so that costs one promise more than the sending. */
  private send(batch: readonly Item[], attempt: number): void {
    const failed = (error: unknown): void => this.failed(batch, attempt, toError(error));
    try {
      this.options.send(batch).then(this.done, failed);
    } catch (error) {
      failed(error);
    }
  }

  private failed(batch: readonly Item[], attempt: number, error: Error): void {
    const delayMicros = this.options.onError(error, attempt);
    if (delayMicros === undefined) return this.done();
    this.options.clock.after(delayMicros, () => {
      if (this.closed) this.done();
      else this.send(batch, attempt + 1);
    });
  }

  private readonly done = (): void => {
    this.inFlight -= 1;
    this.launch();
  };
}
