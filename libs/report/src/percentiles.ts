import { STAGE_NAMES, STAGES } from '@faultline/audit';
import type { Histogram } from '@faultline/stats';
import type { FaultFigures } from './fault-figures';
import { type Figure, roundMicros } from './figure';

/** Steps from one nine to the next. */
const STEPS = 18;
const round = (percent: number): number => Number(percent.toFixed(9));
/** What floats may be off by. */
const CLOSE = 1e-9;

/** Percentiles that so many values can tell apart, equally many for each further nine: 0, 5, ... 90, 90.5, ... 99, 99.05, ... */
export function percentilesOf(count: number): number[] {
  const percents: number[] = [];
  if (count === 0) return percents;
  const highest = highestOf(count);
  for (let rest = 100; ; rest /= 10) {
    for (let step = 0; step < STEPS; step += 1) {
      const percent = round(100 - rest + (rest * 0.9 * step) / STEPS);
      if (!tells(count, percent))
        return highest > (percents.at(-1) ?? -1) ? [...percents, highest] : percents;
      percents.push(percent);
    }
  }
}

/** Whether so many values can tell a percentile from the greatest of them. */
const tells = (count: number, percent: number): boolean => percent <= 100 * (1 - 1 / count) + CLOSE;

/**
 * The highest percentile that so many values tell, with two digits of what is left to 100: 99.9958 for 24,000 of them. Rounded down,
 * since the next value belongs to anything above.
 */
function highestOf(count: number): number {
  const left = 100 / count;
  const unit = 10 ** (Math.floor(Math.log10(left)) - 1);
  return round(100 - Math.ceil(left / unit - CLOSE) * unit);
}

/** A percentile as a figure has it; null where the values do not tell it. */
export const percentileCell = (histogram: Histogram, percent: number): number | null =>
  histogram.count > 0 && tells(histogram.count, percent) ? roundMicros(histogram.percentile(percent)) : null;

/** Why there is no latency to draw; null when there is. */
export function nothingOf({ count, maxMicros }: Histogram): string | null {
  if (count === 0) return 'No fault settled in this run, so there are no latencies to show.';
  return maxMicros > 0 ? null : 'No fault of this run took any time, so there is nothing to draw.';
}

/** Latency by percentile, of each stage and from end to end. */
export function percentileFigure(figures: FaultFigures, scale: string): Figure {
  const histograms: [string, string, Histogram][] = [
    ['end to end', 'ink', figures.endToEnd],
    ...STAGES.map((stage): [string, string, Histogram] => [
      STAGE_NAMES[stage],
      stage,
      figures.times.of(stage),
    ]),
  ];
  const percents = percentilesOf(figures.endToEnd.count);
  return {
    id: 'percentiles',
    title: 'Latency by percentile',
    caption: `How long the given part of all settled faults took at most, in wall time. ${scale} Each further nine of the percentile takes the same room. A stage's line is of the faults that had this stage; one that took no time at all cannot be drawn on a log axis.`,
    time: 'wall',
    nothing: nothingOf(figures.endToEnd),
    columns: [{ name: 'percentile', unit: '%' }, ...histograms.map(([name]) => ({ name, unit: 'µs' }))],
    rows: percents.map((percent) => [
      percent,
      ...histograms.map(([, , histogram]) => percentileCell(histogram, percent)),
    ]),
    chart: {
      kind: 'lines',
      x: { title: 'percentile of faults', scale: 'percentile' },
      y: { title: 'wall time', unit: 'micros', log: true },
      lines: histograms.map(([, colour], place) => ({
        column: place + 1,
        colour,
        style: 'line',
        ...(place === 0 ? { strong: true } : {}),
      })),
    },
  };
}
