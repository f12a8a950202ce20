import { FigureInvalid } from '../figures';
import { fitUsl } from './fit';
import { uslThroughputPerSecond } from './law';
import type { ScalingPoint } from './points';
import { exactPoints, fitOf, noisyPoints, POWERS } from './synthetic.testkit';

const seriesOf = (concurrencies: number[], throughputs: number[]): ScalingPoint[] =>
  concurrencies.map((concurrency, at) => ({ concurrency, throughputsPerSecond: [throughputs[at] ?? 0] }));

/** Sun SPARCcenter 2000 in the SPEC SDM91 benchmark (Gunther 2007; the data set `specsdm91` of the R package usl). Scripts per hour. */
const SDM91 = seriesOf([1, 18, 36, 72, 108, 144, 216], [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775, 1702.2]);
/** A ray tracer on an SGI Origin 2000 (Gunther 2007; the data set `raytracer` of the R package usl). */
const RAYTRACER = seriesOf(
  [1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64],
  [20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310],
);

describe('published data', () => {
  it('of SPEC SDM91 gives the parameters and the peak that were published with it', () => {
    const { parameters, peak, unbounded } = fitOf(SDM91, { residuals: 'absolute', resamples: 1000 });
    expect(parameters.lambdaPerSecond).toBeCloseTo(89.995233, 5);
    expect(parameters.sigma).toBeCloseTo(0.0277285, 7);
    expect(parameters.kappa).toBeCloseTo(0.0001044, 7);
    expect(unbounded).toBeNull();
    expect(peak).toMatchObject({ kind: 'peak' });
    if (peak.kind !== 'peak') return;
    expect(peak.concurrency).toBeCloseTo(96.52, 2);
    expect(Math.round(peak.throughputPerSecond)).toBe(1884);
    expect(peak.concurrencyInterval.low).toBeLessThan(96.52);
    expect(peak.concurrencyInterval.high).toBeGreaterThan(96.52);
  });

  it('of SPEC SDM91 counts the lowest load as much as the others with relative residuals', () => {
    const { parameters, points } = fitOf(SDM91);
    expect(parameters.lambdaPerSecond).toBeCloseTo(67.9423, 3);
    expect(parameters.sigma).toBeCloseTo(0.0134524, 6);
    expect(parameters.kappa).toBeCloseTo(0.00011511, 7);
    // The published curve is 39 % above what was measured there.
    expect(Math.abs(points[0]?.relativeResidual ?? 1)).toBeLessThan(0.05);
  });

  it('of the ray tracer shows contention and no coherency', () => {
    const { parameters, peak, comparison } = fitOf(RAYTRACER);
    expect(parameters.lambdaPerSecond).toBeCloseTo(21.5915, 3);
    expect(parameters.sigma).toBeCloseTo(0.0564054, 5);
    expect(comparison.supported).toBe('amdahl');
    expect(peak).toMatchObject({ kind: 'no-peak-in-range', reason: 'kappa-not-distinguishable' });
    const absolute = fitOf(RAYTRACER, { residuals: 'absolute' });
    expect(absolute.parameters.kappa).toBe(0);
    expect(absolute.parameters.sigma).toBeCloseTo(0.0577708, 6);
    expect(absolute.unbounded?.kappa).toBeLessThan(0);
  });
});

