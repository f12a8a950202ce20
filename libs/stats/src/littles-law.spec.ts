import * as fc from 'fast-check';
import { FigureInvalid } from './figures';
import { checkLittlesLaw } from './littles-law';
import { seededDraws } from './draws';

describe("Little's law", () => {
  it('agrees with itself', () => {
    expect(
      checkLittlesLaw({
        throughputPerSecond: { value: 2000 },
        meanResidenceMicros: { value: 5000 },
        meanInside: { value: 10 },
      }),
    ).toEqual({
      expectedInside: 10,
      meanInside: 10,
      discrepancy: 0,
      relativeDiscrepancy: 0,
      withinTolerance: true,
      discrepancyInterval: null,
      withinUncertainty: null,
    });
  });

  it('says how far off figures are, and whether that is too far', () => {
    const input = {
      throughputPerSecond: { value: 2000 },
      meanResidenceMicros: { value: 5000 },
      meanInside: { value: 8 },
    };
    const check = checkLittlesLaw(input);
    expect(check.discrepancy).toBe(2);
    expect(check.relativeDiscrepancy).toBeCloseTo(0.2, 12);
    expect(check.withinTolerance).toBe(false);
    expect(checkLittlesLaw(input, { relativeTolerance: 0.2 }).withinTolerance).toBe(true);
    expect(checkLittlesLaw({ ...input, meanInside: { value: 12.5 } }).relativeDiscrepancy).toBeCloseTo(
      -0.2,
      12,
    );
  });

  it('carries the errors of the three figures into the discrepancy', () => {
    const check = checkLittlesLaw({
      throughputPerSecond: { value: 2000, standardError: 60 },
      meanResidenceMicros: { value: 5000, standardError: 200 },
      meanInside: { value: 9, standardError: 0.5 },
    });
    // 0.3, 0.4 and 0.5 in number inside.
    const distance = 1.9599639845 * Math.sqrt(0.5);
    expect(check.discrepancyInterval?.low).toBeCloseTo(1 - distance, 8);
    expect(check.discrepancyInterval?.high).toBeCloseTo(1 + distance, 8);
    expect(check.withinUncertainty).toBe(true);
    const sharper = checkLittlesLaw({
      throughputPerSecond: { value: 2000 },
      meanResidenceMicros: { value: 5000 },
      meanInside: { value: 9, standardError: 0.5 },
    });
    expect(sharper.withinUncertainty).toBe(false);
  });

  it('holds for whatever comes and goes in a window that begins and ends empty', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 200 }), (seed, jobs) => {
        const draw = seededDraws(seed);
        const stays = Array.from({ length: jobs }, () => {
          const from = draw(1_000_000);
          return { from, to: from + 1 + draw(50_000) };
        });
        const windowMicros = 1_050_001;
        const residence = stays.reduce((sum, { from, to }) => sum + to - from, 0) / jobs;
        const check = checkLittlesLaw({
          throughputPerSecond: { value: (jobs * 1e6) / windowMicros },
          meanResidenceMicros: { value: residence },
          meanInside: { value: areaUnder(stays) / windowMicros },
        });
        expect(Math.abs(check.relativeDiscrepancy)).toBeLessThan(1e-9);
      }),
    );
  });

  it('holds for nothing at all, and refuses what is below 0', () => {
    const nothing = {
      throughputPerSecond: { value: 0 },
      meanResidenceMicros: { value: 0 },
      meanInside: { value: 0 },
    };
    expect(checkLittlesLaw(nothing).withinTolerance).toBe(true);
    expect(() => checkLittlesLaw({ ...nothing, meanInside: { value: -1 } })).toThrow(FigureInvalid);
    expect(() => checkLittlesLaw({ ...nothing, meanInside: { value: 1, standardError: NaN } })).toThrow(
      'standard error of the mean number inside: found NaN, expected a number of at least 0',
    );
  });
});

/** Integral of the number inside, by its steps. */
function areaUnder(stays: readonly { from: number; to: number }[]): number {
  const steps = stays
    .flatMap(({ from, to }) => [[from, 1] as const, [to, -1] as const])
    .sort(([a], [b]) => a - b);
  let [area, inside, last] = [0, 0, 0];
  for (const [at, change] of steps) {
    area += inside * (at - last);
    inside += change;
    last = at;
  }
  return area;
}
