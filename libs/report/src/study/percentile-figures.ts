import type { ParameterValue, PointFigures, PointTime } from '@faultline/study';
import type { Figure, Line } from '../figure';
import { percentileCell, percentilesOf } from '../percentiles';
import { byTime, idOf, modesOf, pointName, WALL_WORDS } from './names';
import { lineColour } from './lines';

/** More lines than these cannot be told apart. */
const MOST_LINES = 12;

/** Latency by percentile, from end to end, for the points of a study or for some of them; in each kind of time. */
export function percentileFigures(points: readonly PointFigures[]): Figure[] {
  const measured = points.filter(({ endToEnd }) => endToEnd.count > 0);
  const times: [PointTime, PointFigures[]][] = measured.length > 0 ? byTime(measured) : [['model', []]];
  return times.map(([time, own]) => figureOf(own, points, time));
}

function figureOf(own: readonly PointFigures[], all: readonly PointFigures[], time: PointTime): Figure {
  const shown = spread(own, MOST_LINES);
  const modes = modesOf(shown);
  const places = [...new Set(shown.map(({ point }) => point))];
  const percents = percentilesOf(Math.max(0, ...shown.map(({ endToEnd }) => endToEnd.count)));
  const name = ({ values, mode }: PointFigures): string =>
    `${pointName(values, all)}${modes.length > 1 ? `, ${mode}` : ''}`;
  const some =
    shown.length < own.length
      ? ` These are ${shown.length} of ${own.length} lines, from the ends and the middle of each parameter; p50 to p99.9 of all are in the table of points.`
      : '';
  return {
    id: idOf('percentiles', time),
    title: 'Latency by percentile',
    caption: `How long the given part of all faults in the windows of a point took at most, from end to end, all its runs together. Each further nine of the percentile takes the same room.${some}${modes.length > 1 ? ' Solid: live. Dotted: simulated.' : ''}${time === 'wall' ? ` ${WALL_WORDS}` : ''}`,
    time,
    nothing: nothingOf(shown),
    columns: [
      { name: 'percentile', unit: '%' },
      ...shown.map((point) => ({ name: name(point), unit: 'µs' })),
    ],
    rows: percents.map((percent) => [
      percent,
      ...shown.map(({ endToEnd }) => percentileCell(endToEnd, percent)),
    ]),
    chart: {
      kind: 'lines',
      x: { title: 'percentile of faults', scale: 'percentile' },
      y: { title: `end to end, ${time} time`, unit: 'micros', log: true },
      lines: shown.map(({ point, mode }, place): Line => ({
        column: place + 1,
        colour: lineColour(places.indexOf(point)),
        style: 'line',
        ...(modes.length > 1 && mode === 'simulated' ? { stroke: 'dotted' as const } : {}),
      })),
    },
  };
}

function nothingOf(points: readonly PointFigures[]): string | null {
  if (points.length === 0)
    return 'No fault settled in the window of any run, so there are no latencies to show.';
  return points.some(({ endToEnd }) => endToEnd.maxMicros > 0)
    ? null
    : 'No fault in the window of any run took any time, so there is nothing to draw.';
}

/** At most so many of the points, with the first and last value of each parameter as far as they have room. */
export function spread(points: readonly PointFigures[], most: number): PointFigures[] {
  if (points.length <= most) return [...points];
  const names = [...new Set(points.flatMap(({ values }) => Object.keys(values)))];
  const levels = new Map(names.map((name) => [name, [...new Set(points.map(({ values }) => values[name]))]]));
  const longest = Math.max(...[...levels.values()].map(({ length }) => length));
  for (let kept = longest; kept >= 2; kept -= 1) {
    const some = new Map([...levels].map(([name, all]) => [name, new Set(evenly(all, kept))]));
    const found = points.filter(({ values }) => names.every((name) => some.get(name)?.has(values[name])));
    if (found.length <= most && found.length > 0) return found;
  }
  return evenly(points, most);
}

/** So many of them, the first and the last among them. */
function evenly<T extends PointFigures | ParameterValue | undefined>(all: readonly T[], count: number): T[] {
  if (all.length <= count) return [...all];
  return Array.from(
    { length: count },
    (_, place) => all[Math.round((place * (all.length - 1)) / (count - 1))] as T,
  );
}
