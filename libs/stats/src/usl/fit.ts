import { DEFAULT_LEVEL, type Interval } from '../interval';
import { mean } from '../summaries';
import { bootstrapIntervals, type BootstrapOptions, requireBootstrapOptions } from './bootstrap';
import { uslThroughputPerSecond, type UslParameters } from './law';
import { compareModels, type ModelComparison } from './models';
import { type FitRefused, orderedPoints, refusalOf, refused, type ScalingPoint } from './points';
import { peakOf, type ScalingPeak } from './peak';
import { cellsOf, type ResidualScale, scaleOf } from './scale';
import { fitBounded, fitFree, isWithinBounds, parametersOf } from './solve';

const TOLERANCE = 1e-12;

export interface UslFitOptions {
  /** Refits that the intervals come from; 2,000 by default. */
  resamples?: number;
  /** Level of the intervals; 0.95 by default. */
  level?: number;
  /** A whole number; the same one gives the same intervals. 1 by default. */
  seed?: number;
  /** `relative` by default. */
  residuals?: ResidualScale;
}

/** How far the curve is from what was measured at one concurrency. */
export interface PointResidual {
  concurrency: number;
  repetitions: number;
  /** Mean of the repetitions. */
  measuredPerSecond: number;
  fittedPerSecond: number;
  /** measured / fitted - 1. A run of the same sign is a shape that the law does not have. */
  relativeResidual: number;
}

/** The Universal Scalability Law fitted to measurements. Plain data. */
export interface UslFit {
  kind: 'fit';
  parameters: UslParameters;
  intervals: Record<keyof UslParameters, Interval>;
  peak: ScalingPeak;
  /** Which of linear, Amdahl and USL the data supports. Ask this before speaking of contention. */
  comparison: ModelComparison;
  points: PointResidual[];
  /** 1 less the share of the variation, on the scale of the residuals, that the curve leaves. */
  r2: number;
  /** Repetitions of all points. */
  observations: number;
  /**
   * The fit without bounds, where a bound holds the other one; null otherwise. A sigma below 0 says that throughput grows faster
   * than concurrency (superlinear), which the law does not describe.
   */
  unbounded: UslParameters | null;
  residuals: ResidualScale;
  bootstrap: BootstrapOptions & { resampled: 'residuals' };
}

/**
 * Fits the Universal Scalability Law by non-linear least squares with sigma and kappa of at least 0. Intervals are bootstrapped from
 * the residuals of all points. Needs 4 different concurrencies, one repetition each at least; a refusal says why there is no fit.
 * Throws FigureInvalid for figures that are none (a concurrency below 1, a throughput that is not above 0) and bad options.
 */
export function fitUsl(points: readonly ScalingPoint[], options: UslFitOptions = {}): UslFit | FitRefused {
  const { resamples = 2000, level = DEFAULT_LEVEL, seed = 1, residuals = 'relative' } = options;
  const bootstrap = { resamples, level, seed };
  requireBootstrapOptions(bootstrap);
  const ordered = orderedPoints(points);
  const refusal = refusalOf(ordered);
  if (refusal) return refusal;
  const scale = scaleOf(residuals, ordered);
  const cells = cellsOf(ordered, scale);
  const solution = fitBounded(cells, scale, { tolerance: TOLERANCE });
  const comparison = compareModels(ordered, cells, scale, TOLERANCE);
  if (!solution?.converged || !comparison)
    return refused(
      'no-convergence',
      'found no minimum, expected throughputs more like the law, at concurrencies that lie apart',
    );
  const parameters = parametersOf(solution.reciprocal);
  if (parameters.lambdaPerSecond === Infinity)
    return refused(
      'lambda-undetermined',
      `found no throughput at concurrency 1 by the curve, expected one: measure below concurrency ${cells[0]?.concurrency}`,
    );
  const intervals = bootstrapIntervals(ordered, cells, scale, solution, bootstrap);
  const free = fitFree(cells, scale, ['sigma', 'kappa'], { tolerance: TOLERANCE });
  const measured = { lowest: cells[0]?.concurrency ?? 1, highest: cells.at(-1)?.concurrency ?? 1 };
  return {
    kind: 'fit',
    parameters,
    intervals: {
      lambdaPerSecond: intervals.lambdaPerSecond,
      sigma: intervals.sigma,
      kappa: intervals.kappa,
    },
    peak: peakOf(parameters, intervals, measured),
    comparison,
    points: ordered.map((point) => residualOf(point, parameters)),
    r2: comparison.models.usl.r2,
    observations: cells.reduce((sum, { count }) => sum + count, 0),
    unbounded:
      free?.converged && !isWithinBounds(free) && free.reciprocal.base > 0
        ? parametersOf(free.reciprocal)
        : null,
    residuals,
    bootstrap: { ...bootstrap, resampled: 'residuals' },
  };
}

function residualOf(point: ScalingPoint, parameters: UslParameters): PointResidual {
  const measuredPerSecond = mean(point.throughputsPerSecond);
  const fittedPerSecond = uslThroughputPerSecond(parameters, point.concurrency);
  return {
    concurrency: point.concurrency,
    repetitions: point.throughputsPerSecond.length,
    measuredPerSecond,
    fittedPerSecond,
    relativeResidual: measuredPerSecond / fittedPerSecond - 1,
  };
}
