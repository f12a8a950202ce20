import { FAULTLINE_VERSION, type UnitKind } from '@faultline/contracts';
import { toError, type LogTrimmed, UnitOutpaced, type UnitJournal } from '@faultline/hosting';
import type { UnitPorts } from './unit-ports';
import { type SnapshotEntry, SnapshotIndex } from './snapshot-index';
import { weightOf } from './state-weight';

/**
 * Bytes of the last state for which one event more is waited for. To encode a state costs by its size, so a large one is stored less
 * often: what is folded after it then takes about as long as reading it.
 */
const BYTES_PER_EVENT = 64;
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

/** What is the same for every snapshot of a unit. */
export interface SnapshotPlan<HostState, State> {
  unit: string;
  /** Changes with the shape of the state: an older snapshot is thrown away, not migrated. */
  stateVersion: number;
  /** Subjects that the unit writes. */
  subjects: readonly string[];
  capture(state: HostState): State;
  /** Subjects of others that the unit follows, each with the sequence up to which the state holds what came of it. */
  followed?(state: State): readonly (readonly [subject: string, sequence: number])[];
}

/** What a unit host offers to a taker of snapshots. */
interface Checkpointed<State> {
  readonly state: State;
  readonly endedInOrder: boolean;
  checkpoint(look: (state: State) => void): void;
}

/**
 * The log no longer holds the beginning of a unit, and there is no snapshot that this version can use in its place. Nothing was
 * touched.
 */
export class HistoryTrimmed extends Error {
  constructor(
    readonly unit: string,
    /** Version of the Faultline that took the snapshot; undefined when there is none. */
    readonly madeBy: string | undefined,
    reason: string,
    options?: ErrorOptions,
  ) {
    const step =
      madeBy === undefined || madeBy === FAULTLINE_VERSION
        ? 'begin another laboratory; the record of this one is whole'
        : `let Faultline ${madeBy} go on until the run has ended, and start this one with another laboratory`;
    super(`${unit} cannot be recovered: the log was trimmed, and ${reason}: ${step}`, options);
    this.name = 'HistoryTrimmed';
  }
}

/**
 * The snapshots of one unit, in the laboratory's object store, with an index that says which one counts. A snapshot saves folding,
 * and lets the log be trimmed behind it. One that is missing, damaged, or of another version of the state is not used, and the log
 * is folded from its beginning, as long as it is held.
 */
export class Snapshots<HostState, State> {
  private readonly index: SnapshotIndex;
  private since = 0;
  private lastWeight = 0;
  /**
   * How many snapshots this owner took. They are told apart by it and not by where the unit's log stood: one that writes nothing reads
   * on, and each reader whose snapshot says so lets go of more of the log.
   */
  private taken = 0;
  private saving: Promise<void> | undefined;
  /** The entry that counted when this owner looked, and why it was not used. */
  private found: SnapshotEntry | undefined;
  private unused = 'there is no snapshot';

  constructor(
    private readonly ports: UnitPorts,
    private readonly plan: SnapshotPlan<HostState, State>,
  ) {
    this.index = new SnapshotIndex(ports.snapshotIndex);
  }

  /** The last snapshot, if it can be used. Rejects when the index cannot be read. */
  async load(): Promise<Snapshot<State> | undefined> {
    const { ports, plan } = this;
    const { unit } = plan;
    this.found = await this.index.get(unit);
    if (!this.found) return undefined;
    try {
      const blob = await ports.snapshots.get(this.found.blob);
      if (!blob) throw new Error('the object store does not have it');
      const stored = ports.states.decode(blob) as Stored<State>;
      // As large as this the next one will be, about.
      this.lastWeight = weightOf(stored.state);
      if (stored.format === FORMAT && stored.unit === unit && stored.stateVersion === plan.stateVersion)
        return stored;
      this.unused = `its snapshot is of version ${stored.stateVersion} of the state, this Faultline has ${plan.stateVersion}`;
      ports.logger.info(
        { unit, found: stored.stateVersion, expected: plan.stateVersion },
        'snapshot not used',
      );
    } catch (error) {
      this.unused = `its snapshot cannot be read (${toError(error).message})`;
      ports.logger.warn({ unit, err: error }, 'snapshot not readable, the log is folded instead');
    }
    return undefined;
  }

