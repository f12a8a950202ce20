import * as fc from 'fast-check';
import { Permission } from '../kernel/vocabulary';
import { createPacer } from './pacing';
import { createPageWalk, type AccessPattern } from './pattern';
import { Permutation } from './permutation';
import { SeededRandom } from './random';
import { PageSpace } from './ranges';
import { createWorkload, type AccessDraw, type AccessSource, type WorkloadConfig } from './source';
import { ZipfRanks } from './zipf';

const RANGES = [
  { start: 100, end: 110 },
  { start: 2 ** 40, end: 2 ** 40 + 7 },
];

function config(changes: Partial<WorkloadConfig> = {}): WorkloadConfig {
  return {
    pasid: 3,
    ranges: RANGES,
    pattern: { kind: 'uniform' },
    mix: { read: 3, write: 1, execute: 0 },
    count: 200,
    seed: 1,
    ...changes,
  };
}

function drawAll(source: AccessSource): AccessDraw[] {
  const draws: AccessDraw[] = [];
  for (let draw = source.next(); draw !== undefined; draw = source.next()) draws.push(draw);
  return draws;
}

const pages = (pattern: AccessPattern, count: number): number[] =>
  drawAll(createWorkload(config({ pattern, count }))).map((draw) => draw.page);

const patterns: fc.Arbitrary<AccessPattern> = fc.oneof(
  fc.constant<AccessPattern>({ kind: 'sequential' }),
  fc.integer({ min: 1, max: 40 }).map((stride): AccessPattern => ({ kind: 'strided', stride })),
  fc.constant<AccessPattern>({ kind: 'uniform' }),
  fc.double({ min: 0.1, max: 3, noNaN: true }).map((exponent): AccessPattern => ({ kind: 'zipf', exponent })),
  fc.constant<AccessPattern>({ kind: 'pointer-chase' }),
);

describe('workloads', () => {
  it('are the same for the same seed, stay in their ranges and end after their count', () => {
    fc.assert(
      fc.property(patterns, fc.maxSafeNat(), (pattern, seed) => {
        const draws = drawAll(createWorkload(config({ pattern, seed })));
        expect(drawAll(createWorkload(config({ pattern, seed })))).toEqual(draws);
        expect(draws).toHaveLength(200);
        const outside = draws.filter(
          ({ page, offset, pasid }) =>
            pasid !== 3 ||
            offset % 8 !== 0 ||
            offset >= 4096 ||
            !RANGES.some(({ start, end }) => page >= start && page < end),
        );
        expect(outside).toEqual([]);
      }),
    );
  });

  it('differ for another seed', () => {
    const draws = (seed: number) => drawAll(createWorkload(config({ seed }))).map((draw) => draw.page);
    expect(draws(1)).not.toEqual(draws(2));
    expect(draws(1)).not.toEqual(draws(1 + 2 ** 40));
  });

  it('sequential walks through all ranges and starts again', () => {
    expect(pages({ kind: 'sequential' }, 19)).toEqual(
      [...Array(10).keys()]
        .map((at) => 100 + at)
        .concat(
          [...Array(7).keys()].map((at) => 2 ** 40 + at),
          100,
          101,
        ),
    );
  });

  it.each([1, 4, 5, 17, 30])('strided by %i gives every page its turn', (stride) => {
    expect(new Set(pages({ kind: 'strided', stride }, 17 * 17)).size).toBe(17);
  });

  it('a pointer chase visits every page once before it repeats, in a seeded order', () => {
    const walked = pages({ kind: 'pointer-chase' }, 34);
    expect(new Set(walked.slice(0, 17)).size).toBe(17);
    expect(walked.slice(17)).toEqual(walked.slice(0, 17));
    expect(walked.slice(0, 17)).not.toEqual(pages({ kind: 'sequential' }, 17));
  });

  it('mixes reads, writes and execution by weight', () => {
    const draws = drawAll(createWorkload(config({ mix: { read: 6, write: 3, execute: 1 }, count: 20_000 })));
    const share = (permissions: number) =>
      draws.filter((draw) => draw.permissions === permissions).length / draws.length;
    expect(share(Permission.READ)).toBeCloseTo(0.6, 1);
    expect(share(Permission.WRITE)).toBeCloseTo(0.3, 1);
    expect(share(Permission.EXECUTE)).toBeCloseTo(0.1, 1);
    expect(
      drawAll(createWorkload(config({ mix: { read: 0, write: 1, execute: 0 } }))).every(
        (draw) => draw.permissions === Permission.WRITE,
      ),
    ).toBe(true);
  });

  it.each([
    [{ ranges: [] }, /at least one range/],
    [{ ranges: [{ start: 5, end: 5 }] }, /start < end, found \[5, 5\)/],
    [{ mix: { read: 0, write: 0, execute: 0 } }, /weights/],
    [{ pattern: { kind: 'strided', stride: 0 } as const }, /stride/],
    [{ pattern: { kind: 'zipf', exponent: 0 } as const }, /exponent/],
    [{ count: -1 }, /count/],
  ])('refuse a configuration that cannot work (%#)', (changes, message) => {
    expect(() => createWorkload(config(changes))).toThrow(message);
  });
});

