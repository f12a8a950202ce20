import * as fc from 'fast-check';
import { analyseBottleneck, type StageLoad } from './bottleneck';
import { FigureInvalid } from './figures';

// A central server and two storage devices, with demands of seconds.
const STAGES: StageLoad[] = [
  { name: 'cpu', servers: 1, demandMicros: 1_000_000 },
  { name: 'disk', servers: 1, demandMicros: 2_000_000 },
  { name: 'drum', servers: 1, demandMicros: 500_000 },
];

describe('analyseBottleneck', () => {
  it('gives utilisations, bottleneck and bounds', () => {
    const found = analyseBottleneck({
      stages: STAGES,
      throughputPerSecond: 0.4,
      concurrency: 10,
      thinkMicros: 5_000_000,
    });
    expect(found.stages.map(({ utilisation }) => utilisation)).toEqual([0.4, 0.8, 0.2]);
    expect(found.bottleneck).toBe('disk');
    expect(found.bounds).toEqual({
      throughputAtMostPerSecond: 0.5,
      throughputAtLeastPerSecond: 10 / 40,
      responseAtLeastMicros: 15_000_000,
      responseAtMostMicros: 35_000_000,
      saturationConcurrency: 4.25,
    });
    expect(found.shareOfBound).toBeCloseTo(0.8, 12);
    expect(found.responseMicros).toBe(20_000_000);
  });

  it('is bound by the way through all stages below saturation', () => {
    const { bounds } = analyseBottleneck({ stages: STAGES, throughputPerSecond: 0.2, concurrency: 2 });
    // 2 / 3.5 is above the capacity of the disk; with think time it is below.
    expect(bounds.throughputAtMostPerSecond).toBe(0.5);
    const slower = analyseBottleneck({
      stages: STAGES,
      throughputPerSecond: 0.2,
      concurrency: 2,
      thinkMicros: 5e6,
    });
    expect(slower.bounds.throughputAtMostPerSecond).toBeCloseTo(2 / 8.5, 12);
    expect(slower.bounds.responseAtLeastMicros).toBe(3_500_000);
  });

  it('counts servers: the longest demand need not be the bottleneck', () => {
    const stages = STAGES.map((stage) => (stage.name === 'disk' ? { ...stage, servers: 4 } : stage));
    const { bottleneck, bounds } = analyseBottleneck({ stages, throughputPerSecond: 0.5 });
    expect(bottleneck).toBe('cpu');
    expect(bounds).toMatchObject({
      throughputAtMostPerSecond: 1,
      responseAtLeastMicros: null,
      saturationConcurrency: 3.5,
    });
  });

  it('is bound by the capacity of all servers of the bottleneck together', () => {
    const stages = STAGES.map((stage) =>
      stage.name === 'disk' ? { ...stage, servers: 3, demandMicros: 6_000_000 } : stage,
    );
    const { bottleneck, bounds } = analyseBottleneck({ stages, throughputPerSecond: 0.4, concurrency: 20 });
    expect(bottleneck).toBe('disk');
    expect(bounds).toMatchObject({
      throughputAtMostPerSecond: 0.5,
      responseAtLeastMicros: 40_000_000,
      saturationConcurrency: 3.75,
    });
  });

  it('takes busy time in a window for a demand', () => {
    const stages: StageLoad[] = [
      { name: 'worker', servers: 2, busyMicros: 12_000_000, windowMicros: 10_000_000 },
      { name: 'mm', servers: 1, busyMicros: 9_000_000, windowMicros: 10_000_000 },
    ];
    const {
      stages: found,
      bottleneck,
      shareOfBound,
    } = analyseBottleneck({ stages, throughputPerSecond: 300 });
    expect(found[0]?.utilisation).toBeCloseTo(0.6, 12);
    expect(found[0]?.demandMicros).toBeCloseTo(4000, 9);
    expect(bottleneck).toBe('mm');
    expect(shareOfBound).toBeCloseTo(0.9, 12);
  });

  it('marks a utilisation that cannot be', () => {
    const { stages, shareOfBound } = analyseBottleneck({ stages: STAGES, throughputPerSecond: 0.6 });
    expect(stages.map(({ overcommitted }) => overcommitted)).toEqual([false, true, false]);
    expect(shareOfBound).toBeGreaterThan(1);
  });

  it('never bounds a single-server network of exponential stages away from its exact solution', () => {
    const demands = fc.array(fc.double({ min: 1, max: 1e5, noNaN: true }), { minLength: 1, maxLength: 6 });
    const think = fc.double({ min: 0, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(demands, think, fc.integer({ min: 1, max: 40 }), (micros, thinkMicros, concurrency) => {
        const exact = meanValues(micros, thinkMicros, concurrency);
        const stages = micros.map((demandMicros, at) => ({ name: String(at), servers: 1, demandMicros }));
        const { bounds, responseMicros } = analyseBottleneck({
          stages,
          throughputPerSecond: exact.perSecond,
          concurrency,
          thinkMicros,
        });
        const slack = 1 + 1e-9;
        expect(exact.perSecond).toBeLessThanOrEqual(bounds.throughputAtMostPerSecond * slack);
        expect(exact.perSecond * slack).toBeGreaterThanOrEqual(bounds.throughputAtLeastPerSecond ?? Infinity);
        expect(exact.responseMicros * slack).toBeGreaterThanOrEqual(bounds.responseAtLeastMicros ?? Infinity);
        expect(exact.responseMicros).toBeLessThanOrEqual((bounds.responseAtMostMicros ?? 0) * slack);
        expect((responseMicros ?? 0) / exact.responseMicros).toBeCloseTo(1, 6);
      }),
    );
  });

  test.each<[string, Parameters<typeof analyseBottleneck>[0], string]>([
    ['no stages', { stages: [], throughputPerSecond: 1 }, 'stages: found none, expected at least one'],
    [
      'no demand',
      { stages: [{ name: 'a', servers: 1, demandMicros: 0 }], throughputPerSecond: 1 },
      'demands: found 0 at every stage, expected one above 0',
    ],
    [
      'a name twice',
      { stages: [...STAGES, ...STAGES], throughputPerSecond: 1 },
      "stages: found 'cpu' twice, expected names that are unique",
    ],
    [
      'no servers',
      { stages: [{ name: 'a', servers: 0, demandMicros: 1 }], throughputPerSecond: 1 },
      "servers of 'a': found 0, expected a whole number of at least 1",
    ],
    [
      'no throughput',
      { stages: STAGES, throughputPerSecond: 0 },
      'throughput: found 0, expected a number above 0',
    ],
    [
      'no window',
      { stages: [{ name: 'a', servers: 1, busyMicros: 1, windowMicros: 0 }], throughputPerSecond: 1 },
      "window of 'a': found 0, expected a number above 0",
    ],
  ])('refuses %s', (_, input, message) => {
    expect(() => analyseBottleneck(input)).toThrow(FigureInvalid);
    expect(() => analyseBottleneck(input)).toThrow(message);
  });
});

/** Exact mean value analysis of a closed network (Reiser and Lavenberg 1980). */
function meanValues(
  demandsMicros: number[],
  thinkMicros: number,
  concurrency: number,
): { perSecond: number; responseMicros: number } {
  let queues = demandsMicros.map(() => 0);
  let [perSecond, responseMicros] = [0, 0];
  for (let inside = 1; inside <= concurrency; inside += 1) {
    const residences = demandsMicros.map((demand, at) => demand * (1 + (queues[at] ?? 0)));
    responseMicros = residences.reduce((sum, each) => sum + each, 0);
    perSecond = (inside * 1e6) / (responseMicros + thinkMicros);
    queues = residences.map((each) => (each * perSecond) / 1e6);
  }
  return { perSecond, responseMicros };
}
