import {
  figureKind,
  type FigureUnit,
  parametersIn,
  type ParameterValue,
  type PointFigures,
  type PointTime,
  type RunMode,
  type Study,
  whereWords,
} from '@faultline/study';
import { roundMicros, roundRate } from '../figure';
import type { Deployment } from './study-data';

/** All parameters of a study, in order, with the values that its points have. */
export function parametersOf(
  study: Study,
  points: readonly PointFigures[],
): { name: string; unit: string; values: ParameterValue[] }[] {
  return parametersIn(study).map(({ name, unit }) => ({
    ...{ name, unit },
    values: [...new Set(points.flatMap(({ values }) => values[name] ?? []))],
  }));
}

/** `servers (threads)`. */
export function parameterTitle(study: Study, name: string): string {
  const unit = parametersIn(study).find((each) => each.name === name)?.unit;
  return unit ? `${name} (${unit})` : name;
}

/** What tells points apart: parameters of one value do not. */
export function pointName(values: PointFigures['values'], points: readonly PointFigures[]): string {
  const names = Object.keys(values).filter((name) =>
    points.some((other) => other.values[name] !== values[name]),
  );
  if (names.length === 0) return 'the point';
  return whereWords(Object.fromEntries(names.map((name) => [name, values[name] ?? ''])));
}

/** `faultline: iommu 1, iopf-worker 4`. */
export function deploymentWords({ project, replicas }: Deployment): string {
  return `${project}: ${Object.entries(replicas)
    .map(([service, count]) => `${service} ${count}`)
    .join(', ')}`;
}

/** Modes of points, the real services first. */
export function modesOf(points: readonly { mode: RunMode }[]): RunMode[] {
  return (['live', 'simulated'] as const).filter((mode) => points.some((point) => point.mode === mode));
}

/** Points by whose time they are in: a figure has one of the two. */
export function byTime<P extends { time: PointTime }>(points: readonly P[]): [time: PointTime, P[]][] {
  return (['model', 'wall'] as const).flatMap((time): [PointTime, P[]][] => {
    const own = points.filter((point) => point.time === time);
    return own.length > 0 ? [[time, own]] : [];
  });
}

/** For the ids and titles of figures that a study has in both times. */
export const idOf = (id: string, time: PointTime): string => (time === 'wall' ? `${id}-wall` : id);

/** Spaced so that the sign stays with its number. */
export const INTERVAL = '95\u00a0% interval';
export const INTERVALS = `${INTERVAL}s`;

export const WALL_WORDS =
  'Wall time of this machine: the profile charges nothing, so that all of it is the software’s own.';

export const COLUMN_UNITS: Readonly<Record<FigureUnit, string>> = {
  micros: 'µs',
  'per-second': '1/s',
  count: '',
  share: '',
};

/** A number of a figure as data has it. Null for what is no number, such as the end of an interval that has none. */
export function rounded(value: number | null | undefined, unit: FigureUnit): number | null {
  if (value === null || value === undefined || !Number.isFinite(value)) return null;
  if (unit === 'micros') return roundMicros(value);
  if (unit === 'per-second') return roundRate(value);
  return Number(value.toPrecision(9));
}

export const unitOf = (figure: string): FigureUnit => figureKind(figure).unit;
