import { STAGE_NAMES, STAGES } from '@faultline/audit';
import type { RepetitionComparison } from '@faultline/stats';
import type { FigureUnit, ModeDifference, StudyResult } from '@faultline/study';
import type { Cell } from '../figure';
import { COLUMN_UNITS, pointName, rounded } from './names';
import type { StudyDifferences } from './study-data';

/** What a comparison says, in words. */
export const DIFFERENCE_WORDS: Readonly<Record<RepetitionComparison['verdict'], string>> = {
  'within-noise': 'within noise',
  higher: 'simulated is higher',
  lower: 'simulated is lower',
  unknown: 'one run does not tell',
};

const COLUMNS = [
  'point',
  'figure',
  'unit',
  'live',
  'simulated',
  'difference',
  'low',
  'high',
  'change in %',
  'verdict',
];

/** Live against simulated, point by point and stage by stage: means, and the 95 % interval of their difference. */
export function differencesOf({ differences, points }: StudyResult): StudyDifferences {
  const isWall = ({ point }: ModeDifference): boolean =>
    points.some((each) => each.point === point && each.time === 'wall');
  return {
    columns: COLUMNS.map((name) => ({ name, unit: '' })),
    rows: differences
      .filter((each) => !isWall(each))
      .flatMap((each) => rowsOf(each, pointName(each.values, points))),
    apart: differences.filter(isWall).map(({ values }) => pointName(values, points)),
  };
}

function rowsOf(of: ModeDifference, name: string): Cell[][] {
  const all: [figure: string, unit: FigureUnit, RepetitionComparison | null][] = [
    ['throughput', 'per-second', of.throughput],
    ['end to end', 'micros', of.endToEnd],
    ...STAGES.map((stage): [string, FigureUnit, RepetitionComparison | null] => [
      STAGE_NAMES[stage],
      'micros',
      of.stages[stage],
    ]),
  ];
  return all.map(([figure, unit, found]) => [
    ...[name, figure, COLUMN_UNITS[unit]],
    ...(found ? cellsOf(found, unit) : [null, null, null, null, null, null, 'no figure']),
  ]);
}

function cellsOf(found: RepetitionComparison, unit: FigureUnit): Cell[] {
  const { before, after, difference, differenceInterval, relativeChange, verdict } = found;
  // Nothing on both sides is the same, however often it was measured.
  if (before.mean === 0 && after.mean === 0) return [0, 0, null, null, null, null, 'none in both'];
  return [
    ...[rounded(before.mean, unit), rounded(after.mean, unit), rounded(difference, unit)],
    ...[rounded(differenceInterval?.low, unit), rounded(differenceInterval?.high, unit)],
    Number.isFinite(relativeChange) ? Math.round(relativeChange * 1e4) / 100 : null,
    DIFFERENCE_WORDS[verdict],
  ];
}
