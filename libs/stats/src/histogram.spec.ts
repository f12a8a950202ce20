import * as fc from 'fast-check';
import { Histogram } from './histogram';

const latencies = fc.array(fc.double({ min: 0, max: 1e10, noNaN: true }), { minLength: 1, maxLength: 300 });
const percents = fc.double({ min: 0, max: 100, noNaN: true });

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** The percentile by definition: the value at its rank. */
function exactPercentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil((percent / 100) * sorted.length)) - 1] ?? NaN;
}

describe('Histogram', () => {
  it('gives percentiles within 0.1 % and a nanosecond of the exact ones', () => {
    fc.assert(
      fc.property(latencies, percents, (values, percent) => {
        const exact = exactPercentile(values, percent);
        const error = histogramOf(values).percentile(percent) - exact;
        expect(Math.abs(error)).toBeLessThanOrEqual(exact / 1000 + 0.001);
      }),
    );
  });

  it('keeps count, minimum and maximum exactly', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const { count, minMicros, maxMicros } = histogramOf(values).summary();
        expect({ count, minMicros, maxMicros }).toEqual({
          count: values.length,
          minMicros: Math.min(...values),
          maxMicros: Math.max(...values),
        });
      }),
    );
  });

  it('gives the same percentiles merged as recorded in one', () => {
    fc.assert(
      fc.property(latencies, latencies, percents, (some, others, percent) => {
        const merged = histogramOf(some);
        merged.merge(histogramOf(others));
        expect(merged.percentile(percent)).toBe(histogramOf([...some, ...others]).percentile(percent));
      }),
    );
  });

  it('takes the value at the rank, and not the next one, where a float is a little more than the rank', () => {
    const histogram = new Histogram();
    for (let value = 1; value <= 1000; value += 1) histogram.record(value / 1000);
    expect([histogram.percentile(99.9), histogram.percentile(99.91)]).toEqual([0.999, 1]);
  });

  it('never gives a higher percentile less than a lower one', () => {
    fc.assert(
      fc.property(latencies, percents, percents, (values, one, other) => {
        const histogram = histogramOf(values);
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(histogram.percentile(low)).toBeLessThanOrEqual(histogram.percentile(high));
      }),
    );
  });

  it('is all zeroes when nothing was recorded, also after merging nothing', () => {
    const histogram = new Histogram();
    histogram.merge(new Histogram());
    expect(Object.values(histogram.summary()).every((figure) => figure === 0)).toBe(true);
  });

  it('counts a negative latency as 0 and refuses what is not a number', () => {
    const histogram = histogramOf([-3, 5]);
    expect(histogram.minMicros).toBe(0);
    expect(histogram.meanMicros).toBe(2.5);
    expect(() => histogram.record(NaN)).toThrow(RangeError);
  });

  it('takes memory by how far its latencies are apart, not by how long or how many they are', () => {
    const histogram = new Histogram();
    expect(histogram.bytes).toBe(0);
    for (let micros = 1_000_000; micros < 1_010_000; micros += 1) histogram.record(micros);
    expect(histogram.bytes).toBeLessThanOrEqual(2_048);
    histogram.record(1);
    expect(histogram.bytes).toBeLessThanOrEqual(3_072);
  });

  it('records a latency several times at once', () => {
    const histogram = new Histogram();
    histogram.record(10, 99);
    histogram.record(1000);
    expect([histogram.count, histogram.percentile(99.9)]).toEqual([100, 1000]);
    expect(histogram.percentile(99)).toBeCloseTo(10, 1);
  });
});
