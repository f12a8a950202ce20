import {
  fitUsl,
  type Interval,
  type UslFit,
  type FitRefused,
  uslThroughputPerSecond,
} from '@faultline/stats';
import { type PointFigures, type PointTime, together } from './aggregate';
import { figureKind } from './figures';
import type { RunMode } from './point-run';
import type { ParameterValue, StudyPlot } from './schema';
import { levelsOf, matches } from './select';

/** Where a line passes: a value of the horizontal parameter, and the figure there. */
export interface LinePoint {
  x: ParameterValue;
  mean: number;
  /** Null for a single run, and where points are taken together. */
  interval: Interval | null;
  /** Of all points that are taken together there. */
  runs: number;
}

/** A figure along a parameter. */
export interface StudyLine {
  mode: RunMode;
  time: PointTime;
  /** Value of the parameter that tells the lines apart; null where there is one line. */
  by: ParameterValue | null;
  points: LinePoint[];
  fit: UslFit | FitRefused | null;
  /** Where a point of the line is over several values of another parameter, by name: they are taken together. */
  together: string[];
}

/** What a plot of the study draws. */
export interface DrawnPlot {
  plot: StudyPlot;
  lines: StudyLine[];
}

/** The lines of a plot, one for each mode, whose time it is, and each value of `by`. */
export function linesOf(plot: StudyPlot, points: readonly PointFigures[], seed: number): DrawnPlot {
  const shown = points.filter((point) => matches(point, plot.where));
  const lines = ways(shown).flatMap(({ mode, time }) => {
    const own = shown.filter((point) => point.mode === mode && point.time === time);
    const bys = plot.by === undefined ? [null] : levelsOf(own, plot.by);
    return bys.map((by): StudyLine => {
      const line =
        by === null || plot.by === undefined
          ? own
          : own.filter((each) => matches(each, { [plot.by ?? '']: by }));
      return { mode, time, by, ...lineOf(plot, line, seed) };
    });
  });
  return { plot, lines };
}

/** The modes that points were run in, apart for model time and wall time. */
function ways(points: readonly PointFigures[]): Pick<StudyLine, 'mode' | 'time'>[] {
  const found = new Map(points.map(({ mode, time }) => [`${mode} ${time}`, { mode, time }]));
  return [...found.values()];
}

function lineOf(
  plot: StudyPlot,
  points: readonly PointFigures[],
  seed: number,
): Pick<StudyLine, 'points' | 'fit' | 'together'> {
  const line = levelsOf(points, plot.x).flatMap((x): LinePoint[] => {
    const there = points.filter((point) => matches(point, { [plot.x]: x }));
    const aggregate = together(there, plot.y);
    if (!aggregate) return [];
    const { mean, interval, values } = aggregate;
    return [{ x, mean, interval, runs: values.length }];
  });
  const other = [...new Set(points.flatMap(({ values }) => Object.keys(values)))].filter(
    (name) => name !== plot.x && name !== plot.by,
  );
  // What changes along with the line, as under one zip, is not taken together.
  const varied = other.filter((name) =>
    levelsOf(points, plot.x).some((x) => {
      const there = points.filter((point) => matches(point, { [plot.x]: x }));
      return levelsOf(there, name).length > 1;
    }),
  );
  return { points: line, together: varied, fit: plot.fit === 'usl' ? fitOf(plot, points, seed) : null };
}

function fitOf(plot: StudyPlot, points: readonly PointFigures[], seed: number): UslFit | FitRefused {
  const measured = points.flatMap(({ values, figures }) => {
    const [concurrency, figure] = [values[plot.x], figures.get(plot.y)];
    const throughputsPerSecond = (figure?.values ?? []).filter((value) => value > 0);
    return typeof concurrency === 'number' && concurrency >= 1 && throughputsPerSecond.length > 0
      ? [{ concurrency, throughputsPerSecond }]
      : [];
  });
  return fitUsl(measured, { seed });
}

/** A fitted curve through a line's range: so many steps that it looks smooth. */
export function curveOf(line: StudyLine, steps = 48): [x: number, y: number][] {
  if (line.fit?.kind !== 'fit') return [];
  const { parameters } = line.fit;
  const xs = line.points.flatMap(({ x }) => (typeof x === 'number' ? [x] : []));
  const [least, most] = [Math.min(...xs), Math.max(...xs)];
  if (!(most > least)) return [];
  return Array.from({ length: steps + 1 }, (_, step) => {
    const x = least * (most / least) ** (step / steps);
    return [x, uslThroughputPerSecond(parameters, x)];
  });
}

/** The values of a line, each divided by the greatest, so that shapes compare where absolutes do not. */
export function sharesOf(values: readonly number[]): number[] {
  const most = Math.max(0, ...values);
  return values.map((value) => (most > 0 ? value / most : 0));
}

/** Axis title of a figure. */
export const axisTitle = (figure: string): string => figureKind(figure).title;
