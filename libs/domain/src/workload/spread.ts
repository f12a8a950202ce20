import type { SeededRandom } from './random';

/** A time that varies: its median and its 99th percentile, in any unit. Equal: constant. */
export interface Spread {
  median: number;
  p99: number;
  /** The values it takes, each with its weight: then draws come from these alone, and median and percentile are theirs. */
  values?: readonly WeightedValue[];
}

/** A value of an empirical distribution, which comes as often as its weight says, relative to the others. */
export interface WeightedValue {
  value: number;
  weight: number;
}

/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.3263478740408408;

/** The spread of values as they were measured. Throws a `RangeError` where no value has a weight. */
export function empiricalSpread(values: readonly WeightedValue[]): Spread {
  const sorted = [...values].sort((one, other) => one.value - other.value);
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  if (!(total > 0)) throw new RangeError('an empirical spread needs a value with a weight above 0');
  const quantile = (share: number): number => valueAt(sorted, share * total);
  return { median: quantile(0.5), p99: quantile(0.99), values: sorted };
}

/** The mean of a spread. */
export function meanOfSpread({ median, p99, values }: Spread): number {
  if (values) {
    const total = values.reduce((sum, { weight }) => sum + weight, 0);
    return values.reduce((sum, { value, weight }) => sum + value * weight, 0) / total;
  }
  if (median <= 0 || p99 <= median) return median;
  return median * Math.exp(sigmaOf(median, p99) ** 2 / 2);
}

/** A draw: constant, one of the values by weight, or lognormal through median and 99th percentile. */
export function drawSpread(random: Pick<SeededRandom, 'unit'>, { median, p99, values }: Spread): number {
  if (values) return valueAt(values, random.unit() * values.reduce((sum, { weight }) => sum + weight, 0));
  if (median <= 0 || p99 <= median) return median;
  return median * Math.exp(sigmaOf(median, p99) * normal(random));
}

/** Of the logarithm of a lognormal spread. */
const sigmaOf = (median: number, p99: number): number => Math.log(p99 / median) / NORMAL_P99;

/** The first value with which the weights add up to more than `weight`, and the last one where none does. */
function valueAt(values: readonly WeightedValue[], weight: number): number {
  let sum = 0;
  let last = 0;
  for (const each of values) {
    if (each.weight <= 0) continue;
    sum += each.weight;
    last = each.value;
    if (sum > weight) break;
  }
  return last;
}

/** A standard normal draw (Box and Muller). */
function normal(random: Pick<SeededRandom, 'unit'>): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.unit()));
  return radius * Math.cos(2 * Math.PI * random.unit());
}
