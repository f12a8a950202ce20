import { studentFactor } from './student';
import { mean } from './summaries';
import { around, DEFAULT_LEVEL, type Interval } from './interval';

/** Repetitions as an estimate of their mean. */
export interface Moments {
  count: number;
  mean: number;
  /** Of one repetition; null for a single one, which does not tell. */
  standardDeviation: number | null;
}

/** Throws a RangeError when there is none. */
export function momentsOf(values: readonly number[]): Moments {
  const middle = mean(values);
  if (values.length === 1) return { count: 1, mean: middle, standardDeviation: null };
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return {
    count: values.length,
    mean: middle,
    standardDeviation: Math.sqrt(squares / (values.length - 1)),
  };
}

/** Variance of the mean; null for a single repetition. */
export function varianceOfMean({ count, standardDeviation }: Moments): number | null {
  return standardDeviation === null ? null : standardDeviation ** 2 / count;
}

/**
 * Degrees of freedom of `value - factor * base` (Welch 1947, Satterthwaite 1946). Infinite where nothing varies.
 */
export function welchDegrees(value: Moments, base: Moments, factor = 1): number {
  const ofValue = varianceOfMean(value) ?? 0;
  const ofBase = factor ** 2 * (varianceOfMean(base) ?? 0);
  const spread = ofValue ** 2 / (value.count - 1) + ofBase ** 2 / (base.count - 1);
  return spread > 0 ? (ofValue + ofBase) ** 2 / spread : Infinity;
}

/**
 * Interval of mean / base mean by Fieller's theorem (1954), which counts the noise of the base as well: the ratios r for which
 * `mean - r * base mean` is not told from 0. Null when one of them was measured once, or when the base is not told from 0 itself.
 */
export function ratioInterval(
  value: Moments,
  base: Moments,
  level: number,
  degreesOfFreedom: number,
): Interval | null {
  const [ofValue, ofBase] = [varianceOfMean(value), varianceOfMean(base)];
  if (ofValue === null || ofBase === null) return null;
  const t2 = studentFactor(level, degreesOfFreedom) ** 2;
  const leading = base.mean ** 2 - t2 * ofBase;
  if (!(leading > 0)) return null;
  const middle = value.mean * base.mean;
  const root = Math.sqrt(Math.max(0, middle ** 2 - leading * (value.mean ** 2 - t2 * ofValue)));
  return { low: (middle - root) / leading, high: (middle + root) / leading, level };
}

/** Interval of the mean by Student's t; null for a single repetition, which does not tell. Throws a RangeError when there is none. */
export function meanInterval(values: readonly number[], level = DEFAULT_LEVEL): Interval | null {
  const moments = momentsOf(values);
  const variance = varianceOfMean(moments);
  if (variance === null) return null;
  return around(moments.mean, studentFactor(level, moments.count - 1) * Math.sqrt(variance), level);
}
