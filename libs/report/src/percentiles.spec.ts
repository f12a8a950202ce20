import { FaultFigures } from './fault-figures';
import { percentileFigure, percentilesOf } from './percentiles';
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
