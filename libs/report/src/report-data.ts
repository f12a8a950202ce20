import type { AuditReport, Stage } from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import type { LatencySummary } from '@faultline/stats';
import type { Figure, Table } from './figure';
import type { MachineUse } from './machine-use';
import type { Topology } from './topology';

/** The machine a run was made on, as far as it is known. */
export interface MachineFacts {
  cpu: string;
  cores: number;
  memoryBytes: number;
  os: string;
  /** Version of Node.js. */
  node: string;
}

/** Counts of a whole run. */
export type TotalId =
  | 'accesses'
  | 'pageRequests'
  | 'groups'
  | 'responses'
  | 'automaticAnswers'
  | 'overflows'
  | 'dropped'
  | 'retries'
  | 'invalidations'
  | 'teardowns'
  | 'deviceResets'
  | 'refusedFaults'
  | 'ownerChanges'
  | 'deadLetters'
  | 'repairedQueues';

/** A count of the whole run. A line that belongs to the one before has no identity, and `what` is empty. */
export interface TotalRow {
  id: TotalId | null;
  what: string;
  count: number | null;
  detail: string;
}

/** How long a stage took, in wall time. */
export interface LatencyRow {
  id: Stage | 'endToEnd';
  name: string;
  summary: LatencySummary;
}

/** One of the slowest faults, and the command that shows all of it. */
export interface SlowFault {
  id: string;
  device: string;
  pasid: string;
  page: string;
  code: string;
  /** From sent to settled, wall time. */
  totalMicros: number;
  /** The stage that took longest, and how long. */
  longest: { stage: string; micros: number } | null;
  command: string;
}

/** Everything a report of a run shows; this is what `report.json` holds. Times are wall time where nothing else is said. */
export interface RunReportData {
  format: 'faultline-report/2';
  run: {
    id: string;
    scenario: string;
    profile: string | null;
    seed: number | null;
    /** Wall microseconds of one model microsecond. */
    timeScale: number | null;
    /** `running`: the log does not have the run's end. */
    end: AuditReport['runEnded'];
    /** Everything under way when the devices stopped came to its end; null when nobody said. */
    drained: boolean | null;
    /** Since the Unix epoch; null when the log does not tell. */
    startedAtMicros: number | null;
    lengthMicros: number | null;
  };
  /** The program that made the run; null when it left no word. */
  program: { version: string; commit: string | null } | null;
  machine: MachineFacts | null;
  log: { messages: number; bytes: number; durability: string | null };
  /** `atEnd`: when the run ended; otherwise for this report, from the kept log. */
  audit: { atEnd: boolean; report: AuditReport };
  /** Page requests and stalls, every round counted; how many settled, and how fast. */
  faults: { sent: number; settled: number; activeMicros: number; settledPerSecond: number };
  totals: TotalRow[];
  latency: LatencyRow[];
  figures: Figure[];
  devices: Table;
  /** Null where no software of the machine under study is modelled, or the run left no summary. */
  use: MachineUse | null;
  slowest: SlowFault[];
  topology: Topology | null;
  /** As it was run; null when the folder was copied without it. */
  scenario: ResolvedScenario | null;
}
