import { type Stage, STAGES } from '@faultline/audit';
import { Histogram, type Interval, mean, meanInterval } from '@faultline/stats';
import type { ParameterValue } from './schema';
import type { Point } from './sweep';
import type { PointRun, RunMode } from './point-run';

/** A figure over the repetitions of a point. */
export interface Aggregate {
  /** Of each repetition that has it. */
  values: number[];
  mean: number;
  /** Of the mean; null for a single repetition, which does not tell, and for points that are taken together. */
  interval: Interval | null;
}

/**
 * Model time, or wall time of this machine: where a live run is of a profile that charges nothing and is not stretched, all of its
 * time is the software's own.
 */
export type PointTime = 'model' | 'wall';

/** A point in one mode, with all its repetitions. */
export interface PointFigures {
  point: number;
  values: Record<string, ParameterValue>;
  mode: RunMode;
  /** Whose time its figures have. */
  time: PointTime;
  runs: PointRun[];
  /** By the keys of figures; what no repetition has is not there. */
  figures: ReadonlyMap<string, Aggregate>;
  /** Of all repetitions together, in model time. */
  endToEnd: Histogram;
  stages: ReadonlyMap<Stage, Histogram>;
}

/** Puts the repetitions of each point together, in the order of the points. Runs that failed count for nothing. */
export function aggregate(points: readonly Point[], runs: readonly PointRun[]): PointFigures[] {
  const modes = (['simulated', 'live'] as const).filter((mode) => runs.some((run) => run.mode === mode));
  return points.flatMap(({ point, values }) =>
    modes.map((mode): PointFigures => {
      const own = runs
        .filter((run) => run.point === point && run.mode === mode)
        .sort((one, other) => one.repetition - other.repetition);
      const good = own.filter(({ failure }) => failure === null);
      return {
        ...{ point, values, mode, time: timeOf(good), runs: own },
        ...{ figures: figuresOf(good), ...histogramsOf(good) },
      };
    }),
  );
}

function timeOf(runs: readonly PointRun[]): PointTime {
  const isWall = ({ live, timeScale, modelledMicros }: PointRun): boolean =>
    live !== null && timeScale === 1 && modelledMicros === 0;
  return runs.some(isWall) ? 'wall' : 'model';
}

function figuresOf(runs: readonly PointRun[]): Map<string, Aggregate> {
  const values = new Map<string, number[]>();
  for (const { figures } of runs)
    for (const [key, value] of Object.entries(figures)) {
      if (value === null) continue;
      const before = values.get(key) ?? [];
      before.push(value);
      values.set(key, before);
    }
  return new Map([...values].map(([key, each]) => [key, aggregateOf(each)]));
}

/**
 * A figure over several points: the mean of all their runs. Points differ by their settings and not only by noise, so that only one
 * that is alone has an interval. Undefined where none has the figure.
 */
export function together(points: readonly PointFigures[], figure: string): Aggregate | undefined {
  const own = points.flatMap(({ figures }) => figures.get(figure) ?? []);
  if (own.length < 2) return own[0];
  return { ...aggregateOf(own.flatMap(({ values }) => values)), interval: null };
}

/** Throws a RangeError for no values. */
function aggregateOf(values: number[]): Aggregate {
  return { values, mean: mean(values), interval: meanInterval(values) };
}

function histogramsOf(runs: readonly PointRun[]): Pick<PointFigures, 'endToEnd' | 'stages'> {
  const merged = (of: (run: PointRun) => unknown): Histogram => {
    const histogram = new Histogram();
    for (const run of runs) histogram.merge(Histogram.fromData(of(run)));
    return histogram;
  };
  return {
    endToEnd: merged(({ histograms }) => histograms.endToEnd),
    stages: new Map(STAGES.map((stage) => [stage, merged(({ histograms }) => histograms[stage])])),
  };
}
