import type { SeededRandom } from './random';

/** A time that varies: its median and its 99th percentile, in any unit. Equal: constant. */
export interface Spread {
  median: number;
  p99: number;
}

/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.3263478740408408;

/** A draw: constant, or lognormal through median and 99th percentile. */
export function drawSpread(random: Pick<SeededRandom, 'unit'>, { median, p99 }: Spread): number {
  if (median <= 0 || p99 <= median) return median;
  const sigma = Math.log(p99 / median) / NORMAL_P99;
  return median * Math.exp(sigma * normal(random));
}

/** A standard normal draw (Box and Muller). */
function normal(random: Pick<SeededRandom, 'unit'>): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.unit()));
  return radius * Math.cos(2 * Math.PI * random.unit());
}
