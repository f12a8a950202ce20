import { mean } from '../summaries';
import type { ScalingPoint } from './points';

/**
 * In which scale residuals are taken.
 *
 * - `relative`: ln(measured / fitted), so that 5 % off counts the same at every throughput. Noise of a throughput grows with it,
 *   and a sum of squares in events per second would see the largest points only.
 * - `absolute`: measured - fitted, which is what most published fits minimise.
 */
export type ResidualScale = 'relative' | 'absolute';

/** Throughput on the scale of the residuals, and back. */
export interface Scale {
  of(throughputPerSecond: number): number;
  throughputPerSecond(scaled: number): number;
  /** Change of the scaled throughput N / q with q. */
  slope(concurrency: number, q: number): number;
}

const relative: Scale = {
  of: Math.log,
  throughputPerSecond: Math.exp,
  slope: (_, q) => -1 / q,
};

/** Absolute residuals are divided by the mean throughput, so that tolerances mean the same on both scales. */
function absolute(unit: number): Scale {
  return {
    of: (throughput) => throughput / unit,
    throughputPerSecond: (scaled) => scaled * unit,
    slope: (concurrency, q) => -concurrency / (q * q * unit),
  };
}

export function scaleOf(residuals: ResidualScale, points: readonly ScalingPoint[]): Scale {
  if (residuals === 'relative') return relative;
  return absolute(mean(points.flatMap(({ throughputsPerSecond }) => throughputsPerSecond)));
}

/** What a fit needs of a point: with equal weights within it, the mean on the scale of the residuals and their number. */
export interface Cell {
  concurrency: number;
  count: number;
  scaled: number;
}

export function cellsOf(points: readonly ScalingPoint[], scale: Scale): Cell[] {
  return points.map(({ concurrency, throughputsPerSecond }) => ({
    concurrency,
    count: throughputsPerSecond.length,
    scaled: mean(throughputsPerSecond.map((each) => scale.of(each))),
  }));
}
