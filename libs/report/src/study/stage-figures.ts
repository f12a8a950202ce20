import { STAGE_NAMES, STAGES } from '@faultline/audit';
import { type PointFigures, type PointTime, stageFigure } from '@faultline/study';
import { type Cell, type Figure, roundMicros } from '../figure';
import { byTime, idOf, modesOf, pointName, WALL_WORDS } from './names';

/** From this ratio of the longest bar to the shortest on, one scale would show nothing of the shortest. */
const TOO_DIFFERENT = 12;

/** Where the time of each point goes, in each kind of time. */
export function stageFigures(points: readonly PointFigures[]): Figure[] {
  const measured = points.filter(({ figures }) => figures.has('latency.mean'));
  const times: [PointTime, PointFigures[]][] = measured.length > 0 ? byTime(measured) : [['model', []]];
  return times.map(([time, own]) => figureOf(own, points, time));
}

function figureOf(own: readonly PointFigures[], all: readonly PointFigures[], time: PointTime): Figure {
  const modes = modesOf(own);
  const totals = own
    .map(({ figures }) => figures.get('latency.mean')?.mean ?? 0)
    .filter((total) => total > 0);
  const isWhole = Math.max(...totals) > TOO_DIFFERENT * Math.min(...totals);
  const scale = isWhole
    ? 'Each bar is the whole of its own mean, which stands beside it: means are too different for one scale.'
    : 'All bars are on one scale.';
  return {
    id: idOf('breakdown', time),
    title: 'Where the time goes',
    caption: `Mean of each stage at each point, in order: they add up to the mean end-to-end time. ${scale}${time === 'wall' ? ` ${WALL_WORDS}` : ''}`,
    time,
    nothing:
      totals.length === 0
        ? 'No fault settled in the window of any run, so there are no stages to show.'
        : null,
    columns: [
      { name: 'point', unit: '' },
      ...STAGES.map((stage) => ({ name: STAGE_NAMES[stage], unit: 'µs' })),
    ],
    rows: own.map(({ values, mode, figures }): Cell[] => [
      `${pointName(values, all)}${modes.length > 1 ? `, ${mode}` : ''}`,
      ...STAGES.map((stage) => roundMicros(Math.max(0, figures.get(stageFigure(stage, 'mean'))?.mean ?? 0))),
    ]),
    chart: { kind: 'stacks', colours: [...STAGES], ...(isWhole ? { wholes: true as const } : {}) },
  };
}
