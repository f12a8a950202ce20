import { FigureInvalid } from './figures';
import { speedUpOf } from './speed-up';
import { normalDraws } from './usl/synthetic.testkit';

describe('speedUpOf', () => {
  it('is relative to the smallest point, whatever the order', () => {
    const found = speedUpOf([
      { concurrency: 8, throughputsPerSecond: [300] },
      { concurrency: 2, throughputsPerSecond: [100] },
      { concurrency: 4, throughputsPerSecond: [210, 190] },
    ]);
    expect(found.map(({ concurrency, speedUp, efficiency }) => [concurrency, speedUp, efficiency])).toEqual([
      [2, 1, 1],
      [4, 2, 1],
      [8, 3, 0.75],
    ]);
    expect(found.map(({ speedUpInterval }) => speedUpInterval)).toEqual([null, null, null]);
  });

  it('has intervals where both were repeated, which hold the speed-up and shrink with its efficiency', () => {
    const [base, four] = speedUpOf([
      { concurrency: 1, throughputsPerSecond: [98, 100, 102] },
      { concurrency: 4, throughputsPerSecond: [350, 360, 340] },
    ]);
    expect(base?.efficiencyInterval).toBeNull();
    expect(four?.speedUp).toBe(3.5);
    expect(four?.speedUpInterval?.low).toBeLessThan(3.5);
    expect(four?.speedUpInterval?.high).toBeGreaterThan(3.5);
    expect(four?.efficiencyInterval?.low).toBeCloseTo((four?.speedUpInterval?.low ?? 0) / 4, 12);
  });

  it('holds the true speed-up about 95 times of 100', () => {
    let hits = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      const normal = normalDraws(seed);
      const draw = (mean: number): number[] => [1, 2, 3].map(() => mean * (1 + 0.04 * normal()));
      const [, at] = speedUpOf([
        { concurrency: 1, throughputsPerSecond: draw(50) },
        { concurrency: 16, throughputsPerSecond: draw(500) },
      ]);
      if (at?.speedUpInterval && at.speedUpInterval.low <= 10 && at.speedUpInterval.high >= 10) hits += 1;
    }
    expect(hits).toBeGreaterThanOrEqual(181);
    expect(hits).toBeLessThanOrEqual(199);
  });

  it('gives no interval where the smallest point is not told from 0', () => {
    const [, four] = speedUpOf([
      { concurrency: 1, throughputsPerSecond: [1, 100] },
      { concurrency: 4, throughputsPerSecond: [350, 360] },
    ]);
    expect(four?.speedUpInterval).toBeNull();
  });

  it('refuses no points', () => {
    expect(() => speedUpOf([])).toThrow(FigureInvalid);
  });
});
