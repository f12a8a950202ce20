import { SeededRandom } from './random';
import { drawSpread, empiricalSpread, meanOfSpread, type Spread } from './spread';

const DRAWS = 40_000;
const drawsOf = (spread: Spread): number[] => {
  const random = new SeededRandom(1);
  return Array.from({ length: DRAWS }, () => drawSpread(random, spread)).sort((one, other) => one - other);
};
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(share * sorted.length)] ?? 0;
const mean = (draws: readonly number[]): number => draws.reduce((sum, draw) => sum + draw, 0) / draws.length;

describe('a spread', () => {
  it('with one value is constant, and draws nothing from the random stream', () => {
    const unit = jest.fn();
    expect(drawSpread({ unit }, { median: 7, p99: 7 })).toBe(7);
    expect(unit).not.toHaveBeenCalled();
    expect(meanOfSpread({ median: 7, p99: 7 })).toBe(7);
  });

  it('is lognormal through its median and its 99th percentile', () => {
    const spread = { median: 450, p99: 4000 };
    const draws = drawsOf(spread);
    expect(quantile(draws, 0.5)).toBeGreaterThan(0.97 * 450);
    expect(quantile(draws, 0.5)).toBeLessThan(1.03 * 450);
    expect(quantile(draws, 0.99)).toBeGreaterThan(0.93 * 4000);
    expect(quantile(draws, 0.99)).toBeLessThan(1.07 * 4000);
    expect(mean(draws) / meanOfSpread(spread)).toBeCloseTo(1, 1);
  });

  it('of values takes them as often as they weigh', () => {
    const spread = empiricalSpread([
      { value: 100, weight: 1 },
      { value: 5, weight: 8 },
      { value: 20, weight: 1 },
      { value: 9, weight: 0 },
    ]);
    expect(spread).toMatchObject({ median: 5, p99: 100 });
    expect(meanOfSpread(spread)).toBe(16);
    const draws = drawsOf(spread);
    const share = (value: number): number => draws.filter((draw) => draw === value).length / DRAWS;
    expect([5, 20, 100, 9].map((value) => Number(share(value).toFixed(2)))).toEqual([0.8, 0.1, 0.1, 0]);
  });

  it('of values without any weight is none', () => {
    for (const values of [[], [{ value: 1, weight: 0 }]])
      expect(() => empiricalSpread(values)).toThrow(/needs a value with a weight above 0/);
  });
});
