import { SECONDS_BOUNDS } from './catalogue';
import { countFamily, secondsFamily, sizeFamily, Slots } from './families';

describe('a family of counts', () => {
  it('counts for each value of its labels, and shows them by the names of the catalogue', () => {
    const family = countFamily('faultline_responses_total');
    const success = family.of('success', 'handled');
    success.value += 2;
    family.of('failure', 'timeout').value += 1;
    expect(family.of('success', 'handled')).toBe(success);
    expect(family.samples()).toEqual([
      { labels: { code: 'success', cause: 'handled' }, value: 2 },
      { labels: { code: 'failure', cause: 'timeout' }, value: 1 },
    ]);
  });
});

describe('a family of counts of which the last label has known values', () => {
  it('shows all of them from the start, and counts in the same', () => {
    const family = countFamily('faultline_responses_total');
    const { handled } = family.each(['handled', 'timeout'], 'invalid');
    handled.value += 1;
    expect(family.of('invalid', 'handled')).toBe(handled);
    expect(family.samples()).toEqual([
      { labels: { code: 'invalid', cause: 'handled' }, value: 1 },
      { labels: { code: 'invalid', cause: 'timeout' }, value: 0 },
    ]);
  });
});

describe('a family of histograms', () => {
  it('shows each slot with all below it, the sum and the number of values', () => {
    const family = sizeFamily('faultline_lane_records');
    const slots = family.of('iommu.translate');
    for (const size of [0, 1, 2, 3, 4_096, 4_097]) slots.record(size);
    const lane = 'iommu.translate';
    const bucket = (le: string, value: number) => ({
      ...{ metricName: 'faultline_lane_records_bucket', labels: { lane, le }, value },
    });
    const samples = family.samples();
    expect(samples.slice(0, 4)).toEqual([bucket('1', 2), bucket('2', 3), bucket('4', 4), bucket('8', 4)]);
    expect(samples.slice(-5)).toEqual([
      bucket('1024', 4),
      bucket('4096', 5),
      bucket('+Inf', 6),
      { metricName: 'faultline_lane_records_sum', labels: { lane }, value: 8_199 },
      { metricName: 'faultline_lane_records_count', labels: { lane }, value: 6 },
    ]);
  });

  it('counts what two clocks made negative as 0', () => {
    const family = secondsFamily('faultline_stage_seconds');
    family.of('response').record(-3);
    const values = family.samples().map(({ value }) => value);
    expect([values[0], ...values.slice(-3)]).toEqual([1, 1, 0, 1]);
  });

  it('finds the slot that a search from the first one on finds, in whatever unit it is fed', () => {
    const micros = SECONDS_BOUNDS.flatMap((bound) => [bound * 1e6 * 0.999, bound * 1e6, bound * 1e6 * 1.001]);
    for (const units of [0, 0.5, 1, 1.5, ...micros, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 1e15]) {
      const slots = new Slots(SECONDS_BOUNDS, 1e6);
      slots.record(units);
      const first = SECONDS_BOUNDS.findIndex((bound) => units <= bound * 1e6);
      const expected = first === -1 ? SECONDS_BOUNDS.length : first;
      expect([units, slots.counts.indexOf(1)]).toEqual([units, expected]);
      expect(slots.sum).toBeCloseTo(units / 1e6, 9);
    }
  });
});
