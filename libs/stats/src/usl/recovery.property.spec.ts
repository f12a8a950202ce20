import * as fc from 'fast-check';
import { fitUsl } from './fit';
import { type UslParameters, uslThroughputPerSecond } from './law';
import type { ScalingPoint } from './points';
import type { ResidualScale } from './scale';
import { exactPoints, fitOf, noisyPoints } from './synthetic.testkit';

/** Numbers spread evenly over powers of ten. */
const decades = (from: number, to: number): fc.Arbitrary<number> =>
  fc.integer({ min: from * 1000, max: to * 1000 }).map((thousandths) => 10 ** (thousandths / 1000));
const parameters: fc.Arbitrary<UslParameters> = fc.record({
  lambdaPerSecond: decades(-3, 7),
  sigma: fc.oneof(fc.constant(0), fc.double({ min: 1e-4, max: 0.99, noNaN: true })),
  kappa: fc.oneof(fc.constant(0), decades(-6, -1)),
});
const concurrencies = fc
  .uniqueArray(fc.integer({ min: 1, max: 256 }), { minLength: 4, maxLength: 12 })
  .map((some) => [...some.filter((each) => each !== 1), 1].sort((one, other) => one - other))
  .filter((some) => some.length >= 4 && (some.at(-1) ?? 0) >= 8);

/** Sum of the squares of residuals, with the lambda that makes it least for these sigma and kappa. */
function leastSquares(
  points: readonly ScalingPoint[],
  residuals: ResidualScale,
  sigma: number,
  kappa: number,
): number {
  const pairs = points.flatMap(({ concurrency, throughputsPerSecond }) => {
    const unit = uslThroughputPerSecond({ lambdaPerSecond: 1, sigma, kappa }, concurrency);
    return throughputsPerSecond.map((measured) => ({ measured, unit }));
  });
  const sum = (term: (pair: (typeof pairs)[number]) => number): number =>
    pairs.reduce((total, pair) => total + term(pair), 0);
  if (residuals === 'absolute') {
    const lambda = sum(({ measured, unit }) => measured * unit) / sum(({ unit }) => unit * unit);
    return (
      sum(({ measured, unit }) => (measured - lambda * unit) ** 2) / sum(({ measured }) => measured) ** 2
    );
  }
  const middle = sum(({ measured, unit }) => Math.log(measured / unit)) / pairs.length;
  return sum(({ measured, unit }) => (Math.log(measured / unit) - middle) ** 2);
}

describe('a fit of the law', () => {
  it('gives the parameters of exact data back', () => {
    fc.assert(
      fc.property(parameters, concurrencies, (truth, measured) => {
        const { parameters: found, points } = fitOf(exactPoints(truth, measured), { resamples: 40 });
        expect(found.lambdaPerSecond / truth.lambdaPerSecond).toBeCloseTo(1, 8);
        expect(found.sigma).toBeCloseTo(truth.sigma, 8);
        expect(found.kappa).toBeCloseTo(truth.kappa, 8);
        for (const { relativeResidual } of points) expect(relativeResidual).toBeCloseTo(0, 10);
      }),
    );
  });

  it('finds no worse a minimum than any of a grid', () => {
    const grid = [0, ...Array.from({ length: 13 }, (_, step) => 10 ** (-6 + step / 2))];
    const noise = fc.record({
      seed: fc.nat(),
      relative: fc.double({ min: 0, max: 0.3, noNaN: true }),
      repetitions: fc.integer({ min: 1, max: 3 }),
    });
    const scales = fc.constantFrom('relative' as const, 'absolute' as const);
    fc.assert(
      fc.property(parameters, noise, scales, (truth, how, residuals) => {
        const points = noisyPoints(truth, how);
        const { sigma, kappa } = fitOf(points, { resamples: 40, residuals }).parameters;
        const found = leastSquares(points, residuals, sigma, kappa);
        const onGrid = grid.flatMap((s) => grid.map((k) => leastSquares(points, residuals, s, k)));
        expect(found).toBeLessThanOrEqual(Math.min(...onGrid) * (1 + 1e-9) + 1e-15);
      }),
    );
  });

  it('ends with a fit or a reason whatever was measured, and with no figure that is none', () => {
    const point = fc.record({
      concurrency: fc.oneof(fc.integer({ min: 1, max: 1000 }), decades(0, 3)),
      throughputsPerSecond: fc.array(decades(-3, 6), { minLength: 1, maxLength: 3 }),
    });
    const holdsNone = (value: unknown): boolean =>
      typeof value === 'object' && value !== null
        ? Object.values(value).some(holdsNone)
        : Number.isNaN(value) || value === undefined;
    fc.assert(
      fc.property(
        fc.uniqueArray(point, { minLength: 4, maxLength: 10, selector: ({ concurrency }) => concurrency }),
        fc.constantFrom('relative' as const, 'absolute' as const),
        (points, residuals) => {
          const found = fitUsl(points, { resamples: 40, residuals });
          expect(holdsNone(found)).toBe(false);
          if (found.kind === 'refused')
            expect(found.reason).toMatch(/^(lambda-undetermined|no-convergence)$/);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the same for the same seed, and whatever the unit of throughput', () => {
    fc.assert(
      fc.property(
        parameters,
        fc.nat(),
        fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
        (truth, seed, unit) => {
          const points = noisyPoints(truth, { seed, relative: 0.05, repetitions: 2 });
          const fit = fitOf(points, { resamples: 40 });
          expect(fitOf([...points].reverse(), { resamples: 40 })).toEqual(fit);
          const scaled = points.map(({ concurrency, throughputsPerSecond }) => ({
            concurrency,
            throughputsPerSecond: throughputsPerSecond.map((each) => each * unit),
          }));
          const other = fitOf(scaled, { resamples: 40 }).parameters;
          expect(other.lambdaPerSecond / fit.parameters.lambdaPerSecond / unit).toBeCloseTo(1, 6);
          expect(other.sigma).toBeCloseTo(fit.parameters.sigma, 6);
          expect(other.kappa).toBeCloseTo(fit.parameters.kappa, 6);
        },
      ),
    );
  });
});
