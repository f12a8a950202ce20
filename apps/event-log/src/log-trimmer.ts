import { type ClockPort, type LogPort, toError } from '@faultline/hosting';
import { type FloorHolder, type SnapshotIndex, trimFloors } from '@faultline/units';

/** How often the log is asked how full it is, in microseconds. A fast run writes some megabytes in that time. */
const LOOK_EVERY_MICROS = 5_000_000;

export interface LogTrimmerOptions {
  log: Pick<LogPort, 'fill' | 'trim'>;
  snapshots: Pick<SnapshotIndex, 'all'>;
  clock: ClockPort;
  /** Subjects of the log, each with the units that read it; see `readersOfLog`. */
  readers: ReadonlyMap<string, readonly string[]>;
  /** Last sequence of the record that not even a power cut takes. */
  recorded(): Promise<number>;
  /** Share of the log's size limit from which on it is trimmed; from 1 on never. */
  above: number;
  onTrimmed(trimmed: { before: number; after: number }): void;
  /** The log is fuller than it should be, and nothing can be done about it before this reader goes on. */
  onHeld(held: Held): void;
  /** A look that failed; the next one may not. */
  onDelay(error: Error): void;
}

/** Who holds on to the beginning of the log. */
export interface Held extends FloorHolder {
  fill: number;
}

/**
 * Keeps the log from filling up for good (D13): when it is fuller than it should be, what stands in the record, and in the snapshot of
 * every unit that would read it, is removed. Whoever is attached to the log and has not read so far is spared by the log itself.
 */
export class LogTrimmer {
  private cancel: () => void = () => undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;
  private toldOf = '';

  constructor(private readonly options: LogTrimmerOptions) {}

  start(): void {
    if (this.options.above >= 1 || this.stopped) return;
    this.cancel = this.options.clock.after(LOOK_EVERY_MICROS, () => {
      this.looking = this.look()
        .catch((error: unknown) => this.options.onDelay(toError(error)))
        .finally(() => this.start());
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel();
    await this.looking;
  }

  /** Trims what can be, if there is need. */
  async look(): Promise<void> {
    const { log, above, onTrimmed } = this.options;
    const before = await log.fill();
    if (before <= above) return;
    const { floors, held } = await this.floors();
    await log.trim(floors);
    const after = await log.fill();
    if (after < before) onTrimmed({ before, after });
    if (after <= above) this.toldOf = '';
    else this.tellHeld({ ...held, fill: after });
  }

  private tellHeld(held: Held): void {
    // Once is enough, as long as it is the same.
    if (this.toldOf === held.reader) return;
    this.toldOf = held.reader;
    this.options.onHeld(held);
  }

  private async floors(): Promise<{ floors: Map<string, number>; held: FloorHolder }> {
    const { snapshots, readers, recorded } = this.options;
    // In this order: what a snapshot holds was in the log before, and is as likely in the record as it can be.
    const entries = await snapshots.all();
    return trimFloors(entries, readers, await recorded());
  }
}