describe('what a fit says of awkward data', () => {
  it('has the same intervals for the same seed and others for another', () => {
    const points = noisyPoints(
      { lambdaPerSecond: 100, sigma: 0.1, kappa: 0.001 },
      { seed: 3, relative: 0.05, repetitions: 2 },
    );
    expect(fitUsl(points, { seed: 7 })).toEqual(fitUsl(points, { seed: 7 }));
    expect(fitOf(points, { seed: 8 }).intervals).not.toEqual(fitOf(points, { seed: 7 }).intervals);
  });

  it('is plain data', () => {
    const fit = fitOf(SDM91);
    expect(JSON.parse(JSON.stringify(fit))).toEqual(fit);
  });

  it('gives throughput that falls from the first point on no peak in range', () => {
    const { parameters, peak } = fitOf(exactPoints({ lambdaPerSecond: 500, sigma: 0.99, kappa: 0.2 }));
    expect(parameters.sigma).toBeCloseTo(0.99, 8);
    expect(peak).toMatchObject({ kind: 'no-peak-in-range', reason: 'before-measured' });
  });

  it('finds the peak of throughput that falls in the end', () => {
    const { peak } = fitOf(exactPoints({ lambdaPerSecond: 500, sigma: 0.04, kappa: 0.0024 }));
    expect(peak).toMatchObject({ kind: 'peak' });
    if (peak.kind === 'peak') expect(peak.concurrency).toBeCloseTo(20, 6);
  });

  it('does not carry a peak on beyond what was measured', () => {
    const { peak } = fitOf(exactPoints({ lambdaPerSecond: 500, sigma: 0.04, kappa: 0.00006 }));
    expect(peak).toMatchObject({ kind: 'no-peak-in-range', reason: 'beyond-measured' });
    if (peak.kind !== 'peak') expect(peak.extrapolatedConcurrency).toBeCloseTo(126.49, 2);
  });

  it('holds superlinear data at sigma = 0 and says so', () => {
    const truth = { lambdaPerSecond: 100, sigma: -0.01, kappa: 0.0001 };
    const { parameters, unbounded, comparison } = fitOf(exactPoints(truth));
    expect(parameters.sigma).toBe(0);
    expect(parameters.kappa).toBeGreaterThanOrEqual(0);
    expect(unbounded?.sigma).toBeCloseTo(-0.01, 8);
    expect(comparison.models.amdahl.parameters.sigma).toBe(0);
  });

  it('shows a huge outlier as the largest residual, with intervals that stay wide', () => {
    const truth = { lambdaPerSecond: 1000, sigma: 0.05, kappa: 0.0005 };
    const points = noisyPoints(truth, { seed: 11, relative: 0.02, repetitions: 3 });
    const clean = fitOf(points);
    const spoilt = points.map((point) =>
      point.concurrency === 8
        ? {
            ...point,
            throughputsPerSecond: point.throughputsPerSecond.map((each, at) => (at === 0 ? each * 20 : each)),
          }
        : point,
    );
    const fit = fitOf(spoilt);
    const worst = [...fit.points].sort(
      (a, b) => Math.abs(b.relativeResidual) - Math.abs(a.relativeResidual),
    )[0];
    expect(worst?.concurrency).toBe(8);
    const width = ({ intervals }: typeof fit): number => intervals.sigma.high - intervals.sigma.low;
    expect(width(fit)).toBeGreaterThan(5 * width(clean));
    expect(fit.intervals.sigma.low).toBeLessThanOrEqual(truth.sigma);
    expect(fit.r2).toBeLessThan(clean.r2);
  });

  it('puts repetitions together that come as points of their own', () => {
    const apart = [1, 2, 4, 8, 8, 2].map((concurrency, at) => ({
      concurrency,
      throughputsPerSecond: [concurrency * 10 + at],
    }));
    const { points, observations } = fitOf(apart);
    expect(points.map(({ concurrency, repetitions }) => [concurrency, repetitions])).toEqual([
      [1, 1],
      [2, 2],
      [4, 1],
      [8, 2],
    ]);
    expect(observations).toBe(6);
  });

  it('fits concurrencies that do not begin at 1', () => {
    const truth = { lambdaPerSecond: 300, sigma: 0.1, kappa: 0.002 };
    const { parameters } = fitOf(exactPoints(truth, [6, 12, 18, 24, 36]));
    expect(parameters.lambdaPerSecond).toBeCloseTo(300, 6);
    expect(parameters.sigma).toBeCloseTo(0.1, 8);
  });
});

