import { type ClockPort, type KvPort, type KvWatchOptions, type Running } from '../ports';
import { toError } from '../to-error';

/** Pause before a watch that ended is begun again. */
const REWATCH_MICROS = 200_000;

/** What a kept watch tells; it ends only when it is stopped. */
export interface KeptWatchOptions extends Omit<KvWatchOptions, 'onError'> {
  /** The watch ended and will be begun again: what was told before may not hold any more, and all of it is told anew. */
  onLost(error: Error): void;
}

/** A watch on a bucket that is begun again whenever it ends or cannot begin. */
export class KeptWatch {
  private watching: Promise<Running> | undefined;
  private cancel: () => void = () => undefined;
  private stopped = false;

  constructor(
    private readonly kv: KvPort,
    private readonly clock: ClockPort,
    private readonly options: KeptWatchOptions,
  ) {}

  start(): void {
    if (this.stopped) return;
    const again = (error: Error): void => {
      this.options.onLost(error);
      this.cancel = this.clock.after(REWATCH_MICROS, () => this.start());
    };
    const { prefix, onEntry, onDeleted, onReady } = this.options;
    this.watching = this.kv.watch({ prefix, onEntry, onDeleted, onReady, onError: again });
    this.watching.catch((error: unknown) => again(toError(error)));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    // A watch that could not begin is none.
    await this.watching?.then((watching) => watching.stop()).catch(() => undefined);
  }
}
