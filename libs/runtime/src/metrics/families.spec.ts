import { countFamily, slotFamily } from './families';

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

describe('a family of histograms', () => {
  it('shows each slot with all below it, the sum and the number of values', () => {
    const family = slotFamily('faultline_lane_records', [1, 10]);
    const slots = family.of('iommu.translate');
    for (const value of [0, 1, 1.5, 10, 11]) slots.record(value);
    const lane = 'iommu.translate';
    expect(family.samples()).toEqual([
      { metricName: 'faultline_lane_records_bucket', labels: { lane, le: '1' }, value: 2 },
      { metricName: 'faultline_lane_records_bucket', labels: { lane, le: '10' }, value: 4 },
      { metricName: 'faultline_lane_records_bucket', labels: { lane, le: '+Inf' }, value: 5 },
      { metricName: 'faultline_lane_records_sum', labels: { lane }, value: 23.5 },
      { metricName: 'faultline_lane_records_count', labels: { lane }, value: 5 },
    ]);
  });

  it('counts what two clocks made negative as 0', () => {
    const family = slotFamily('faultline_stage_seconds', [1]);
    family.of('response').record(-3);
    expect(family.samples().map(({ value }) => value)).toEqual([1, 1, 0, 1]);
  });
});
