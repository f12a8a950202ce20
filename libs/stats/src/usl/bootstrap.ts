import { seededDraws } from '../draws';
import { FigureInvalid, requireWhole } from '../figures';
import { type Interval, percentileInterval, requireLevel } from '../interval';
import { studentFactor } from '../student';
import { mean } from '../summaries';
import { uslPeakConcurrency, type UslParameters, uslThroughputPerSecond } from './law';
import type { ScalingPoint } from './points';
import type { Cell, Scale } from './scale';
import { fitBounded, parametersOf, reciprocalAt, type Solution } from './solve';

/** Parameters of the law; the bootstrap counts lambda, sigma and kappa as lost degrees of freedom. */
const PARAMETERS = 3;
/** Resampled fits show a percent of an interval's width, not its twelfth digit. */
const TOLERANCE = 1e-7;

export interface BootstrapOptions {
  resamples: number;
  level: number;
  seed: number;
}

/** Intervals of everything that is read off a fitted curve. */
export interface UslIntervals {
  lambdaPerSecond: Interval;
  sigma: Interval;
  kappa: Interval;
  peakConcurrency: Interval;
  peakThroughputPerSecond: Interval;
}

/** Throws FigureInvalid for a level outside of 0 to 1, or for fewer resamples than leave one outside of each end. */
export function requireBootstrapOptions({ resamples, level, seed }: BootstrapOptions): void {
  requireLevel(level);
  requireWhole('resamples', resamples, Math.ceil(2 / (1 - level)));
  if (!Number.isSafeInteger(seed)) throw new FigureInvalid('seed', String(seed), 'a whole number');
}

/**
 * Intervals by the bootstrap (Efron 1979), which resamples residuals (Efron and Tibshirani 1993, chapter 9). Not repetitions: there
 * are three or five of them at a point, too few to stand for what else might have been measured, and one at each is enough this way.
 * The residuals of all points are put into one bag, which is right when noise is the same share of each throughput, and every
 * resample keeps the concurrencies that were measured.
 *
 * Residuals are smaller than the noise, as the curve has followed it: they are widened by sqrt(n / (n - 3)). Few of them know little
 * of how large noise can be: they are widened by Student's t over the normal quantile, which is to intervals of few points what
 * Hesterberg's expanded percentiles are (The American Statistician 69, 2015).
 */
export function bootstrapIntervals(
  points: readonly ScalingPoint[],
  cells: readonly Cell[],
  scale: Scale,
  fit: Solution,
  { resamples, level, seed }: BootstrapOptions,
): UslIntervals {
  const fitted = cells.map(({ concurrency }) =>
    scale.of(concurrency / reciprocalAt(fit.reciprocal, concurrency)),
  );
  const bag = widenedResiduals(points, scale, fitted, level);
  const draw = seededDraws(seed);
  const estimates: UslParameters[] = [];
  for (let resample = 0; resample < resamples; resample += 1) {
    const drawn = cells.map((cell, at) => ({
      ...cell,
      scaled: (fitted[at] ?? 0) + meanOfDraws(bag, cell.count, draw),
    }));
    const solution = fitBounded(drawn, scale, { start: fit.reciprocal, tolerance: TOLERANCE });
    // A resample without a minimum sets no upper end.
    estimates.push(parametersOf(solution?.reciprocal ?? { base: 0, contention: 0, coherency: 0 }));
  }
  const intervalOf = (figure: (parameters: UslParameters) => number): Interval =>
    percentileInterval(estimates.map(figure), level);
  return {
    lambdaPerSecond: intervalOf(({ lambdaPerSecond }) => lambdaPerSecond),
    sigma: intervalOf(({ sigma }) => sigma),
    kappa: intervalOf(({ kappa }) => kappa),
    peakConcurrency: intervalOf(uslPeakConcurrency),
    peakThroughputPerSecond: intervalOf(peakThroughputPerSecond),
  };
}

/** Throughput at the peak; what it rises to, where there is none. */
export function peakThroughputPerSecond(parameters: UslParameters): number {
  const { lambdaPerSecond, sigma } = parameters;
  if (lambdaPerSecond === Infinity) return Infinity;
  const peak = uslPeakConcurrency(parameters);
  return peak === Infinity ? lambdaPerSecond / sigma : uslThroughputPerSecond(parameters, peak);
}

function widenedResiduals(
  points: readonly ScalingPoint[],
  scale: Scale,
  fitted: readonly number[],
  level: number,
): number[] {
  const residuals = points.flatMap(({ throughputsPerSecond }, at) =>
    throughputsPerSecond.map((each) => scale.of(each) - (fitted[at] ?? 0)),
  );
  const free = residuals.length - PARAMETERS;
  const factor =
    (Math.sqrt(residuals.length / free) * studentFactor(level, free)) / studentFactor(level, Infinity);
  // Residuals around their mean: one that is not 0 is no noise and would move every resample.
  const middle = mean(residuals);
  return residuals.map((residual) => (residual - middle) * factor);
}

function meanOfDraws(bag: readonly number[], count: number, draw: (bound: number) => number): number {
  let sum = 0;
  for (let drawn = 0; drawn < count; drawn += 1) sum += bag[draw(bag.length)] ?? 0;
  return sum / count;
}
