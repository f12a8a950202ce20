import type { LatencySummary } from '@faultline/stats';
import type { RunReportData, TotalId } from '../report-data';

/** A figure of one run by which it is compared with others. */
export interface RunFigure {
  /** What it is, the same in every version: `none.counts.retries`, `wall.stage-p99.mm`. */
  id: string;
  /** `end-to-end`: throughput too. */
  part: 'counts' | 'responses' | 'end-to-end' | 'stage-mean' | 'stage-p99';
  /** What it is called. */
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
/** Totals of a report by which runs are compared, in their order, and what they are called beside each other. */
const TOTALS: readonly [TotalId, string][] = [
  ['overflows', 'overflows'],
  ['dropped', 'dropped'],
  ['retries', 'retries'],
  ['ownerChanges', 'takeovers'],
];

/** The figures of a run, the same ones in the same order for every run. */
export function figuresToCompare(data: RunReportData): RunFigure[] {
  return [...countFigures(data), ...timeFigures(data, 'wall', 1), ...modelFigures(data)];
}

function countFigures(data: RunReportData): RunFigure[] {
  const { audit, faults } = data;
  const count = (part: RunFigure['part'], key: string, name: string, value: number | null): RunFigure => ({
    ...{ id: `none.${part}.${key}`, part, name, value },
    ...{ time: 'none', unit: 'count' },
  });
  return [
    count('counts', 'faults', 'faults', faults.sent),
    ...TOTALS.map(([id, name]) => count('counts', id, name, totalOf(data, id))),
    ...CODES.map(([code, name]) =>
      count('responses', code, name, audit.report.counts[`groupResponded.${code}`] ?? 0),
    ),
    count('responses', 'automatic', 'automatic', totalOf(data, 'automaticAnswers')),
  ];
}

/** A count of the whole run; null when the report does not have it. */
export function totalOf({ totals }: RunReportData, id: TotalId): number | null {
  return totals.find((total) => total.id === id)?.count ?? null;
}

function modelFigures(data: RunReportData): RunFigure[] {
  const { timeScale } = data.run;
  if (timeScale !== null) return timeFigures(data, 'model', timeScale);
  return timeFigures(data, 'model', 1).map((figure) => ({ ...figure, value: null }));
}

/** Throughput and latencies; `scale` microseconds of wall time are one of the time that is asked for. */
function timeFigures({ faults, latency }: RunReportData, time: 'wall' | 'model', scale: number): RunFigure[] {
  const figure = (
    part: RunFigure['part'],
    key: string,
    name: string,
    unit: RunFigure['unit'],
    value: number | null,
  ): RunFigure => ({ id: `${time}.${part}.${key}`, part, name, time, unit, value });
  const micros = (
    part: RunFigure['part'],
    key: string,
    name: string,
    { count }: LatencySummary,
    value: number,
  ) => figure(part, key, name, 'micros', count === 0 ? null : value / scale);
  const stages = latency.filter(({ id }) => id !== 'endToEnd');
  const whole = latency
    .filter(({ id }) => id === 'endToEnd')
    .flatMap(({ name, summary }) => [
      micros('end-to-end', 'mean', `${name} mean`, summary, summary.meanMicros),
      micros('end-to-end', 'p50', `${name} p50`, summary, summary.p50Micros),
      micros('end-to-end', 'p99', `${name} p99`, summary, summary.p99Micros),
    ]);
  const throughput = faults.settled === 0 ? null : faults.settledPerSecond * scale;
  return [
    figure('end-to-end', 'throughput', 'throughput', 'per-second', throughput),
    ...whole,
    ...stages.map(({ id, name, summary }) => micros('stage-mean', id, name, summary, summary.meanMicros)),
    ...stages.map(({ id, name, summary }) => micros('stage-p99', id, name, summary, summary.p99Micros)),
  ];
}
