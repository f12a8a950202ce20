import { plannedRuns } from './order';

const points = Array.from({ length: 30 }, (_, point) => ({
  point,
  values: {},
  settings: [`n=${point}`],
  network: {},
}));

describe('the runs of a study', () => {
  const runs = plannedRuns({ mode: 'simulated', repetitions: 3, seed: 5 }, points);

  it('are all repetitions of all points, each repetition with a seed of its own', () => {
    expect(runs).toHaveLength(90);
    expect(new Set(runs.map(({ point, repetition }) => `${point}/${repetition}`)).size).toBe(90);
    for (const { repetition, seed } of runs) expect(seed).toBe(4 + repetition);
  });

  it('come in an order that has nothing to do with the parameters, the same one for a seed', () => {
    const order = runs.map(({ point }) => point);
    expect(order).toEqual(
      plannedRuns({ mode: 'simulated', repetitions: 3, seed: 5 }, points).map(({ point }) => point),
    );
    expect(order).not.toEqual(
      plannedRuns({ mode: 'simulated', repetitions: 3, seed: 6 }, points).map(({ point }) => point),
    );
    // Rank correlation of place and point: a drift over time must not look like an effect.
    const mean = 44.5;
    const covariance = order.reduce((sum, point, place) => sum + (place - mean) * (point - 14.5), 0) / 90;
    expect(Math.abs(covariance) / (25.98 * 8.66)).toBeLessThan(0.25);
  });

  it('are made both ways where that is asked for', () => {
    const both = plannedRuns({ mode: 'both', repetitions: 2, seed: 1 }, points);
    expect(both.filter(({ mode }) => mode === 'live')).toHaveLength(60);
    expect(both.filter(({ mode }) => mode === 'simulated')).toHaveLength(60);
  });
});
