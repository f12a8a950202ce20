import type { UslParameters } from './law';
import { fitOf, noisyPoints } from './synthetic.testkit';

const TRIALS = 200;
const seeds = Array.from({ length: TRIALS }, (_, trial) => trial + 1);
const truth: UslParameters = { lambdaPerSecond: 1000, sigma: 0.05, kappa: 0.0005 };

/** In how many of 200 trials the interval of each parameter holds the true one. */
function hits(points: (seed: number) => ReturnType<typeof noisyPoints>): Record<keyof UslParameters, number> {
  const found = { lambdaPerSecond: 0, sigma: 0, kappa: 0 };
  for (const seed of seeds) {
    const { intervals } = fitOf(points(seed), { resamples: 200, seed });
    for (const name of ['lambdaPerSecond', 'sigma', 'kappa'] as const)
      if (intervals[name].low <= truth[name] && truth[name] <= intervals[name].high) found[name] += 1;
  }
  return found;
}

// 190 of 200 are expected at 95 %, give or take 3; 181 to 199 leave three of these on both sides.
describe('intervals of a fit', () => {
  it('hold the true parameters about 95 times of 100, with 3 repetitions at 7 points', () => {
    const found = hits((seed) => noisyPoints(truth, { seed, relative: 0.03, repetitions: 3 }));
    for (const count of Object.values(found)) {
      expect(count).toBeGreaterThanOrEqual(181);
      expect(count).toBeLessThanOrEqual(199);
    }
  }, 60_000);

  it('hold them about as often with a single repetition at 6 points', () => {
    const found = hits((seed) =>
      noisyPoints(truth, { seed, relative: 0.03, repetitions: 1 }, [1, 4, 8, 16, 32, 64]),
    );
    for (const count of Object.values(found)) expect(count).toBeGreaterThanOrEqual(178);
  }, 60_000);

  it('get narrower with more repetitions and wider with a higher level', () => {
    const width = (repetitions: number, level: number): number => {
      const { kappa } = fitOf(noisyPoints(truth, { seed: 5, relative: 0.03, repetitions }), {
        level,
      }).intervals;
      return kappa.high - kappa.low;
    };
    expect(width(20, 0.95)).toBeLessThan(width(2, 0.95));
    expect(width(3, 0.99)).toBeGreaterThan(width(3, 0.8));
  });
});
