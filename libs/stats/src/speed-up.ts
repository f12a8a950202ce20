import { FigureInvalid } from './figures';
import { DEFAULT_LEVEL, type Interval, requireLevel } from './interval';
import { momentsOf, ratioInterval, welchDegrees } from './moments';
import { orderedPoints, type ScalingPoint } from './usl/points';

/** A point of a scaling series against its smallest one. */
export interface SpeedUpPoint {
  concurrency: number;
  /** Mean of the repetitions. */
  throughputPerSecond: number;
  /** Throughput here / throughput at the smallest concurrency; 1 there. */
  speedUp: number;
  /** Null for the smallest point itself, and unless both were measured twice at least. */
  speedUpInterval: Interval | null;
  /** Speed-up / (concurrency / smallest concurrency): 1 is linear, above 1 superlinear. */
  efficiency: number;
  efficiencyInterval: Interval | null;
}

/**
 * Speed-up and efficiency of each point relative to the one of the smallest concurrency, which need not be 1 (Eager, Zahorjan and
 * Lazowska 1989). Nothing is fitted. Intervals are Fieller's, so the noise of the smallest point, which all others share, is in
 * them. Throws FigureInvalid for no points and for figures that are none.
 */
export function speedUpOf(
  points: readonly ScalingPoint[],
  { level = DEFAULT_LEVEL }: { level?: number } = {},
): SpeedUpPoint[] {
  requireLevel(level);
  const [smallest, ...larger] = orderedPoints(points).map(({ concurrency, throughputsPerSecond }) => ({
    concurrency,
    moments: momentsOf(throughputsPerSecond),
  }));
  if (!smallest) throw new FigureInvalid('points of a scaling series', 'none', 'at least one');
  const base = smallest.moments;
  const itself = { speedUp: 1, speedUpInterval: null, efficiency: 1, efficiencyInterval: null };
  return [
    { concurrency: smallest.concurrency, throughputPerSecond: base.mean, ...itself },
    ...larger.map(({ concurrency, moments }) => {
      const speedUp = moments.mean / base.mean;
      const growth = concurrency / smallest.concurrency;
      const interval = ratioInterval(moments, base, level, welchDegrees(moments, base, speedUp));
      return {
        concurrency,
        throughputPerSecond: moments.mean,
        speedUp,
        speedUpInterval: interval,
        efficiency: speedUp / growth,
        efficiencyInterval: interval && { low: interval.low / growth, high: interval.high / growth, level },
      };
    }),
  ];
}
