import type { Interval } from '../interval';
import { peakThroughputPerSecond, type UslIntervals } from './bootstrap';
import { uslPeakConcurrency, type UslParameters } from './law';

/** A cost of all pairs together that is only the rounding of exact data, as a share of the work of one. */
const ROUNDING = 1e-9;

/** Where throughput is highest, if the data shows it. */
export type ScalingPeak =
  | {
      kind: 'peak';
      concurrency: number;
      concurrencyInterval: Interval;
      throughputPerSecond: number;
      throughputPerSecondInterval: Interval;
    }
  | {
      kind: 'no-peak-in-range';
      /**
       * - `kappa-not-distinguishable`: the interval of kappa begins at 0
       * - `beyond-measured`: the curve has its peak at a higher concurrency than any measured one
       * - `before-measured`: throughput falls from the lowest measured concurrency on
       */
      reason: 'kappa-not-distinguishable' | 'beyond-measured' | 'before-measured';
      /** One line for a report. */
      message: string;
      /** Where the curve, carried on beyond what was measured, has its peak; null when it has none. */
      extrapolatedConcurrency: number | null;
    };

/**
 * Reads the peak off a fit (Gunther 2007), unless the data does not carry one. The interval of kappa decides, and not the
 * comparison of models, which asks more of few observations.
 */
export function peakOf(
  parameters: UslParameters,
  intervals: UslIntervals,
  measured: { lowest: number; highest: number },
): ScalingPeak {
  const concurrency = uslPeakConcurrency(parameters);
  const none = (
    reason: (ScalingPeak & { kind: 'no-peak-in-range' })['reason'],
    message: string,
  ): ScalingPeak => ({
    kind: 'no-peak-in-range',
    reason,
    message,
    extrapolatedConcurrency: concurrency === Infinity ? null : concurrency,
  });
  if (!(intervals.kappa.low * measured.highest ** 2 > ROUNDING))
    return none('kappa-not-distinguishable', 'kappa cannot be told from 0, so the data shows no peak');
  if (concurrency > measured.highest)
    return none(
      'beyond-measured',
      `the curve peaks near ${Math.round(concurrency)}, beyond the highest measured concurrency ${measured.highest}`,
    );
  if (concurrency < measured.lowest || concurrency === 1)
    return none(
      'before-measured',
      `throughput falls from the lowest measured concurrency ${measured.lowest} on`,
    );
  return {
    kind: 'peak',
    concurrency,
    concurrencyInterval: intervals.peakConcurrency,
    throughputPerSecond: peakThroughputPerSecond(parameters),
    throughputPerSecondInterval: intervals.peakThroughputPerSecond,
  };
}
