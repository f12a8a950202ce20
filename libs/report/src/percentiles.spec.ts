import { Histogram } from '@faultline/stats';
import { FaultFigures } from './fault-figures';
import { percentileCell, percentileFigure, percentilesOf } from './percentiles';
import { BEGIN, faultRow } from './report.testkit';

describe('percentiles', () => {
  it('are as many for each nine, and none that the values cannot tell', () => {
    expect(percentilesOf(0)).toEqual([]);
    expect(percentilesOf(1)).toEqual([0]);
    expect(percentilesOf(10)).toEqual(Array.from({ length: 19 }, (_, step) => 5 * step));
    const many = percentilesOf(1_000_000);
    expect(many).toHaveLength(6 * 18 + 1);
    expect(many).toEqual([...many].sort((one, other) => one - other));
    expect(many).toEqual(expect.arrayContaining([50, 90, 99, 99.9, 99.99, 99.999, 99.9999]));
    expect(many.at(-1)).toBe(99.9999);
  });

  it.each([
    [2, 50],
    [3, 66],
    [7, 85],
    [1_000, 99.9],
    [4_320, 99.976],
    [24_000, 99.9958],
  ])('end with what %d values tell, at %d, which is the one before the greatest', (count, highest) => {
    expect(percentilesOf(count).at(-1)).toBe(highest);
    const histogram = new Histogram();
    for (let value = 1; value <= count; value += 1) histogram.record(value / 1000);
    expect(percentileCell(histogram, highest)).toBeCloseTo((count - 1) / 1000, 1);
    expect(percentileCell(histogram, highest)).not.toBe(histogram.maxMicros);
    expect(percentileCell(histogram, 100)).toBeNull();
  });

  it('of a figure never fall, and leave out a stage that few faults had', () => {
    const figures = new FaultFigures({ firstMicros: BEGIN, lastMicros: BEGIN + 1e6 });
    for (let request = 1; request <= 100; request += 1)
      figures.take(faultRow(request, request, [1, 2, request, 4, 5, 0]));
    const { columns, rows } = percentileFigure(figures, '');
    expect(columns.map(({ name }) => name).slice(0, 2)).toEqual(['percentile', 'end to end']);
    const totals = rows.map((row) => row[1] as number);
    expect(totals).toEqual([...totals].sort((one, other) => one - other));
    expect(rows.find(([percent]) => percent === 50)?.[4]).toBeCloseTo(50, 0);
  });
});
