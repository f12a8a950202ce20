import {
  axisTitle,
  type DrawnPlot,
  figureKind,
  type FigureUnit,
  type PointTime,
  type Study,
  type StudyLine,
  whereWords,
} from '@faultline/study';
import type { Cell, Figure, PointChart } from '../figure';
import { sentenceOf, several } from '../words';
import { fitNotes, fitTables } from './fit';
import { axisOf, nameLines, placeOn } from './lines';
import { byTime, COLUMN_UNITS, idOf, INTERVALS, modesOf, rounded, WALL_WORDS } from './names';

const AXIS_UNITS: Readonly<Record<FigureUnit, PointChart['y']['unit']>> = {
  ...{ micros: 'micros', 'per-second': 'rate', count: 'count', share: 'share' },
};

/** A plot of the study: its figure over its parameter, in each kind of time that its lines are in. */
export function plotFigures(study: Study, { plot, lines }: DrawnPlot): Figure[] {
  const filled = lines.filter(({ points }) => points.length > 0);
  const times: [PointTime, StudyLine[]][] = filled.length > 0 ? byTime(filled) : [['model', []]];
  return times.map(([time, own]) => plotFigure(study, { plot, lines: own }, time, times.length > 1));
}

function plotFigure(study: Study, { plot, lines }: DrawnPlot, time: PointTime, isSplit: boolean): Figure {
  const named = nameLines(lines, plot.by);
  const { title, unit } = figureKind(plot.y);
  const tables = fitTables(named);
  const axis = axisOf(study, plot, lines);
  return {
    id: idOf(`plot-${plot.id}`, time),
    title: isSplit ? `${plot.title}, in ${time} time` : plot.title,
    caption: captionOf(study, { plot, lines }, time),
    time,
    nothing: named.length === 0 ? `No run gives ${title}.` : null,
    columns: [
      { name: plot.by ?? 'line', unit: '' },
      { name: plot.x, unit: '' },
      { name: title, unit: COLUMN_UNITS[unit] },
      ...['low', 'high'].map((name) => ({ name, unit: COLUMN_UNITS[unit] })),
      { name: 'runs', unit: '' },
    ],
    rows: named.flatMap(({ name, line }) => rowsOf(name, line, axis, unit)),
    chart: {
      kind: 'points',
      x: axis,
      y: { title: axisTitle(plot.y), unit: AXIS_UNITS[unit], log: plot.log.includes('y') },
      legend: plot.by ?? '',
      lines: named.map(({ name, colour, stroke }) => ({ name, colour, ...(stroke ? { stroke } : {}) })),
      curve: tables.length > 0 ? 0 : null,
    },
    notes: fitNotes(named, plot.by),
    more: tables,
  };
}

const rowsOf = (name: string, { points }: StudyLine, axis: PointChart['x'], unit: FigureUnit): Cell[][] =>
  points.map(({ x, mean, interval, runs }) => [
    ...[name, placeOn(axis, x), rounded(mean, unit)],
    ...[rounded(interval?.low, unit), rounded(interval?.high, unit), runs],
  ]);

/** An interval that is wider than this, in shares of its mean, may not have room. */
const WIDE = 0.4;

function captionOf(study: Study, { plot, lines }: DrawnPlot, time: PointTime): string {
  const points = lines.flatMap((line) => line.points);
  const isWide = points.some(({ mean, interval }) => interval !== null && interval.high - mean > WIDE * mean);
  const words = [
    `${sentenceOf(figureKind(plot.y).title).slice(0, -1)} over ${plot.x}${plot.by === undefined ? '' : `, for each value of ${plot.by}`}${Object.keys(plot.where).length > 0 ? `, at ${whereWords(plot.where)}` : ''}.`,
    meansOf(lines),
    isWide ? 'An interval that has no room is cut at the edge; the table has its ends.' : '',
    modesOf(lines).length > 1 ? 'Solid and filled: live. Dotted and hollow: simulated.' : '',
    time === 'wall' ? WALL_WORDS : '',
    plot.log.includes('x') && axisOf(study, plot, lines).scale === 'linear'
      ? 'A log scale has no room for values that are not above 0.'
      : '',
    plot.log.includes('y') && points.some(({ mean }) => mean <= 0)
      ? 'A log scale does not show means of 0; the table has them.'
      : '',
    lines.some(({ fit }) => fit?.kind === 'fit')
      ? `Thin curves: the Universal Scalability Law (USL) fitted to all runs, with ${INTERVALS} of its parameters by bootstrap.`
      : '',
  ];
  return words.filter((each) => each !== '').join(' ');
}

/** What a point of a plot is the mean of, and what its interval is, or why it has none. */
function meansOf(lines: readonly StudyLine[]): string {
  const runs = lines.flatMap(({ points }) => points.map((point) => point.runs));
  const [least, most] = [Math.min(...runs), Math.max(...runs)];
  const many = least < most ? `${least} to ${several(most, 'run')}` : several(most, 'run');
  const together = [...new Set(lines.flatMap((line) => line.together))];
  if (together.length > 0)
    return `Means of ${many}: points that differ in ${together.join(' and ')} are taken together. Such a mean has no interval, since they differ by more than noise.`;
  if (runs.length === 0) return '';
  if (most === 1) return 'One run of each, which does not say how large the noise is.';
  return `Means of ${many}, with ${INTERVALS} of the mean${least === 1 ? ' where there are two or more' : ''}.`;
}
