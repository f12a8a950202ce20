import type { SeededRandom } from './random';

/** A time that varies: its median and its 99th percentile, in any unit. Equal: constant. */
export interface Spread {
  median: number;
  p99: number;
  /** The values it takes, from the least to the greatest: then draws come from these alone, and median and percentile are theirs. */
  values?: readonly DistributedValue[];
}

/** A value of an empirical distribution. */
export interface DistributedValue {
  value: number;
  /** Weight of all values up to this one, itself included; of the last one the weight of all. */
  upTo: number;
}

/** A value as it was measured, which comes as often as its weight says, relative to the others. */
export interface WeightedValue {
  value: number;
  weight: number;
}

/** The 99th percentile of the standard normal distribution. */
const NORMAL_P99 = 2.3263478740408408;

/** The spread of values as they were measured. Throws a `RangeError` where no value has a weight. */
export function empiricalSpread(measured: readonly WeightedValue[]): Spread {
  let upTo = 0;
  const values = measured
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => one.value - other.value)
    .map(({ value, weight }): DistributedValue => ({ value, upTo: (upTo += weight) }));
  if (values.length === 0) throw new RangeError('an empirical spread needs a value with a weight above 0');
  return { median: valueAt(values, 0.5), p99: valueAt(values, 0.99), values };
}

/** The mean of a spread. */
export function meanOfSpread({ median, p99, values }: Spread): number {
  if (values) {
    const sum = values.reduce(
      (before, { value, upTo }, place) => before + value * (upTo - (values[place - 1]?.upTo ?? 0)),
      0,
    );
    return sum / (values.at(-1)?.upTo ?? 1);
  }
  if (median <= 0 || p99 <= median) return median;
  return median * Math.exp(sigmaOf(median, p99) ** 2 / 2);
}

/** A draw: constant, one of the values by weight, or lognormal through median and 99th percentile. */
export function drawSpread(random: Pick<SeededRandom, 'unit'>, { median, p99, values }: Spread): number {
  if (values) return valueAt(values, random.unit());
  if (median <= 0 || p99 <= median) return median;
  return median * Math.exp(sigmaOf(median, p99) * normal(random));
}

/** Of the logarithm of a lognormal spread. */
const sigmaOf = (median: number, p99: number): number => Math.log(p99 / median) / NORMAL_P99;

/** The first value with which the weights add up to more than this share of all, and the last one where none does. */
function valueAt(values: readonly DistributedValue[], share: number): number {
  const weight = share * (values.at(-1)?.upTo ?? 0);
  let [from, to] = [0, values.length - 1];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((values[middle]?.upTo ?? 0) > weight) to = middle;
    else from = middle + 1;
  }
  return values[from]?.value ?? 0;
}

/** A standard normal draw (Box and Muller). */
function normal(random: Pick<SeededRandom, 'unit'>): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.unit()));
  return radius * Math.cos(2 * Math.PI * random.unit());
}