  /** What it means that the log does not hold what follows the snapshot that was loaded. */
  async explain(trimmed: LogTrimmed): Promise<Error> {
    const { unit } = this.plan;
    const now = await this.index.get(unit);
    // Another owner went on, while this one stood still between its snapshot and the log.
    if (now && now.blob !== this.found?.blob) return new UnitOutpaced(unit, { cause: trimmed });
    return new HistoryTrimmed(unit, this.found?.madeBy, this.unused, { cause: trimmed });
  }

  /** Counts events that the next owner would fold, and takes a snapshot when there were enough. */
  count(events: number, host: Checkpointed<HostState>, journal: UnitJournal): void {
    this.since += events;
    const due = Math.max(this.ports.config.snapshotEvents, this.lastWeight / BYTES_PER_EVENT);
    if (this.since < due || this.saving || !this.isReadable) return;
    this.since = 0;
    host.checkpoint((state) => {
      this.saving = this.save(journal, this.plan.capture(state)).finally(() => (this.saving = undefined));
    });
  }

  /** Takes the last one of a unit that is handed over: whoever has it next need fold nothing. */
  async takeLast(host: Checkpointed<HostState>, journal: UnitJournal): Promise<void> {
    await this.saving;
    if (host.endedInOrder && this.isReadable) await this.save(journal, this.plan.capture(host.state));
  }

  /**
   * Whether every instance can use what this one would store. While those of the version before are there, which cannot, nothing is: the
   * log would be trimmed behind it, and they could not take the unit over any more.
   */
  private get isReadable(): boolean {
    const [kind] = this.plan.unit.split('.');
    return this.plan.stateVersion <= this.ports.config.format.states[kind as UnitKind];
  }

  /** The state is encoded before this returns, so that it may change afterwards. */
  private save({ lastSequence: sequence, epoch }: UnitJournal, state: State): Promise<void> {
    const { unit, stateVersion, subjects, followed } = this.plan;
    const stored: Stored<State> = { format: FORMAT, unit, stateVersion, sequence, epoch, state };
    const own = subjects.map((subject) => [subject, sequence] as const);
    const ordinal = ++this.taken;
    const entry: SnapshotEntry = {
      unit,
      blob: `${unit}/${epoch}/${ordinal}`,
      epoch,
      ordinal,
      stateVersion,
      madeBy: FAULTLINE_VERSION,
      read: Object.fromEntries([...own, ...(followed?.(state) ?? [])]),
    };
    this.lastWeight = weightOf(state);
    return this.store(entry, this.ports.states.encode(stored)).catch((error: unknown) => {
      this.ports.logger.warn({ unit, err: error }, 'snapshot not stored, the next one will be');
    });
  }

  /** It counts when the whole of it is stored. Then those before go, and those that an owner left behind that died in between. */
  private async store(entry: SnapshotEntry, body: Uint8Array): Promise<void> {
    const { snapshots } = this.ports;
    await snapshots.put(entry.blob, body);
    const counts = await this.index.advance(entry);
    const useless = counts
      ? (await snapshots.names(`${entry.unit}/`)).filter((name) => isOlder(name, entry))
      : [entry.blob];
    for (const name of useless) await snapshots.delete(name);
  }
}

/** Whether a blob of the same unit was stored before the entry's. */
function isOlder(name: string, { epoch, ordinal }: SnapshotEntry): boolean {
  const [, itsEpoch, itsOrdinal] = name.split('/').map(Number);
  if (itsEpoch === undefined || itsOrdinal === undefined) return false;
  return itsEpoch < epoch || (itsEpoch === epoch && itsOrdinal < ordinal);
}