describe('SeededRandom', () => {
  it('is xoshiro128**: the first words from the state 1, 2, 3, 4', () => {
    const random = new SeededRandom(0);
    Object.assign(random as object, { a: 1, b: 2, c: 3, d: 4 });
    const words = Array.from({ length: 6 }, () => random.bits());
    expect(words).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });

  it('keeps the stream of a recorded seed', () => {
    const random = new SeededRandom(42);
    expect([random.bits(), random.bits(), random.bits()]).toMatchInlineSnapshot(`
      [
        1124887014,
        3102279112,
        339625804,
      ]
    `);
  });

  it('forks by name, whatever was drawn before', () => {
    const drawn = new SeededRandom(9);
    drawn.bits();
    expect(drawn.fork('device 1').bits()).toBe(new SeededRandom(9).fork('device 1').bits());
    expect(new SeededRandom(9).fork('device 1').bits()).not.toBe(new SeededRandom(9).fork('device 2').bits());
  });

  it('is even over small and large bounds', () => {
    const random = new SeededRandom(5);
    for (const bound of [10, 10 * 2 ** 40]) {
      const buckets = new Array<number>(10).fill(0);
      for (let at = 0; at < 100_000; at++) buckets[Math.floor((random.below(bound) * 10) / bound)]! += 1;
      for (const count of buckets) expect(Math.abs(count - 10_000)).toBeLessThan(500);
    }
  });
});

describe('Permutation', () => {
  it('maps every size onto itself', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3000 }), fc.nat(), (size, seed) => {
        const permutation = new Permutation(size, new SeededRandom(seed));
        const images = new Set([...Array(size).keys()].map((at) => permutation.at(at)));
        expect(images.size).toBe(size);
        expect(Math.max(...images)).toBe(size - 1);
      }),
    );
  });

  it('reaches 2^32 elements', () => {
    const permutation = new Permutation(2 ** 32, new SeededRandom(1));
    const images = [0, 1, 2 ** 31, 2 ** 32 - 1].map((at) => permutation.at(at));
    expect(new Set(images).size).toBe(4);
    expect(images.every((image) => image >= 0 && image < 2 ** 32)).toBe(true);
    expect(() => new Permutation(2 ** 32 + 1, new SeededRandom(1))).toThrow(RangeError);
  });
});

