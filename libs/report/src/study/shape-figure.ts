import {
  type DrawnPlot,
  type PointTime,
  type PublishedMark,
  sharesOf,
  type Study,
  type StudyLine,
} from '@faultline/study';
import type { Cell, Figure } from '../figure';
import { byTime, idOf, modesOf, WALL_WORDS } from './names';
import { axisOf, lineColour, nameLines, placeOn } from './lines';

/** What a legend calls a published line, and what its caption says of where the figures come from. */
const MARKS: Readonly<Record<PublishedMark, { legend: string; caption: string }>> = {
  read: { legend: 'published', caption: 'stated by the source' },
  secondary: { legend: 'published, second hand', caption: 'stated by the source, as another one tells it' },
  derived: { legend: 'derived', caption: 'derived from the source, which does not state them' },
};
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
  const ours = nameLines(lines, plot.by).map(({ name, colour, stroke, line }) => ({
    ...{ name, colour, ...(stroke ? { stroke } : {}) },
    points: line.points.map(({ x, mean: y }) => ({ x, y })),
  }));
  const used = new Set(ours.map(({ colour }) => colour)).size;
  const theirs = plot.published.map(({ label, mark, points }, place) => ({
    name: `${label} (${MARKS[mark].legend})`,
    ...{ colour: lineColour(used + place), stroke: 'dashed' as const },
    points: points.map(([x, y]) => ({ x, y })),
  }));
  const all = [...ours, ...theirs];
  const axis = axisOf(study, plot, all);
  return {
    id: idOf(`shape-${plot.id}`, time),
    title: `${plot.title}: shape against the published one`,
    caption: captionOf(study, { plot, lines }, time, axis.scale === 'words'),
    time,
    nothing: lines.length === 0 ? 'No run gives the figure, so there is no shape to compare.' : null,
    columns: ['line', plot.x, 'share of its greatest', 'low', 'high', 'value'].map((name) => ({
      name,
      unit: '',
    })),
    rows: all.flatMap(({ name, points }) => {
      const shape = sharesOf(points.map(({ y }) => y));
      return points.map(({ x, y }, place): Cell[] => [
        ...[name, placeOn(axis, x), share(shape[place] ?? 0)],
        ...[null, null, Number(y.toPrecision(9))],
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

function strokesOf(isBoth: boolean, isOverWords: boolean): string {
  if (isOverWords)
    return isBoth ? 'Filled: live. Hollow: simulated, or published.' : 'Filled: ours. Hollow: published.';
  return isBoth
    ? 'Solid and filled: live. Dotted: simulated. Dashed: published.'
    : 'Solid and filled: ours. Dashed and hollow: published.';
}

function captionOf(study: Study, { plot, lines }: DrawnPlot, time: PointTime, isOverWords: boolean): string {
  const sources = plot.published.map(({ label, mark }) => `${label} (${MARKS[mark].caption})`).join(', ');
  const source = study.published ? ` Source: ${study.published.source.replace(/\.$/, '')}.` : '';
  return [
    'Each line is divided by its greatest value: shapes compare, absolutes do not.',
    strokesOf(modesOf(lines).length > 1, isOverWords),
    `Published: ${sources}.${source}`,
    time === 'wall' ? WALL_WORDS : '',
  ]
    .filter((each) => each !== '')
    .join(' ');
}
