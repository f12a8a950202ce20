/** Count, mean and range of the rounds of a measurement. */
export interface RoundsSummary {
  count: number;
  median: number;
  mean: number;
  min: number;
  max: number;
  /** (max - min) / median: how much of a difference between two measurements may be noise. 0 for a median of 0. */
  relativeSpread: number;
}

/** Mean of the values. Throws a RangeError when there is none. */
export function mean(values: readonly number[]): number {
  requireSome(values, 'mean');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Middle value, or the mean of the two middle ones. Throws a RangeError when there is none. */
export function median(values: readonly number[]): number {
  requireSome(values, 'median');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** Figures of a measurement that was made several times. Throws a RangeError when it was not made at all. */
export function summariseRounds(values: readonly number[]): RoundsSummary {
  const middle = median(values);
  const min = values.reduce((least, value) => Math.min(least, value), Infinity);
  const max = values.reduce((most, value) => Math.max(most, value), -Infinity);
  const relativeSpread = middle === 0 ? 0 : (max - min) / Math.abs(middle);
  return { count: values.length, median: middle, mean: mean(values), min, max, relativeSpread };
}

/** `value / base`; 0 when both are 0, and Infinity when only `base` is. */
export function ratio(value: number, base: number): number {
  if (base !== 0) return value / base;
  return value === 0 ? 0 : Infinity;
}

/**
 * The ratio of each pair that was measured one right after the other: on a noisy machine only neighbours compare, so medians are taken
 * of these. Throws a RangeError for lists of different lengths.
 */
export function pairedRatios(values: readonly number[], bases: readonly number[]): number[] {
  if (values.length !== bases.length)
    throw new RangeError(`${values.length} values and ${bases.length} bases are no pairs`);
  return values.map((value, index) => ratio(value, bases[index] ?? 0));
}

/** Events per second over an interval in microseconds; 0 for an interval without length. */
export function perSecond(count: number, intervalMicros: number): number {
  return intervalMicros > 0 ? (count * 1_000_000) / intervalMicros : 0;
}

function requireSome(values: readonly number[], what: string): void {
  if (values.length === 0) throw new RangeError(`the ${what} of no values is not defined`);
}