describe('ZipfRanks', () => {
  it.each([0.5, 0.99, 1, 1.5, 2.5])('with exponent %d follows the distribution', (exponent) => {
    const size = 50;
    const draws = 200_000;
    const ranks = new ZipfRanks(size, exponent, new SeededRandom(3));
    const counts = new Array<number>(size).fill(0);
    for (let at = 0; at < draws; at++) counts[ranks.next()]! += 1;
    const weights = counts.map((_, rank) => (rank + 1) ** -exponent);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let chiSquared = 0;
    for (const [rank, weight] of weights.entries()) {
      const expected = (draws * weight) / total;
      chiSquared += (counts[rank]! - expected) ** 2 / expected;
    }
    // 49 degrees of freedom: 99.9 % of samples stay below 85.4.
    expect(chiSquared).toBeLessThan(85.4);
  });

  it('takes one rank and four billion', () => {
    expect(new ZipfRanks(1, 1, new SeededRandom(1)).next()).toBe(0);
    expect(new ZipfRanks(2 ** 32, 0.8, new SeededRandom(1)).next()).toBeLessThan(2 ** 32);
  });
});

describe('pages of several ranges', () => {
  it('are numbered through', () => {
    const space = new PageSpace([...RANGES, { start: 7, end: 8 }]);
    expect([0, 9, 10, 16, 17].map((number) => space.page(number))).toEqual([
      100,
      109,
      2 ** 40,
      2 ** 40 + 6,
      7,
    ]);
    expect(createPageWalk({ kind: 'sequential' }, space.size, new SeededRandom(0)).next()).toBe(0);
  });
});

describe('pacing', () => {
  it('a closed loop keeps so many in flight and means "now"', () => {
    const pacer = createPacer({ kind: 'closed', outstanding: 2 }, 100, 0);
    expect(pacer.take(50, 0)).toBeUndefined();
    expect(pacer.take(120, 1)).toBe(120);
    expect(pacer.take(120, 2)).toBeUndefined();
    expect([pacer.nextDueMicros(1), pacer.nextDueMicros(2)]).toEqual([100, undefined]);
  });

  it('an open loop does not stop its clock while the system stalls', () => {
    const pacer = createPacer({ kind: 'open', ratePerSecond: 1000, arrivals: 'constant' }, 0, 0);
    expect(pacer.take(0, 0)).toBe(0);
    expect(pacer.take(999, 0)).toBeUndefined();
    expect(pacer.nextDueMicros(0)).toBe(1000);
    expect([1, 2, 3].map(() => pacer.take(3500, 99))).toEqual([1000, 2000, 3000]);
    expect(pacer.take(3500, 99)).toBeUndefined();
  });

  it('a bounded open loop waits, but remembers when it was meant to start', () => {
    const pacer = createPacer(
      { kind: 'open', ratePerSecond: 1000, arrivals: 'constant', outstanding: 1 },
      0,
      0,
    );
    expect(pacer.take(5000, 1)).toBeUndefined();
    expect(pacer.take(9000, 0)).toBe(0);
  });

  it('exponential arrivals have the rate, are seeded, and spread like a Poisson process', () => {
    const arrivals = (seed: number) => {
      const pacer = createPacer({ kind: 'open', ratePerSecond: 1_000_000, arrivals: 'exponential' }, 0, seed);
      return Array.from({ length: 50_000 }, () => pacer.take(Number.MAX_VALUE, 0) ?? 0);
    };
    const times = arrivals(4);
    expect(arrivals(4)).toEqual(times);
    expect(times.at(-1)! / 50_000).toBeCloseTo(1, 1);
    const gaps = times.map((time, at) => time - (times[at - 1] ?? 0));
    const variance = gaps.reduce((sum, gap) => sum + (gap - 1) ** 2, 0) / gaps.length;
    expect(variance).toBeCloseTo(1, 1);
  });

  it('refuses a rate of 0 and no access in flight', () => {
    expect(() => createPacer({ kind: 'open', ratePerSecond: 0, arrivals: 'constant' }, 0, 0)).toThrow(/rate/);
    expect(() => createPacer({ kind: 'closed', outstanding: 0 }, 0, 0)).toThrow(/at least 1/);
  });
});
