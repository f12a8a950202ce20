import fc from 'fast-check';
import { FaultSampler, parseTraceparent, traceparentOf } from './trace-context';

const identity = { segment: 0, segmentEpoch: 1, request: 17, stallRound: 0 };

describe('a traceparent', () => {
  it('is read as it was written', () => {
    const span = new FaultSampler('lab', 1).rootOf(identity);
    expect(traceparentOf(span)).toMatch(/^00-[\da-f]{32}-[\da-f]{16}-01$/);
    expect(parseTraceparent(traceparentOf(span))).toEqual(span);
  });

  it.each([
    ['nothing', undefined],
    ['something else', 'hello'],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`],
    ['a span of zeros', `00-${'1'.repeat(32)}-${'0'.repeat(16)}-01`],
    ['a version that there will never be', `ff-${'1'.repeat(32)}-${'1'.repeat(16)}-01`],
    ['capitals', `00-${'A'.repeat(32)}-${'1'.repeat(16)}-01`],
    ['what was not sampled', `00-${'1'.repeat(32)}-${'1'.repeat(16)}-00`],
  ])('that is %s names no span', (_what, text) => {
    expect(parseTraceparent(text)).toBeUndefined();
  });
});

describe('the sampling of faults', () => {
  it('takes the share that is asked for, in every segment and epoch', () => {
    for (const ratio of [0.01, 0.1, 0.5]) {
      const sampler = new FaultSampler('run-20261127-000601-a6qj', ratio);
      for (const [segment, epoch] of [
        [0, 1],
        [3, 1],
        [3, 2],
      ] as const) {
        let taken = 0;
        for (let request = 1; request <= 1_000_000; request += 1)
          if (sampler.samples(segment, epoch, request)) taken += 1;
        expect(taken / 1_000_000).toBeGreaterThan(ratio * 0.85);
        expect(taken / 1_000_000).toBeLessThan(ratio * 1.15);
      }
    }
  });

  it('takes neighbours together: one fault in a hundred is not one in nearly every message', () => {
    const sampler = new FaultSampler('lab', 0.01);
    let [taken, messages] = [0, 0];
    for (let first = 0; first < 1_000_000; first += 100) {
      const requests = Array.from({ length: 100 }, (_, place) => first + place);
      const traced = requests.filter((request) => sampler.samples(0, 1, request)).length;
      taken += traced;
      if (traced > 0) messages += 1;
    }
    expect(taken / 1_000_000).toBeCloseTo(0.01, 2);
    // One by one, 63 % of them would have one.
    expect(messages / 10_000).toBeLessThan(0.1);
  });

  it('takes all or none at the ends, and what it took at a smaller share at a greater one too', () => {
    const [none, some, more, all] = [0, 0.1, 0.3, 1].map((ratio) => new FaultSampler('lab', ratio));
    fc.assert(
      fc.property(fc.nat(0xffff), fc.nat(0xffffffff), fc.nat(0xffffffff), (...fault) => {
        expect([none?.samples(...fault), all?.samples(...fault)]).toEqual([false, true]);
        if (some?.samples(...fault)) expect(more?.samples(...fault)).toBe(true);
      }),
    );
  });

  it('comes to the same whatever it was asked before, and in whatever process', () => {
    const one = new FaultSampler('lab', 0.5);
    fc.assert(
      fc.property(fc.nat(3), fc.nat(3), fc.nat(1_000_000), (...fault) => {
        expect(new FaultSampler('lab', 0.5).samples(...fault)).toBe(one.samples(...fault));
      }),
    );
  });
});

describe('the names of traces', () => {
  it('are other ones for each fault, each round of a stall, each epoch and each laboratory', () => {
    const names = new Set<string>();
    let faults = 0;
    for (const lab of ['run-1', 'run-2'])
      for (const segment of [0, 1])
        for (const segmentEpoch of [1, 2])
          for (const stallRound of [0, 1, 2])
            for (let request = 1; request <= 2_000; request += 1) {
              const { traceId, spanId } = new FaultSampler(lab, 1).rootOf({
                ...{ segment, segmentEpoch, request, stallRound },
              });
              faults += 1;
              names.add(traceId).add(spanId);
            }
    expect(names.size).toBe(2 * faults);
  });

  it('stay what they are, so that a fault of an old record is still found', () => {
    expect(new FaultSampler('run-20261127-000601-a6qj', 0.01).rootOf(identity)).toEqual({
      traceId: '0b871914936c760f36ca6cc3e1432d71',
      spanId: 'fffab0274fd54c09',
    });
  });
});