describe('what is not fitted', () => {
  it('are fewer than 4 concurrencies, however often measured', () => {
    const refusal = fitUsl(
      [1, 2, 4, 4, 2].map((concurrency) => ({ concurrency, throughputsPerSecond: [concurrency, 7] })),
    );
    expect(refusal).toEqual({
      kind: 'refused',
      reason: 'too-few-points',
      message: 'found 3 different concurrencies, expected at least 4: measure more of them',
    });
  });

  it('is the same throughput everywhere, but almost the same is', () => {
    expect(
      fitUsl(
        seriesOf(
          POWERS,
          POWERS.map(() => 800),
        ),
      ),
    ).toMatchObject({ kind: 'refused', reason: 'no-variation' });
    const { parameters } = fitOf(
      seriesOf(
        POWERS,
        POWERS.map((_, at) => 800 + (at % 2)),
      ),
    );
    expect(parameters.sigma).toBeCloseTo(1, 2);
    expect(parameters.kappa).toBeCloseTo(0, 3);
  });

  it('is what is nothing like the law', () => {
    const points = [
      { concurrency: 1, throughputsPerSecond: [1] },
      { concurrency: 10.139113857366794, throughputsPerSecond: [110662.37839776653] },
      { concurrency: 13.489628825916533, throughputsPerSecond: [213796.20895022323, 1] },
      { concurrency: 15.703628043335524, throughputsPerSecond: [1, 1] },
    ];
    expect(fitUsl(points, { residuals: 'absolute' })).toMatchObject({
      kind: 'refused',
      reason: 'no-convergence',
    });
  });

  it('is a curve without throughput at concurrency 1', () => {
    const cubic = [10, 20, 40, 80].map((n) => ({ concurrency: n, throughputsPerSecond: [1e7 / n ** 3] }));
    expect(fitUsl(cubic)).toMatchObject({ kind: 'refused', reason: 'lambda-undetermined' });
  });

  const good = exactPoints({ lambdaPerSecond: 10, sigma: 0.1, kappa: 0.01 });
  test.each<[string, () => unknown, string]>([
    [
      'no number',
      () => fitUsl([...good, { concurrency: 3, throughputsPerSecond: [NaN] }]),
      'throughput at concurrency 3: found NaN, expected a number above 0',
    ],
    [
      'no throughput',
      () => fitUsl([...good, { concurrency: 3, throughputsPerSecond: [0] }]),
      'throughput at concurrency 3: found 0, expected a number above 0',
    ],
    [
      'no repetition',
      () => fitUsl([{ concurrency: 3, throughputsPerSecond: [] }]),
      'throughput at concurrency 3: found none, expected at least one repetition',
    ],
    [
      'a concurrency below 1',
      () => fitUsl([{ concurrency: 0, throughputsPerSecond: [1] }]),
      'concurrency of point 0: found 0, expected a number of at least 1',
    ],
    [
      'a level of percent',
      () => fitUsl(good, { level: 95 }),
      'level: found 95, expected a number between 0 and 1',
    ],
    [
      'too few resamples',
      () => fitUsl(good, { resamples: 10 }),
      'resamples: found 10, expected a whole number of at least 40',
    ],
    ['a seed that is none', () => fitUsl(good, { seed: 0.5 }), 'seed: found 0.5, expected a whole number'],
  ])('%s is an error that says what was expected', (_, act, message) => {
    expect(act).toThrow(FigureInvalid);
    expect(act).toThrow(message);
  });

  it('leaves the law itself to be drawn', () => {
    const parameters = { lambdaPerSecond: 100, sigma: 0.02, kappa: 0.02 };
    // The worked example of the R package's tests.
    const published = [1, 1.8868, 3.0769, 3.5294, 3.5398, 3.3557];
    [1, 2, 4, 6, 8, 10].forEach((concurrency, at) =>
      expect(uslThroughputPerSecond(parameters, concurrency) / 100).toBeCloseTo(published[at] ?? 0, 4),
    );
  });
});
