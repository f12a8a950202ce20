import type { Format, Subjects } from '@faultline/contracts';
import type {
  BlobPort,
  ClockPort,
  DeadLetter,
  KvPort,
  LanePort,
  LogPort,
  WorkPort,
} from '@faultline/hosting';
import type { PathMeter } from './path-meter';
import type { PathTracer } from './path-tracer';

/** What a unit, or a worker, is told about the process it runs in. */
export interface UnitConfig {
  /** Name of the process. */
  readonly instance: string;
  /** Names this process among all that ever had the name. */
  readonly session: string;
  /** Events of a unit from one snapshot to the next. */
  readonly snapshotEvents: number;
  /** What is written, so that other processes can read it. */
  readonly format: Format;
}

/** Where units tell what an operator may want to know: a fact a line, with its fields. */
export interface UnitLogger {
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Turns the state of a unit into bytes and back: plain data with Maps, Sets and typed arrays in it. */
export interface StateCodec {
  encode(state: unknown): Uint8Array;
  /** Throws for bytes that are none of its own. */
  decode(bytes: Uint8Array): unknown;
}

/** Everything the units of the path, and its workers, need from the world. */
export interface UnitPorts {
  readonly config: UnitConfig;
  readonly logger: UnitLogger;
  readonly subjects: Subjects;
  readonly log: LogPort;
  readonly work: WorkPort;
  readonly lanes: LanePort;
  readonly snapshots: BlobPort;
  /** Which snapshot of each unit counts. */
  readonly snapshotIndex: KvPort;
  readonly states: StateCodec;
  readonly clock: ClockPort;
  /** Absent where nobody asks for metrics. */
  readonly meter?: PathMeter;
  /** Absent where nobody asks for traces. */
  readonly tracer?: PathTracer;
  /** The process cannot go on: it says why in one line, tells the laboratory, and ends. */
  fail(error: Error): void;
  /**
   * A message could not be decoded or does not belong here: counted, kept with its reason, and the unit goes on. Resolves when the
   * letter is stored, or lost and told of.
   */
  bury(letter: Omit<DeadLetter, 'reason'>, cause: Error): Promise<void>;
}
