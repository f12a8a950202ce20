import { seededDraws } from '../draws';
import { type UslFit, type UslFitOptions, fitUsl } from './fit';
import { type UslParameters, uslThroughputPerSecond } from './law';
import type { ScalingPoint } from './points';

export const POWERS = [1, 2, 4, 8, 16, 32, 64];

/** Points of the law without noise, one repetition each. */
export function exactPoints(
  parameters: UslParameters,
  concurrencies: readonly number[] = POWERS,
): ScalingPoint[] {
  return concurrencies.map((concurrency) => ({
    concurrency,
    throughputsPerSecond: [uslThroughputPerSecond(parameters, concurrency)],
  }));
}

/** Points of the law with noise that is lognormal, and so the same share of each throughput. */
export function noisyPoints(
  parameters: UslParameters,
  noise: { seed: number; relative: number; repetitions: number },
  concurrencies: readonly number[] = POWERS,
): ScalingPoint[] {
  const normal = normalDraws(noise.seed);
  return concurrencies.map((concurrency) => ({
    concurrency,
    throughputsPerSecond: Array.from(
      { length: noise.repetitions },
      () => uslThroughputPerSecond(parameters, concurrency) * Math.exp(noise.relative * normal()),
    ),
  }));
}

/** Standard normal draws (Box and Muller 1958). */
export function normalDraws(seed: number): () => number {
  const draw = seededDraws(seed * 7919 + 13);
  const unit = (): number => (draw(2 ** 30) + 0.5) / 2 ** 30;
  return () => Math.sqrt(-2 * Math.log(unit())) * Math.cos(2 * Math.PI * unit());
}

/** The fit, for points that must not be refused. */
export function fitOf(points: readonly ScalingPoint[], options: UslFitOptions = {}): UslFit {
  const fit = fitUsl(points, { resamples: 200, ...options });
  if (fit.kind === 'refused') throw new Error(`refused: ${fit.message}`);
  return fit;
}
