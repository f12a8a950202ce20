import { minimise, solveLinear } from './least-squares';

// Misra1a of the Statistical Reference Datasets (NIST), with its certified parameters.
const VOLUMES = [
  10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.4, 75.47, 81.78,
];
const PRESSURES = [
  77.6, 114.9, 141.1, 190.8, 239.9, 289, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1, 760,
];

const misra = {
  residuals: ([b1 = 0, b2 = 0]: readonly number[]) =>
    PRESSURES.map((x, i) => b1 * (1 - Math.exp(-b2 * x)) - (VOLUMES[i] ?? 0)),
  slopes: ([b1 = 0, b2 = 0]: readonly number[]) =>
    PRESSURES.map((x) => [1 - Math.exp(-b2 * x), b1 * x * Math.exp(-b2 * x)]),
};

describe('minimise', () => {
  test.each([
    ['far from it', [500, 0.0001]],
    ['near it', [250, 0.0005]],
  ])('finds the certified minimum of Misra1a from a start %s', (_, start) => {
    const found = minimise(misra, start, 1e-12);
    expect((found?.parameters[0] ?? 0) / 238.94212918).toBeCloseTo(1, 9);
    expect((found?.parameters[1] ?? 0) / 5.5015643181e-4).toBeCloseTo(1, 9);
    expect(found?.squares).toBeCloseTo(0.12455138894, 10);
  });

  it('takes no step to where the model is not defined', () => {
    const logarithm = {
      residuals: ([x = 0]: readonly number[]) => (x > 0 ? [Math.log(x) - 3] : undefined),
      slopes: ([x = 0]: readonly number[]) => [[1 / x]],
    };
    // The first step of Newton's from here goes to -139.
    expect(minimise(logarithm, [100], 1e-12)?.parameters[0]).toBeCloseTo(Math.exp(3), 9);
    expect(minimise(logarithm, [-1], 1e-12)).toBeUndefined();
  });

  it('gives up where two parameters do the same', () => {
    const rows = [1, 2, 3].map((x) => [x, 2 * x]);
    expect(solveLinear(rows, [1, 2, 3])).toBeUndefined();
  });
});
