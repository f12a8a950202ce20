import {
  type AuditReport,
  Auditor,
  type FaultRow,
  type ScenarioTotals,
  type Stage,
  STAGES,
} from '@faultline/audit';
import type { LogEvent } from '@faultline/contracts';
import { type LatencySummary, perSecond, StageHistograms } from '@faultline/stats';
import type { RecordReader } from './record-reader';
import { sha256 } from './record-writer';

/** What a run amounts to. Plain data for JSON; units are in the names. */
export interface RunSummary {
  /** Name of the run, or null when the log does not tell. */
  run: string | null;
  messages: number;
  bytes: number;
  events: number;
  /** Page requests and stalls that were sent, every round counted. */
  pageRequests: number;
  groups: number;
  /** Faults by how they were answered, automatic responses included. */
  faultsByCode: Record<string, number>;
  /** Faults that never settled: open at the end, or forgotten by a reset. */
  incompleteFaults: number;
  overflows: number;
  /** Page requests that the ring did not take, and partial groups thrown away after an overflow, a removal or a reset. */
  pageRequestsDropped: number;
  partialsDiscarded: number;
  /** Accesses that missed again after a response: PRI devices that asked again, and stalls that stalled again. */
  retries: number;
  /** Page table entries that were taken away, each with its invalidation. */
  pagesRemoved: number;
  /** `removed`: lost with their device or its reset; `withdrawn`: never issued, because their PASID was stopped or their device gone. */
  accesses: { completed: number; aborted: number; hit: number; removed: number; withdrawn: number };
  active: {
    firstSentAtMicros: number;
    lastSettledAtMicros: number;
    durationMicros: number;
    faultsPerSecond: number;
  };
  latency: { endToEnd: LatencySummary } & Record<Stage, LatencySummary>;
  audit: AuditReport;
}

/** What is gathered of the faults. */
class FaultFigures {
  readonly times = new StageHistograms(STAGES);
  readonly byCode: Record<string, number> = {};
  settled = 0;
  incomplete = 0;
  retries = 0;
  firstSentAtMicros = Infinity;
  lastSettledAtMicros = 0;

  take(row: FaultRow): void {
    this.byCode[row.code] = (this.byCode[row.code] ?? 0) + 1;
    if (row.settlement === 'retried' || row.settlement === 'stalled-again') this.retries += 1;
    this.firstSentAtMicros = Math.min(this.firstSentAtMicros, row.instants.sentAtMicros);
    if (row.totalMicros === null) {
      this.incomplete += 1;
      return;
    }
    this.settled += 1;
    this.lastSettledAtMicros = Math.max(this.lastSettledAtMicros, row.instants.settledAtMicros ?? 0);
    this.times.record(row);
  }

  get active(): RunSummary['active'] {
    if (this.settled === 0)
      return { firstSentAtMicros: 0, lastSettledAtMicros: 0, durationMicros: 0, faultsPerSecond: 0 };
    const { firstSentAtMicros, lastSettledAtMicros } = this;
    const durationMicros = lastSettledAtMicros - firstSentAtMicros;
    return {
      firstSentAtMicros,
      lastSettledAtMicros,
      durationMicros,
      faultsPerSecond: perSecond(this.settled, durationMicros),
    };
  }
}

/**
 * Reads a record once and says what the run amounts to: figures, latencies of every stage, and the audit of the invariants. Memory
 * is bounded by what is open in the run, not by its length. Throws `RecordUnreadable`.
 */
export async function summarise(reader: RecordReader, totals?: ScenarioTotals): Promise<RunSummary> {
  const figures = new FaultFigures();
  let run: string | null = null;
  const onEvents = (events: readonly LogEvent[]): void => {
    for (const event of events) if (event.kind === 'ScenarioLoaded') run = event.run;
  };
  const end = await reader.head();
  const auditor = new Auditor({ sha256, totals, end, onFault: (row) => figures.take(row), onEvents });
  let bytes = 0;
  for await (const page of reader.pages({ to: end.position })) {
    for (const { message, hash } of page) {
      bytes += message.body.length;
      auditor.observe(message, hash);
    }
  }
  const audit = auditor.verdict();
  const kinds = (...names: string[]): number =>
    names.reduce((sum, name) => sum + (audit.eventsByKind[name] ?? 0), 0);
  const counts = (...names: string[]): number =>
    names.reduce((sum, name) => sum + (audit.counts[name] ?? 0), 0);
  const requests = Object.values(figures.byCode).reduce((sum, count) => sum + count, 0);
  return {
    run,
    messages: audit.messages,
    bytes,
    events: audit.events,
    pageRequests: requests + audit.pending.faults,
    groups: kinds('GroupQueued'),
    faultsByCode: figures.byCode,
    incompleteFaults: figures.incomplete + audit.pending.faults,
    overflows: kinds('RingOverflowSet'),
    pageRequestsDropped: kinds('PageRequestDropped'),
    partialsDiscarded: counts('partials'),
    retries: figures.retries,
    pagesRemoved: kinds('PageRemoved'),
    accesses: {
      completed: counts('accessEnded.completed'),
      aborted: counts('accessEnded.invalid', 'accessEnded.failure', 'accessEnded.refused'),
      hit: counts('accessesHit.atc', 'accessesHit.translated'),
      removed: counts('accessEnded.removed'),
      withdrawn: counts('accessesWithdrawn'),
    },
    active: figures.active,
    latency: figures.times.summaries(),
    audit,
  };
}
