import type { LatencySummary } from '@faultline/stats';
import type { RunReportData } from '../report-data';

/** A figure of one run by which it is compared with others. */
export interface RunFigure {
  /** `end-to-end`: throughput too. */
  part: 'counts' | 'responses' | 'end-to-end' | 'stage-mean' | 'stage-p99';
  name: string;
  /** Whose time it is: counts have none. */
  time: 'none' | 'wall' | 'model';
  unit: 'count' | 'per-second' | 'micros';
  /** Null for what the run does not tell: no fault settled, or its time scale is not known. */
  value: number | null;
}

/** How a group may be answered, as the audit counts it, and what that is called. */
const CODES: readonly [string, string][] = [
  ['success', 'SUCCESS'],
  ['invalid', 'INVALID'],
  ['failure', 'FAILURE'],
  ['timeout', 'timeout'],
  ['teardown', 'teardown'],
  ['removed', 'removal'],
  ['replaced', 'other domain'],
];
/** Totals of a report by which runs are compared, in their order. */
const TOTALS = ['overflows', 'dropped', 'retries'] as const;

/** The figures of a run, the same ones in the same order for every run. */
export function figuresToCompare(data: RunReportData): RunFigure[] {
  return [...countFigures(data), ...timeFigures(data, 'wall', 1), ...modelFigures(data)];
}

function countFigures(data: RunReportData): RunFigure[] {
  const { audit, faults } = data;
  const count = (part: RunFigure['part'], name: string, value: number | null): RunFigure => ({
    ...{ part, name, value },
    ...{ time: 'none', unit: 'count' },
  });
  return [
    count('counts', 'faults', faults.sent),
    ...TOTALS.map((name) => count('counts', name, totalOf(data, name))),
    count('counts', 'takeovers', totalOf(data, 'changes of owner')),
    ...CODES.map(([code, name]) =>
      count('responses', name, audit.report.counts[`groupResponded.${code}`] ?? 0),
    ),
    count('responses', 'automatic', totalOf(data, 'automatic answers')),
  ];
}

/** A count of the whole run by its name; null when the report does not have it. */
export function totalOf({ totals }: RunReportData, name: string): number | null {
  return totals.find(({ what }) => what === name)?.count ?? null;
}

function modelFigures(data: RunReportData): RunFigure[] {
  const { timeScale } = data.run;
  if (timeScale !== null) return timeFigures(data, 'model', timeScale);
  return timeFigures(data, 'model', 1).map((figure) => ({ ...figure, value: null }));
}

/** Throughput and latencies; `scale` microseconds of wall time are one of the time that is asked for. */
function timeFigures({ faults, latency }: RunReportData, time: 'wall' | 'model', scale: number): RunFigure[] {
  const micros = (
    part: RunFigure['part'],
    name: string,
    { count }: LatencySummary,
    value: number,
  ): RunFigure => ({
    ...{ part, name, time },
    ...{ unit: 'micros', value: count === 0 ? null : value / scale },
  });
  const stages = latency.slice(0, -1);
  const whole = latency
    .slice(-1)
    .flatMap(({ summary }) => [
      micros('end-to-end', 'end to end mean', summary, summary.meanMicros),
      micros('end-to-end', 'end to end p50', summary, summary.p50Micros),
      micros('end-to-end', 'end to end p99', summary, summary.p99Micros),
    ]);
  const throughput = faults.settled === 0 ? null : faults.settledPerSecond * scale;
  return [
    { part: 'end-to-end', name: 'throughput', time, unit: 'per-second', value: throughput },
    ...whole,
    ...stages.map(({ name, summary }) => micros('stage-mean', name, summary, summary.meanMicros)),
    ...stages.map(({ name, summary }) => micros('stage-p99', name, summary, summary.p99Micros)),
  ];
}
