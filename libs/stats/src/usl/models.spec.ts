import type { UslParameters } from './law';
import { SCALING_MODELS, type ScalingModel } from './models';
import { exactPoints, fitOf, noisyPoints } from './synthetic.testkit';

/** How often each model is supported over 100 noisy series of 3 repetitions at 7 points. */
function supportedOver(truth: UslParameters): Record<ScalingModel, number> {
  const counts = { linear: 0, amdahl: 0, usl: 0 };
  for (let seed = 1; seed <= 100; seed += 1) {
    const { supported } = fitOf(noisyPoints(truth, { seed, relative: 0.03, repetitions: 3 }), {
      resamples: 40,
    }).comparison;
    if (supported) counts[supported] += 1;
  }
  return counts;
}

describe('the comparison of models', () => {
  it('shows a peak that is not there in few series of a hundred', () => {
    const truth = { lambdaPerSecond: 50, sigma: 0.1, kappa: 0 };
    let shown = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const points = noisyPoints(truth, { seed, relative: 0.03, repetitions: 3 });
      const { peak } = fitOf(points, { seed, resamples: 200 });
      if (peak.kind === 'peak' || peak.reason !== 'kappa-not-distinguishable') shown += 1;
    }
    // 2.5 are expected at a level of 95 %.
    expect(shown).toBeLessThanOrEqual(8);
  });

  it('claims no contention where there is none', () => {
    expect(supportedOver({ lambdaPerSecond: 50, sigma: 0, kappa: 0 }).linear).toBeGreaterThanOrEqual(93);
  });

  it('claims contention and no coherency where there is only contention', () => {
    expect(supportedOver({ lambdaPerSecond: 50, sigma: 0.1, kappa: 0 }).amdahl).toBeGreaterThanOrEqual(93);
  });

  it('finds coherency where there is some', () => {
    expect(supportedOver({ lambdaPerSecond: 50, sigma: 0.05, kappa: 0.001 }).usl).toBe(100);
  });

  test.each<[ScalingModel, UslParameters]>([
    ['linear', { lambdaPerSecond: 7, sigma: 0, kappa: 0 }],
    ['amdahl', { lambdaPerSecond: 7, sigma: 0.3, kappa: 0 }],
    ['usl', { lambdaPerSecond: 7, sigma: 0.3, kappa: 0.01 }],
  ])('supports %s for exact data of it, and not by rounding', (model, truth) => {
    const { comparison, r2 } = fitOf(exactPoints(truth));
    expect(comparison.supported).toBe(model);
    expect(r2).toBeCloseTo(1, 10);
  });

  it('prefers the simplest of those that are about equally well supported', () => {
    const truth = { lambdaPerSecond: 50, sigma: 0.1, kappa: 0 };
    let notBest = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const points = noisyPoints(truth, { seed, relative: 0.03, repetitions: 3 });
      const { supported, models } = fitOf(points, { resamples: 40 }).comparison;
      const above = SCALING_MODELS.map((model) => models[model].aiccAboveBest ?? Infinity);
      expect(supported).toBe(SCALING_MODELS[above.findIndex((each) => each <= 2)]);
      if (supported && models[supported].aiccAboveBest !== 0) notBest += 1;
    }
    expect(notBest).toBeGreaterThan(0);
  });

  it('has the criterion of Hurvich and Tsai', () => {
    const points = noisyPoints(
      { lambdaPerSecond: 50, sigma: 0.1, kappa: 0 },
      { seed: 4, relative: 0.1, repetitions: 1 },
    );
    const { amdahl } = fitOf(points).comparison.models;
    const { lambdaPerSecond, sigma } = amdahl.parameters;
    const squares = points.reduce((sum, { concurrency, throughputsPerSecond: [measured = 0] }) => {
      const fitted = (lambdaPerSecond * concurrency) / (1 + sigma * (concurrency - 1));
      return sum + Math.log(measured / fitted) ** 2;
    }, 0);
    // 7 observations, 3 parameters with the noise.
    expect(amdahl.aicc).toBeCloseTo(7 * Math.log(squares / 7) + 6 + 24 / 3, 10);
  });

  it('does not choose with fewer than 6 observations', () => {
    const truth = { lambdaPerSecond: 50, sigma: 0.1, kappa: 0.01 };
    const { supported, models } = fitOf(exactPoints(truth, [1, 4, 16, 64, 128])).comparison;
    expect(supported).toBeNull();
    expect(models.usl.aicc).toBeNull();
    expect(fitOf(exactPoints(truth, [1, 2, 4, 16, 64, 128])).comparison.supported).toBe('usl');
  });
});
