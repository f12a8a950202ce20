import type { ChainBreak } from './chain-check';

/** The invariants of the design (architecture, section 8). */
export const INVARIANTS = ['I1', 'I2', 'I3', 'I4', 'I5', 'I6', 'I7', 'I8', 'I9'] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** What each invariant says, for reports. */
export const INVARIANT_TITLES: Readonly<Record<Invariant, string>> = {
  I1: 'every page request ends once, every closed group is answered or discarded exactly once',
  I2: 'no response without a pending group',
  I3: 'stages are in causal order and add up to the end-to-end time',
  I4: 'the log has no gap and its hash chain is whole',
  I5: 'a finished run leaves nothing pending, and every access ended once',
  I6: 'pages are mapped only inside areas and within their permissions, frames are conserved',
  I7: 'no translation is served from a mapping that was invalidated before',
  I8: 'folding the log again gives the same state',
  I9: 'a PASID is reused only after its faults have drained',
};

/** One place where an invariant does not hold. */
export interface Violation {
  invariant: Invariant;
  /** Sequence of the message that shows it; of the last message for what is missing at the end. */
  sequence: number;
  /** What it is about: a group, a request, a frame, an access. */
  identity: string;
  /** What is wrong, in one sentence. */
  sentence: string;
}

/** `not-checked` is never a pass: nothing in this log, or nothing in any log, could have shown a violation. */
export type InvariantStatus = 'passed' | 'failed' | 'not-checked';

export interface InvariantReport {
  invariant: Invariant;
  title: string;
  status: InvariantStatus;
  /** How many things were looked at. */
  checked: number;
  /** How many violations there are; more than are listed when there are many. */
  violated: number;
  violations: Violation[];
  /** What was not looked at, and who does. */
  note?: string;
}

/** Whether the record is whole as a record, whatever its events say. */
export interface ChainReport {
  /** The first break, null when there is none. */
  first: ChainBreak | null;
  /** How many published heads the chain was held against, and the position of the last of them; 0 when there were none. */
  heads: number;
  headsTo: number;
}

/** What an audit found. Plain data, for JSON. */
export interface AuditReport {
  /** No invariant failed. Those not checked are not counted as passed; see their status. */
  clean: boolean;
  messages: number;
  events: number;
  /** 0 when there were no messages. */
  firstSequence: number;
  lastSequence: number;
  /** The reason of `RunEnded`, or `running` when the log does not have it. */
  runEnded: 'finished' | 'stopped' | 'failed' | 'running';
  chain: ChainReport;
  invariants: InvariantReport[];
  /** How many events of each kind there are. */
  eventsByKind: Record<string, number>;
  /** Counts with a cause, as `<what>.<cause>`. */
  counts: Record<string, number>;
  /** Still open when the log ended. */
  pending: { groups: number; requests: number; stalls: number; faults: number };
  /** How long accesses went on; null before one has ended. */
  work: WorkTime | null;
}

/** From the begin of the first workload to the end of the last access, a fault or not. Microseconds since the Unix epoch. */
export interface WorkTime {
  beganAtMicros: number;
  endedAtMicros: number;
}
