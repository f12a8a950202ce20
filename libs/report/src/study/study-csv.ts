import { csvOf } from '../csv';
import type { Cell } from '../figure';
import { deploymentWords } from './names';
import type { StudyReportData } from './study-data';

/** A row for each run of each point: its parameters, how it was made, and all its figures. */
export function studyCsv({ study, runs, kinds }: StudyReportData): string {
  const parameters = study.parameters.map(({ name }) => name);
  const figures = [...new Set([...Object.keys(kinds), ...runs.flatMap((run) => Object.keys(run.figures))])];
  const head = [
    ...['point', ...parameters.map((name) => `parameter ${name}`), 'mode', 'time', 'repetition', 'seed'],
    ...['profile', 'timeScale', 'wallMillis', 'modelledMicros', 'auditClean', 'violated', 'failure'],
    ...['run', 'deployment', 'logHash'],
    ...figures,
  ];
  const rows = runs.map((run): Cell[] => [
    ...[run.point, ...parameters.map((name) => cellOf(run.values[name])), run.mode, run.time],
    ...[run.repetition, run.seed, run.profile, run.timeScale, run.wallMillis, run.modelledMicros],
    ...[String(run.auditClean), run.violated.join(' '), run.failure],
    ...[run.run, run.deployment && deploymentWords(run.deployment), run.logHash],
    ...figures.map((figure) => run.figures[figure] ?? null),
  ]);
  return csvOf([head, ...rows]);
}

const cellOf = (value: number | string | boolean | undefined): Cell =>
  value === undefined ? null : typeof value === 'boolean' ? String(value) : value;
