import { readersOfLog, type ResolvedScenario, type Subjects } from '@faultline/contracts';
import type { KvPort, LogMessage, MemoryLog } from '@faultline/hosting';
import { SnapshotIndex, trimFloors } from '@faultline/units';

/** Messages from one look at the snapshots to the next. */
const LOOK_EVERY = 1_024;

export interface LogMemoryOptions {
  log: MemoryLog;
  snapshotIndex: KvPort;
  scenario: ResolvedScenario;
  subjects: Subjects;
  /** Whether anything fails, so that one process may take over from another. */
  mayTakeOver: boolean;
}

/**
 * Forgets the log as it is read (D13): what a next owner of any unit would read stays. Where processes end, that is what is in no
 * snapshot; where none does, units stay where they are, and nobody reads the log from before.
 */
export class LogMemory {
  private readonly index: SnapshotIndex;
  private readonly readers: ReadonlyMap<string, readonly string[]>;
  private since = 0;
  private begun = false;
  /** Whether there is a snapshot that was not there at the last look. */
  private isNewer = false;

  constructor(private readonly options: LogMemoryOptions) {
    this.index = new SnapshotIndex(options.snapshotIndex);
    this.readers = readersOfLog(options.scenario, options.subjects);
  }

  /** Every unit has its owner: from now on the log is forgotten. */
  async begin(): Promise<void> {
    const newer = (): void => void (this.isNewer = true);
    const nothing = (): void => undefined;
    const { snapshotIndex } = this.options;
    await snapshotIndex.watch({
      ...{ prefix: '', onEntry: newer, onDeleted: nothing, onReady: nothing },
      onError: (error) => {
        throw error;
      },
    });
    this.begun = true;
  }

  /** The message was stored. */
  stored({ subject, sequence }: LogMessage): void {
    if (!this.begun) return;
    // At once: what is held for a while longer is copied by the garbage collector first.
    if (!this.options.mayTakeOver) {
      if (this.readers.has(subject)) this.options.log.trimSubject(subject, sequence);
      return;
    }
    this.since += 1;
    if (this.since < LOOK_EVERY) return;
    this.since = 0;
    if (this.isNewer) void this.forgetSnapshots(sequence);
  }

  private async forgetSnapshots(sequence: number): Promise<void> {
    this.isNewer = false;
    const { floors } = trimFloors(await this.index.all(), this.readers, sequence);
    await this.options.log.trim(floors);
  }
}
