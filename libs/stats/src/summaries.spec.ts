import * as fc from 'fast-check';
import { mean, median, pairedRatios, perSecond, ratio, summariseRounds } from './summaries';

const values = fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 });

describe('summaries of rounds', () => {
  it('has as many values below the median as above it', () => {
    fc.assert(
      fc.property(values, (some) => {
        const middle = median(some);
        const below = some.filter((value) => value < middle).length;
        const above = some.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(some.length / 2);
      }),
    );
  });

  it('gives median, mean, range and spread', () => {
    expect(summariseRounds([12, 8, 10])).toEqual({
      count: 3,
      median: 10,
      mean: 10,
      min: 8,
      max: 12,
      relativeSpread: 0.4,
    });
  });

  it('takes the ratio of each pair before the median', () => {
    expect(pairedRatios([10, 40, 90], [5, 10, 90])).toEqual([2, 4, 1]);
    expect(() => pairedRatios([1], [])).toThrow(RangeError);
  });

  it('has a ratio to nothing', () => {
    expect([ratio(3, 2), ratio(0, 0), ratio(1, 0)]).toEqual([1.5, 0, Infinity]);
  });

  it('gives rates per second', () => {
    expect([perSecond(500, 250_000), perSecond(5, 0)]).toEqual([2000, 0]);
  });

  it('refuses to summarise nothing', () => {
    expect(() => mean([])).toThrow(RangeError);
    expect(() => median([])).toThrow(RangeError);
  });
});
