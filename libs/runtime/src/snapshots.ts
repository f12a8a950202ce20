import { deserialize, serialize } from 'node:v8';
import type { UnitJournal } from '@faultline/hosting';
import type { ServicePorts } from './ports';

/** How the blob is framed. Its state has a version of its own. */
const FORMAT = 1;

/** The state of a unit when its log stood at `sequence`. */
export interface Snapshot<State> {
  sequence: number;
  /** Epoch of the owner that took it. */
  epoch: number;
  state: State;
}

interface Stored<State> extends Snapshot<State> {
  format: number;
  unit: string;
  stateVersion: number;
}

/** What a unit host offers to a taker of snapshots. */
interface Checkpointed<State> {
  readonly state: State;
  readonly endedInOrder: boolean;
  checkpoint(look: (state: State) => void): void;
}

/**
 * The snapshots of one unit, in the laboratory's object store. A snapshot saves folding and nothing else: one that is missing,
 * damaged, or of another version of the state is not used, and the log is folded from where the one before, or the beginning, was.
 */
export class Snapshots<State> {
  private since = 0;
  private saving: Promise<void> | undefined;

  constructor(
    private readonly ports: ServicePorts,
    private readonly unit: string,
    /** Changes with the shape of the state: an older snapshot is thrown away, not migrated. */
    private readonly stateVersion: number,
  ) {}

  /** The last snapshot that can be used. */
  async load(): Promise<Snapshot<State> | undefined> {
    const { unit, ports } = this;
    try {
      const blob = await ports.snapshots.get(unit);
      if (!blob) return undefined;
      const stored = deserialize(blob) as Stored<State>;
      const fits =
        stored.format === FORMAT && stored.unit === unit && stored.stateVersion === this.stateVersion;
      if (fits) return stored;
      ports.logger.info(
        { unit, found: stored.stateVersion, expected: this.stateVersion },
        'snapshot not used',
      );
    } catch (error) {
      ports.logger.warn({ unit, err: error }, 'snapshot not readable, the log is folded instead');
    }
    return undefined;
  }

  /** Counts events that reached the log, and takes a snapshot when there were enough. */
  count<HostState>(
    events: number,
    host: Checkpointed<HostState>,
    journal: UnitJournal,
    capture: (state: HostState) => State,
  ): void {
    this.since += events;
    if (this.since < this.ports.config.snapshotEvents || this.saving) return;
    this.since = 0;
    host.checkpoint((state) => {
      this.saving = this.save(journal, capture(state)).finally(() => (this.saving = undefined));
    });
  }

  /** Takes the last one of a unit that is handed over: whoever has it next need fold nothing. */
  async takeLast<HostState>(
    host: Checkpointed<HostState>,
    journal: UnitJournal,
    capture: (state: HostState) => State,
  ): Promise<void> {
    await this.saving;
    if (host.endedInOrder) await this.save(journal, capture(host.state));
  }

  /** The state is encoded before this returns, so that it may change afterwards. */
  private save({ lastSequence: sequence, epoch }: UnitJournal, state: State): Promise<void> {
    const { unit, stateVersion, ports } = this;
    const stored: Stored<State> = { format: FORMAT, unit, stateVersion, sequence, epoch, state };
    return ports.snapshots.put(unit, serialize(stored)).catch((error: unknown) => {
      ports.logger.warn({ unit, err: error }, 'snapshot not stored, the next one will be');
    });
  }
}
