import { formatCount, formatMicros } from '@faultline/stats';
import type { FaultFigures } from './fault-figures';
import { type Figure, type LineChart, roundRate, secondsOf } from './figure';
import type { TimeBins } from './time-bins';

const TIME = { name: 'time', unit: 's' };

/** A short run is read in milliseconds. */
const axisOf = (bins: TimeBins | null): LineChart['x'] =>
  bins && bins.widthMicros * bins.count < 1e6
    ? { title: 'milliseconds since the first fault', scale: 'millis' }
    : { title: 'seconds since the first fault', scale: 'seconds' };

/** Figures over time: throughput, what is pending, and what had to be tried again. */
export function figuresOverTime({ bins }: FaultFigures): Figure[] {
  return [throughput(bins), pending(bins), again(bins)];
}

const every = (bins: TimeBins): string => `Intervals of ${formatMicros(bins.widthMicros)}.`;

function throughput(bins: TimeBins | null): Figure {
  const perSecond = (count: number, { widthMicros }: TimeBins): number =>
    roundRate((count * 1e6) / widthMicros);
  return {
    id: 'throughput',
    title: 'Throughput over time',
    caption:
      `Faults that devices sent, and faults that came to their end, in each second of wall time. ${bins ? every(bins) : ''}`.trim(),
    time: 'wall',
    nothing: bins ? null : 'No fault was sent in this run, so there is no throughput to show.',
    columns: [TIME, { name: 'sent', unit: '1/s' }, { name: 'settled', unit: '1/s' }],
    rows: overMiddles(bins, (bin, of) => [
      perSecond(of.at('sent', bin), of),
      perSecond(of.at('settled', bin), of),
    ]),
    chart: {
      kind: 'lines',
      x: axisOf(bins),
      y: { title: 'faults per second', unit: 'rate', log: false },
      lines: [
        { column: 2, colour: 'accent', style: 'area', strong: true },
        { column: 1, colour: 'retry', style: 'line' },
      ],
    },
  };
}

function pending(bins: TimeBins | null): Figure {
  let open = 0;
  const rows: number[][] = bins ? [[0, 0]] : [];
  for (let bin = 0; bins && bin < bins.count; bin += 1) {
    open += bins.at('sent', bin) - bins.at('ended', bin);
    rows.push([secondsOf((bin + 1) * bins.widthMicros), open]);
  }
  const left = open > 0 ? ` ${formatCount(open)} never came to an end.` : '';
  return {
    id: 'pending',
    title: 'Pending faults',
    caption:
      `Faults that were sent and had not come to their end, at the end of each interval of wall time. ${bins ? every(bins) : ''}${left}`.trim(),
    time: 'wall',
    nothing: bins ? null : 'No fault was sent in this run, so none was ever pending.',
    columns: [TIME, { name: 'pending', unit: '' }],
    rows,
    chart: {
      kind: 'lines',
      x: axisOf(bins),
      y: { title: 'pending faults', unit: 'count', log: false },
      lines: [{ column: 1, colour: 'queueWait', style: 'area', strong: true }],
    },
  };
}

function again(bins: TimeBins | null): Figure {
  const [retried, notTaken] = bins ? [bins.total('retried'), bins.total('notTaken')] : [0, 0];
  const isNothing = retried + notTaken === 0;
  return {
    id: 'again',
    title: 'Overflow and retries',
    caption:
      `Faults that a full ring did not take (by when they were sent) and faults that missed again after their answer (by when they did), in each interval of wall time. ${bins ? every(bins) : ''}`.trim(),
    time: 'wall',
    nothing: isNothing
      ? 'No ring overflowed in this run, and no access missed again after its answer.'
      : null,
    columns: [TIME, { name: 'not taken', unit: '' }, { name: 'retried', unit: '' }],
    rows: isNothing ? [] : overMiddles(bins, (bin, of) => [of.at('notTaken', bin), of.at('retried', bin)]),
    chart: {
      kind: 'lines',
      x: axisOf(bins),
      y: { title: 'faults in each interval', unit: 'count', log: false },
      lines: [
        { column: 1, colour: 'mm', style: 'area', strong: true },
        { column: 2, colour: 'accent', style: 'line' },
      ],
    },
  };
}

/** A row for each interval, with the time of its middle. */
function overMiddles(bins: TimeBins | null, values: (bin: number, bins: TimeBins) => number[]): number[][] {
  if (!bins) return [];
  return Array.from({ length: bins.count }, (_, bin) => [
    secondsOf((bin + 0.5) * bins.widthMicros),
    ...values(bin, bins),
  ]);
}
