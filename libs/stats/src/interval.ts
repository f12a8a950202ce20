import { FigureInvalid } from './figures';

/** The level of an interval where nothing else is asked for. */
export const DEFAULT_LEVEL = 0.95;

/**
 * A confidence interval. Of intervals that are made like this one from repeated measurements, the share `level` holds the true
 * value. An end that the data does not limit is infinite, which JSON writes as null.
 */
export interface Interval {
  low: number;
  high: number;
  /** 0 to 1, 0.95 by default. */
  level: number;
}

/** Throws FigureInvalid unless the level lies between 0 and 1. */
export function requireLevel(level: number): void {
  if (!(level > 0 && level < 1)) throw new FigureInvalid('level', String(level), 'a number between 0 and 1');
}

/** The interval of `distance` on both sides of a value. */
export function around(value: number, distance: number, level: number): Interval {
  return { low: value - distance, high: value + distance, level };
}

/**
 * The values that the middle `level` of all resampled ones lie between (the percentile interval; Efron and Tibshirani 1993, chapter 13). `values` may hold
 * Infinity and must not be empty.
 */
export function percentileInterval(values: readonly number[], level: number): Interval {
  const sorted = Float64Array.from(values).sort();
  const outside = Math.floor(((1 - level) / 2) * sorted.length);
  return { low: sorted[outside] ?? NaN, high: sorted[sorted.length - 1 - outside] ?? NaN, level };
}
