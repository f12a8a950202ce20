import { type DrawnPlot, type PointTime, shapeOf, type Study, type StudyLine } from '@faultline/study';
import type { Cell, Figure } from '../figure';
import { byTime, idOf, modesOf, WALL_WORDS } from './names';
import { axisOf, lineColour, nameLines } from './lines';

const MARKS = { read: 'read in the source', secondary: 'told by a note', derived: 'derived' } as const;
/** Shares of the greatest value to a millionth. */
const share = (value: number): number => Math.round(value * 1e6) / 1e6;

/** A plot beside what is published, each line divided by its greatest value; none where nothing is. */
export function shapeFigures(study: Study, { plot, lines }: DrawnPlot): Figure[] {
  if (plot.published.length === 0) return [];
  const filled = lines.filter(({ points }) => points.length > 0);
  const times: [PointTime, StudyLine[]][] = filled.length > 0 ? byTime(filled) : [['model', []]];
  return times.map(([time, own]) => shapeFigure(study, { plot, lines: own }, time));
}

function shapeFigure(study: Study, { plot, lines }: DrawnPlot, time: PointTime): Figure {
  const axis = axisOf(study, plot, lines);
  const ours = nameLines(lines, plot.by).map(({ name, colour, stroke, line }) => ({
    ...{ name, colour, ...(stroke ? { stroke } : {}) },
    points: line.points.flatMap(({ x, mean }): [number, number][] =>
      typeof x === 'number' ? [[x, mean]] : [],
    ),
  }));
  const used = new Set(ours.map(({ colour }) => colour)).size;
  const theirs = plot.published.map(({ label, points }, place) => ({
    ...{ name: `${label} (published)`, colour: lineColour(used + place), stroke: 'dashed' as const },
    points,
  }));
  const all = [...ours, ...theirs];
  return {
    id: idOf(`shape-${plot.id}`, time),
    title: `${plot.title}: shape against the published one`,
    caption: captionOf(study, { plot, lines }, time),
    time,
    nothing: nothingOf(axis.scale, lines),
    columns: ['line', plot.x, 'share of its greatest', 'low', 'high', 'value'].map((name) => ({
      name,
      unit: '',
    })),
    rows: all.flatMap(({ name, points }) => {
      const shape = shapeOf(points);
      return points.map(([x, value], place): Cell[] => [
        ...[name, x, share(shape[place]?.[1] ?? 0)],
        ...[null, null, Number(value.toPrecision(9))],
      ]);
    }),
    chart: {
      kind: 'points',
      x: axis,
      y: { title: 'share of the greatest value of each line', unit: 'share', log: plot.log.includes('y') },
      legend: plot.by ?? '',
      lines: all.map(({ points: _, ...line }) => line),
      curve: null,
    },
  };
}

function nothingOf(scale: string, lines: readonly StudyLine[]): string | null {
  if (lines.length === 0) return 'No run gives the figure, so there is no shape to compare.';
  return scale === 'words'
    ? 'Published points stand on a number axis, and this parameter has words: their shapes cannot be compared.'
    : null;
}

function captionOf(study: Study, { plot, lines }: DrawnPlot, time: PointTime): string {
  const sources = plot.published.map(({ label, mark }) => `${label} (${MARKS[mark]})`).join(', ');
  const source = study.published ? ` Source: ${study.published.source.replace(/\.$/, '')}.` : '';
  return [
    'Each line is divided by its greatest value: shapes compare, absolutes do not.',
    modesOf(lines).length > 1
      ? 'Solid and filled: live. Dotted: simulated. Dashed: published.'
      : 'Solid and filled: ours. Dashed and hollow: published.',
    `Published: ${sources}.${source}`,
    time === 'wall' ? WALL_WORDS : '',
  ]
    .filter((each) => each !== '')
    .join(' ');
}
