import * as fc from 'fast-check';
import { Histogram, mergeHistogramData } from './histogram';
import { HistogramUnreadable, LAST_SLOT } from './histogram-data';

const latencies = fc.array(fc.double({ min: 0, max: 1e10, noNaN: true }), { maxLength: 200 });

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}
const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a written histogram', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(latencies, (values) => {
        const histogram = histogramOf(values);
        const back = Histogram.fromData(throughJson(histogram.toData()));
        expect(back.summary()).toEqual(histogram.summary());
        expect(back.toData()).toEqual(histogram.toData());
        back.record(5);
        expect(back.count).toBe(values.length + 1);
      }),
    );
  });

  it('merges to what one histogram of all values is', () => {
    fc.assert(
      fc.property(fc.array(latencies, { maxLength: 5 }), (parts) => {
        const merged = Histogram.fromData(
          mergeHistogramData(parts.map((part) => throughJson(histogramOf(part).toData()))),
        );
        const whole = histogramOf(parts.flat());
        const { meanMicros, ...figures } = merged.summary();
        expect(whole.summary()).toMatchObject(figures);
        expect(meanMicros / (whole.meanMicros || 1)).toBeCloseTo(
          whole.count > 0 && whole.meanMicros > 0 ? 1 : 0,
          9,
        );
      }),
    );
  });

  it('holds only what is there', () => {
    const histogram = new Histogram();
    histogram.record(0.003, 5);
    histogram.record(60_000_000);
    const { slots, ...rest } = histogram.toData();
    expect(rest).toEqual({
      version: 1,
      count: 6,
      sumMicros: 60_000_000.015,
      minMicros: 0.003,
      maxMicros: 60_000_000,
    });
    expect(slots.slice(0, 3)).toEqual([3, 5, slots[2]]);
    expect(slots).toHaveLength(4);
    const thousand = histogramOf(Array.from({ length: 1000 }, (_, at) => 10 ** (at / 100)));
    expect(JSON.stringify(thousand.toData()).length).toBeLessThan(6000);
  });

  it('reaches the last slot and no further', () => {
    const longest = histogramOf([2 ** 53]).toData();
    expect(longest.slots).toEqual([LAST_SLOT, 1]);
    expect(Histogram.fromData(longest).maxMicros).toBe(2 ** 53);
    expect(() => histogramOf([Infinity]).toData()).toThrow(RangeError);
  });

  const good = histogramOf([1, 2]).toData();
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'found version undefined, expected version 1'],
    ['a later version', { ...good, version: 2 }, 'found version 2, expected version 1'],
    [
      'counts that do not add up',
      { ...good, count: 3 },
      'found 2 values in slots, expected the 3 of its count',
    ],
    ['half a pair', { ...good, slots: [1] }, 'found 1 numbers in slots, expected pairs'],
    ['a slot beyond the last', { ...good, slots: [LAST_SLOT + 1, 2] }, `a gap of ${LAST_SLOT + 1} at 0`],
    ['slots that do not rise', { ...good, slots: [5, 1, 0, 1] }, 'a gap of 0 at 2'],
    ['part of a value', { ...good, slots: [5, 1.5] }, 'a count of 1.5 at 1'],
    ['words in slots', { ...good, slots: ['5', 2] }, 'a gap of 5 at 0'],
    ['no slots', { ...good, slots: undefined }, 'no slots'],
    ['no sum', { ...good, sumMicros: null }, 'expected numbers of at least 0'],
    ['a minimum above the maximum', { ...good, minMicros: 3 }, 'a minimum of 3 above 2'],
  ])('is refused with one line for %s', (_, value, message) => {
    expect(() => Histogram.fromData(value)).toThrow(HistogramUnreadable);
    expect(() => mergeHistogramData([good, value])).toThrow(message);
  });
});
