import * as fc from 'fast-check';
import { compareRepetitions } from './compare-repetitions';
import { FigureInvalid } from './figures';
import { normalDraws } from './usl/synthetic.testkit';

const figures = fc.array(fc.double({ min: 1, max: 1000, noNaN: true }), { minLength: 2, maxLength: 8 });

describe('compareRepetitions', () => {
  it("is Welch's interval", () => {
    const before = [18, 20, 22, 16, 24];
    const after = [23, 25, 24, 22, 26];
    const { difference, differenceInterval, verdict } = compareRepetitions(before, after);
    // Variances 10 and 2.5, so 2 and 0.5 of the means: 2.5^2 / (4 / 4 + 0.25 / 4) = 5.88 degrees of freedom.
    expect(difference).toBe(4);
    expect(differenceInterval?.low).toBeCloseTo(4 - 2.459 * Math.sqrt(2.5), 2);
    expect(differenceInterval?.high).toBeCloseTo(4 + 2.459 * Math.sqrt(2.5), 2);
    expect(verdict).toBe('higher');
  });

  it('does not call noise a change', () => {
    expect(compareRepetitions([100, 104, 96], [101, 97, 105]).verdict).toBe('within-noise');
    expect(compareRepetitions([100, 104, 96], [81, 77, 85]).verdict).toBe('lower');
  });

  it('knows nothing of noise from a single repetition', () => {
    expect(compareRepetitions([100], [50, 51])).toMatchObject({
      difference: -49.5,
      relativeChange: -0.495,
      differenceInterval: null,
      relativeChangeInterval: null,
      verdict: 'unknown',
    });
  });

  it('takes what never varies at its word', () => {
    expect(compareRepetitions([7, 7], [7, 7])).toMatchObject({
      verdict: 'within-noise',
      differenceInterval: { low: 0, high: 0 },
    });
    expect(compareRepetitions([7, 7], [8, 8]).verdict).toBe('higher');
  });

  it('gives the relative change the sign of the difference, and none of a base of 0', () => {
    expect(compareRepetitions([-10, -11, -9], [-5, -6, -4])).toMatchObject({
      relativeChange: 0.5,
      verdict: 'higher',
    });
    expect(compareRepetitions([-1, 1], [5, 6])).toMatchObject({
      relativeChange: Infinity,
      relativeChangeInterval: null,
    });
  });

  it('agrees with itself: turned around, and in both intervals', () => {
    fc.assert(
      fc.property(figures, figures, (before, after) => {
        const there = compareRepetitions(before, after);
        const back = compareRepetitions(after, before);
        expect(back.difference).toBeCloseTo(-there.difference, 9);
        expect(back.differenceInterval?.low).toBeCloseTo(-(there.differenceInterval?.high ?? 0), 6);
        const relative = there.relativeChangeInterval;
        if (!relative || there.verdict === 'unknown') return;
        const nearest = Math.min(Math.abs(relative.low), Math.abs(relative.high));
        if (nearest < 1e-9) return;
        const saysRelative = relative.low > 0 ? 'higher' : relative.high < 0 ? 'lower' : 'within-noise';
        expect(saysRelative).toBe(there.verdict);
        expect(relative.low).toBeLessThanOrEqual(there.relativeChange + 1e-9);
        expect(relative.high).toBeGreaterThanOrEqual(there.relativeChange - 1e-9);
      }),
    );
  });

  it('holds the true difference and the true relative change about 95 times of 100', () => {
    let [ofDifference, ofRelative] = [0, 0];
    for (let seed = 1; seed <= 200; seed += 1) {
      const normal = normalDraws(seed);
      const draw = (mean: number, deviation: number): number[] =>
        [1, 2, 3, 4].map(() => mean + deviation * normal());
      const { differenceInterval, relativeChangeInterval } = compareRepetitions(draw(100, 3), draw(110, 8));
      if (differenceInterval && differenceInterval.low <= 10 && differenceInterval.high >= 10)
        ofDifference += 1;
      if (relativeChangeInterval && relativeChangeInterval.low <= 0.1 && relativeChangeInterval.high >= 0.1)
        ofRelative += 1;
    }
    for (const count of [ofDifference, ofRelative]) {
      expect(count).toBeGreaterThanOrEqual(181);
      expect(count).toBeLessThanOrEqual(199);
    }
  });

  it('refuses what it cannot compare', () => {
    expect(() => compareRepetitions([], [1])).toThrow(FigureInvalid);
    expect(() => compareRepetitions([1, NaN], [1])).toThrow(
      'repetition 1 before: found NaN, expected a number',
    );
    expect(() => compareRepetitions([1], [1], { level: 1 })).toThrow(
      'level: found 1, expected a number between 0 and 1',
    );
  });
});
