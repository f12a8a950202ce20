import { figureKind, type PointFigures, studyPasses, type StudyResult } from '@faultline/study';
import { differencesOf } from './differences';
import { COLUMN_UNITS, modesOf, parametersOf, pointName, rounded, unitOf } from './names';
import { percentileFigures } from './percentile-figures';
import { plotFigures } from './plot-figures';
import { shapeFigures } from './shape-figure';
import { stageFigures } from './stage-figures';
import type {
  AggregateCell,
  PublishedAgreement,
  StudyOrigin,
  StudyPointRow,
  StudyReportData,
  StudyRunRow,
} from './study-data';

/** Everything that a report of a study shows, as plain data: figures with their numbers, verdicts, all points and all runs. */
export function studyReport(result: StudyResult, origin: StudyOrigin): StudyReportData {
  const { study, plots, verdicts, warnings } = result;
  const points = inOrder(result.points);
  const { program, machine, ...made } = origin;
  const runs = points.flatMap((point) => runRows(point));
  const keys = [...new Set(points.flatMap(({ figures }) => [...figures.keys()]))];
  return {
    format: 'faultline-study/1',
    study: {
      ...made,
      ...{ name: study.name, title: study.title, question: study.question, mode: study.mode },
      ...{ repetitions: study.repetitions, seed: study.seed, window: study.window },
      scenarioFile: typeof study.scenario === 'string' ? study.scenario : null,
      parameters: parametersOf(study, points),
      points: new Set(points.map(({ point }) => point)).size,
      ...{ wanted: result.wanted, made: result.made },
      endedAtMicros: lastEnd(points),
      tookMillis: runs.reduce((sum, { wallMillis }) => sum + wallMillis, 0),
      failed: runs.filter(({ failure }) => failure !== null).length,
      faults: runs.reduce((sum, { figures }) => sum + (figures['faults'] ?? 0), 0),
    },
    ...{ program, machine },
    passes: studyPasses(result),
    agreement: agreementOf(result),
    ...{ verdicts, warnings },
    figures: [
      ...plots.flatMap((plot) => [...plotFigures(study, plot), ...shapeFigures(study, plot)]),
      ...stageFigures(points),
      ...percentileFigures(points),
    ],
    differences: differencesOf(result),
    kinds: Object.fromEntries(
      keys.map((key) => [key, { title: figureKind(key).title, unit: COLUMN_UNITS[unitOf(key)] }]),
    ),
    points: points.map((point) => pointRow(point, points)),
    runs,
    definition: study,
  };
}

/** Live before simulated at each point, as figures have them. */
function inOrder(points: readonly PointFigures[]): PointFigures[] {
  const modes = modesOf(points);
  return [...points].sort(
    (one, other) => one.point - other.point || modes.indexOf(one.mode) - modes.indexOf(other.mode),
  );
}

function lastEnd(points: readonly PointFigures[]): number | null {
  const ends = points.flatMap(({ runs }) => runs.map(({ endedAtMicros }) => endedAtMicros));
  return ends.length === 0 ? null : Math.max(...ends);
}

function agreementOf({ agreement, study: { published } }: StudyResult): PublishedAgreement | null {
  return published && agreement ? { ...agreement, ...published } : null;
}

function pointRow(point: PointFigures, all: readonly PointFigures[]): StudyPointRow {
  return {
    ...{ point: point.point, name: pointName(point.values, all), values: point.values },
    ...{ mode: point.mode, time: point.time, runs: point.runs.length },
    failed: point.runs.filter(({ failure }) => failure !== null).length,
    figures: Object.fromEntries(
      [...point.figures].map(([key, { mean, interval, values }]): [string, AggregateCell] => {
        const of = (value: number | undefined): number | null => rounded(value, unitOf(key));
        const ends = { low: of(interval?.low), high: of(interval?.high) };
        return [key, { mean: of(mean) ?? 0, ...ends, repetitions: values.length }];
      }),
    ),
  };
}

function runRows({ point, values, mode, time, runs }: PointFigures): StudyRunRow[] {
  return runs.map((run) => ({
    ...{ point, values, mode, time, repetition: run.repetition, seed: run.seed, profile: run.profile },
    ...{ timeScale: run.timeScale, wallMillis: run.wallMillis, modelledMicros: run.modelledMicros },
    ...{ auditClean: run.audit.clean, violated: run.audit.violated, failure: run.failure },
    ...{ run: run.live?.run ?? null, deployment: run.live?.deployment ?? null, logHash: run.logHash },
    figures: Object.fromEntries(
      Object.entries(run.figures).map(([key, value]) => [key, rounded(value, unitOf(key))]),
    ),
  }));
}
