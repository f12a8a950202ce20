import type { WindowFigures } from './closed-loop';
import type { Named } from './usage';

export const systemNames = ['faultline', 'metered', 'traced', 'nest', 'skeleton'] as const;
export type SystemName = (typeof systemNames)[number];

/** Faults in flight where a figure is held against what is wanted. */
export const TARGET_OUTSTANDING = 1_024;

/** The real services while somebody watches them, which is measured apart from the others; and while nobody does. */
const watchedNames = ['metered', 'traced'] as const;
export type WatchedName = (typeof watchedNames)[number];
export const observedNames = ['faultline', ...watchedNames] as const;
export type ObservedName = (typeof observedNames)[number];

export function isWatched(name: SystemName): name is WatchedName {
  return (watchedNames as readonly SystemName[]).includes(name);
}

/** What the audit record did in a round; only Faultline keeps one. */
export interface RecordFigures {
  /** Messages not yet in the record when the devices were done. */
  lagAtEndMessages: number;
  /** From then until the record had everything. */
  secondsToCatchUp: number;
}

export interface ClosedWindow {
  figures: WindowFigures;
  record?: RecordFigures;
}

/** One of the systems that are compared, as the measurement drives it: the same steps at the same distances for each. */
export interface System {
  readonly name: SystemName;
  /** How long it runs before its window opens. */
  readonly warmUpMillis: number;
  /** Brings up what a round needs and starts the faults. */
  begin(outstanding: number): Promise<void>;
  /** Faults that end from now on count. */
  open(): Promise<void>;
  /** Ends the window and the faults. The processes still run afterwards, so that their memory can be read. */
  close(): Promise<ClosedWindow>;
  /** Whether what the round did was right, where somebody judges that. After the memory was read: judging takes some. */
  audit?(): Promise<boolean>;
  /** Ends what only this round needed. */
  finish(): Promise<void>;
  /** The processes at work, without the NATS server. */
  processes(): Named[];
  /** Ends everything. */
  dispose(): Promise<void>;
}
