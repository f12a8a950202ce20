import type { FaultError, FaultModel, MemberResolution, Permissions } from '@faultline/domain';

/** How a fault was answered. */
export type FaultCode =
  /** By software, for its group (R87). */
  | 'success'
  | 'invalid'
  | 'failure'
  /** INVALID by software for want of a result (R15): nobody answered in time, the binding was torn down (R95), the device left its
   * queue (R89), or its PASID got another domain (R105). */
  | 'timeout'
  | 'teardown'
  | 'removed'
  | 'replaced'
  /** By the IOMMU itself, because the ring did not take it (R46, R47). */
  | 'auto-success'
  | 'auto-invalid'
  | 'auto-failure'
  /** Not taken by the ring and not answered: the answer to its group's last member settles it (R46). */
  | 'dropped'
  /** Consumed and answered at once, because nobody handles faults of its PASID (R78). */
  | 'refused'
  /** Its partial list or its group was thrown away (R88, R99, R142, D9). */
  | 'discarded'
  /** A stall that was retried without its record ever being written (R39). */
  | 'unrecorded'
  /** Nothing of the above is in the log: its group was truncated (R53), or the log ends before the answer. */
  | 'unanswered';

/** Every code there is; the compiler refuses a list that lacks one. */
const codes: Readonly<Record<FaultCode, true>> = {
  success: true,
  invalid: true,
  failure: true,
  timeout: true,
  teardown: true,
  removed: true,
  replaced: true,
  'auto-success': true,
  'auto-invalid': true,
  'auto-failure': true,
  dropped: true,
  refused: true,
  discarded: true,
  unrecorded: true,
  unanswered: true,
};
export const FAULT_CODES = Object.keys(codes) as readonly FaultCode[];

/**
 * What became of the access after the answer. `retried`: a PRI device asked again and missed; `stalled-again`: the IOMMU's retry
 * missed; `removed`: it was lost with its device, perhaps before any answer.
 */
export type FaultSettlement =
  'completed' | 'invalid' | 'failure' | 'refused' | 'removed' | 'aborted' | 'retried' | 'stalled-again';

/** When each step happened, in microseconds since the Unix epoch; null for a step that this fault did not have. */
export interface FaultInstants {
  /** The device sent it. For a further round of a stall: when the IOMMU's retry missed. */
  sentAtMicros: number;
  /** The IOMMU wrote it to its ring. */
  writtenAtMicros: number | null;
  /** Its group was closed and put on an IOPF queue. */
  queuedAtMicros: number | null;
  /** A worker began with the group; the mm began; the mm was done. */
  startedAtMicros: number | null;
  handlingAtMicros: number | null;
  handledAtMicros: number | null;
  /** The IOMMU sent the response. */
  respondedAtMicros: number | null;
  /** The device saw the response (PRI only). */
  receivedAtMicros: number | null;
  /** The access ended, or missed again. */
  settledAtMicros: number | null;
}

/** Names of the stages, in order. Each ends where the next begins. */
export const STAGES = ['deviceToIommu', 'iommuToQueue', 'queueWait', 'mm', 'response', 'retry'] as const;
export type Stage = (typeof STAGES)[number];

/** Names of the stages for people. */
export const STAGE_NAMES: Readonly<Record<Stage, string>> = {
  deviceToIommu: 'device -> IOMMU',
  iommuToQueue: 'IOMMU -> queue',
  queueWait: 'queue wait',
  mm: 'mm',
  response: 'response',
  retry: 'retry',
};

/**
 * Durations in microseconds. A stage whose end is missing is null, and its time is part of the next stage, so that the stages
 * always add up to the whole exactly. A stage between clocks of two processes may come out slightly negative.
 */
export type StageMicros = Record<Stage, number | null>;

/** Sequences of the messages that hold the fault's events; null for events it did not have. */
export interface FaultSequences {
  /** `PageRequestQueued`, `PageRequestDropped` or `StallRecorded`. */
  written: number | null;
  queued: number | null;
  handled: number | null;
  /** Response, automatic response, refusal or discard. */
  responded: number | null;
  settled: number | null;
}

/** One fault: one page request, or one round of a stall, with everything that happened to it. */
export interface FaultRow {
  /** `<segment>.<segmentEpoch>.<request>`, and `.<round>` for a stall that faulted again. */
  id: string;
  segment: number;
  segmentEpoch: number;
  request: number;
  round: number;
  model: FaultModel;
  iommu: number;
  device: number;
  pasid: number;
  page: number;
  permissions: Permissions;
  /** Number of the access in its device's workload; null while the log has not told it. */
  access: number | null;
  /** `<iommu>.<epoch>.<group>`; null when it never was in a closed group. */
  group: string | null;
  groupId: number;
  queue: string | null;
  code: FaultCode;
  settlement: FaultSettlement | null;
  resolution: MemberResolution | null;
  error: FaultError | null;
  instants: FaultInstants;
  stages: StageMicros;
  /** From sent to settled; null when it never settled. */
  totalMicros: number | null;
  sequences: FaultSequences;
  /** Whether the log shows the fault from its sending to its settling. */
  complete: boolean;
}

/** What is measured of a fault, without what it was about. */
export type FaultMeasures = Pick<
  FaultRow,
  'iommu' | 'device' | 'queue' | 'code' | 'settlement' | 'instants' | 'stages' | 'totalMicros'
>;

/** Fractions of a microsecond that are told apart. A power of two, so that differences and their sums are exact. */
const FRACTIONS = 1024;
const exact = (micros: number): number => Math.round(micros * FRACTIONS) / FRACTIONS;

/** How long a fault took. */
export type Measured = Pick<FaultRow, 'stages' | 'totalMicros'>;

/** Stages and end-to-end time of a fault. */
export function measureStages(instants: FaultInstants, model: FaultModel): Measured {
  const answered =
    model === 'pri' ? (instants.receivedAtMicros ?? instants.respondedAtMicros) : instants.respondedAtMicros;
  const sent = exact(instants.sentAtMicros);
  // Without a loop: it is done for every fault.
  const written = endOf(instants.writtenAtMicros, sent);
  const queued = endOf(instants.queuedAtMicros, written);
  const started = endOf(instants.startedAtMicros, queued);
  const handled = endOf(instants.handledAtMicros, started);
  const responded = endOf(answered, handled);
  const settled = endOf(instants.settledAtMicros, responded);
  return {
    stages: {
      deviceToIommu: instants.writtenAtMicros === null ? null : written - sent,
      iommuToQueue: instants.queuedAtMicros === null ? null : queued - written,
      queueWait: instants.startedAtMicros === null ? null : started - queued,
      mm: instants.handledAtMicros === null ? null : handled - started,
      response: answered === null ? null : responded - handled,
      retry: instants.settledAtMicros === null ? null : settled - responded,
    },
    totalMicros: instants.settledAtMicros === null ? null : settled - sent,
  };
}

/** Where a stage ends; one whose end is missing ends where it begins. */
function endOf(atMicros: number | null, begin: number): number {
  return atMicros === null ? begin : exact(atMicros);
}
