import type { GroupFigure, RunGroup } from '@faultline/report';
import {
  formatCount,
  formatMicros,
  formatRate,
  formatShare,
  type Interval,
  type RepetitionComparison,
  summariseRounds,
} from '@faultline/stats';
import { type Column, formatTable } from './table';

/** A table of figures, each line with whether its change exceeds noise. */
export interface ComparedTable {
  title: string;
  head: string;
  lines: { text: string; exceeds: boolean }[];
}

type Cells = (figure: GroupFigure) => string[];

const TITLES: Readonly<Record<GroupFigure['time'], string>> = {
  none: 'counts',
  wall: 'wall time',
  model: 'model time (wall time / time scale)',
};
/** What stands above figures whose names do not say it. */
const PARTS: Readonly<Record<GroupFigure['part'], string | null>> = {
  counts: null,
  responses: 'responses',
  'end-to-end': null,
  'stage-mean': 'mean of stage',
  'stage-p99': 'p99 of stage',
};
const NONE = '-';
/** Every other count is shown when it is not 0. */
const ALWAYS_SHOWN = 'none.counts.faults';

/** The figures of a group beside those of the first, which it is compared with. Model time is given where wall time says nothing. */
export function comparedTables(
  first: RunGroup,
  group: RunGroup,
  number: number,
  width: number,
): ComparedTable[] {
  const means = new Map(first.figures.map(({ id, mean }) => [id, mean]));
  const values: Cells = (figure) => [
    valueText(figure, means.get(figure.id) ?? null),
    valueText(figure, figure.mean),
  ];
  const heads = ['group 1', `group ${number}`];
  const isShown = ({ id, time, mean }: GroupFigure): boolean =>
    id === ALWAYS_SHOWN || time !== 'none' || (means.get(id) ?? 0) !== 0 || (mean ?? 0) !== 0;
  const tableOf = (time: GroupFigure['time']): ComparedTable => {
    const shown = group.figures.filter((figure) => figure.time === time && isShown(figure));
    if (shown.some(({ comparable }) => !comparable)) {
      const table = fitting(shown, [{ heads, cells: values }], width);
      return { title: `${TITLES[time]}: not comparable (${group.wallTimeDiffers.join(', ')})`, ...table };
    }
    const forms = changeForms(shown).map(({ heads: more, cells }) => ({
      heads: [...heads, ...more],
      cells: (figure: GroupFigure) => [...values(figure), ...cells(figure)],
    }));
    return { title: TITLES[time], ...fitting(shown, forms, width) };
  };
  const times: GroupFigure['time'][] =
    group.wallTimeDiffers.length > 0 ? ['none', 'wall', 'model'] : ['none', 'wall'];
  return times.map(tableOf);
}

/** Mean, range and spread of the figures of one group. */
export function spreadTables({ figures, runs }: RunGroup, width: number): ComparedTable[] {
  const cells: Cells = (figure) => {
    const values = figure.values.filter((value) => value !== null);
    if (values.length === 0) return [NONE, NONE, NONE, NONE];
    const { mean, min, max, relativeSpread } = summariseRounds(values);
    return [
      ...[mean, min, max].map((value) => valueText(figure, value)),
      relativeSpread === 0 ? '0 %' : formatShare(relativeSpread, 1),
    ];
  };
  const heads = [`mean of ${runs.length}`, 'least', 'most', 'range / median'];
  return (['none', 'wall'] as const).map((time) => {
    const shown = figures.filter(
      (figure) => figure.time === time && (time === 'wall' || figure.id === ALWAYS_SHOWN || figure.mean),
    );
    return { title: TITLES[time], ...fitting(shown, [{ heads, cells }], width) };
  });
}

interface Form {
  heads: string[];
  cells: Cells;
}

/** The ways to show changes, from the one that says most to the narrowest. */
function changeForms(figures: readonly GroupFigure[]): Form[] {
  const change = (of: (figure: GroupFigure, change: RepetitionComparison) => string): Cells => {
    return (figure) => [figure.change ? of(figure, figure.change) : NONE];
  };
  const absolute = change((figure, { difference }) => signed(difference, (size) => valueText(figure, size)));
  // Welch's interval is as far to one side as to the other.
  const distance = change((figure, { difference, differenceInterval: of }) =>
    of ? `±${valueText(figure, of.high - difference)}` : NONE,
  );
  const relative = change((_, { relativeChange }) => relativeText(relativeChange));
  const relativeInterval = change((_, { relativeChangeInterval: of }) => (of ? intervalText(of) : NONE));
  const verdict = change((_, { verdict: said }) => VERDICTS[said]);
  const form = (...parts: (readonly [head: string, cells: Cells])[]): Form => ({
    heads: parts.map(([head]) => head),
    cells: (figure) => parts.flatMap(([, cells]) => cells(figure)),
  });
  if (!figures.some((figure) => figure.change?.differenceInterval))
    return [form(['change', absolute], ['relative', relative], ['noise', verdict])];
  return [
    form(
      ...[['change', absolute] as const, ['95 %', distance] as const],
      ...[['relative', relative] as const, ['95 %', relativeInterval] as const, ['noise', verdict] as const],
    ),
    form(['change', absolute], ['95 %', distance], ['relative', relative], ['noise', verdict]),
    form(['change', absolute], ['95 %', distance], ['noise', verdict]),
  ];
}

const VERDICTS: Readonly<Record<RepetitionComparison['verdict'], string>> = {
  higher: 'exceeds',
  lower: 'exceeds',
  'within-noise': 'within',
  unknown: 'unknown',
};

/** The first form whose lines are no wider than `width`; else the last. */
function fitting(
  shown: readonly GroupFigure[],
  forms: readonly Form[],
  width: number,
): Pick<ComparedTable, 'head' | 'lines'> {
  const drawn = forms.map(({ heads, cells }) => {
    const columns: Column[] = [
      { heading: '' },
      ...heads.map((heading): Column => ({ heading, align: heading === 'noise' ? 'left' : 'right' })),
    ];
    const rows = shown.flatMap((figure, index) => {
      const title = PARTS[figure.part];
      const begins = title !== null && shown[index - 1]?.part !== figure.part;
      const row = {
        cells: [title === null ? figure.name : ` ${figure.name}`, ...cells(figure)],
        exceeds: exceeds(figure),
      };
      return begins ? [{ cells: [title], exceeds: false }, row] : [row];
    });
    const [head = '', ...texts] = formatTable(
      columns,
      rows.map((row) => row.cells),
    );
    return { head, lines: texts.map((text, at) => ({ text, exceeds: rows[at]?.exceeds === true })) };
  });
  const fits = drawn.find(({ head, lines }) =>
    [head, ...lines.map(({ text }) => text)].every((text) => [...text].length <= width),
  );
  return fits ?? drawn.at(-1) ?? { head: '', lines: [] };
}

const exceeds = ({ change, comparable }: GroupFigure): boolean =>
  comparable && (change?.verdict === 'higher' || change?.verdict === 'lower');

function valueText({ unit }: GroupFigure, value: number | null): string {
  if (value === null) return NONE;
  if (unit === 'micros') return formatMicros(value);
  if (unit === 'per-second') return formatRate(value);
  // A mean of few counts has a part behind the point that matters.
  return Number.isInteger(value) || value >= 100 ? formatCount(value) : value.toFixed(1);
}

function signed(value: number, format: (size: number) => string): string {
  if (value === 0) return '0';
  return `${value < 0 ? '-' : '+'}${format(Math.abs(value))}`;
}

function relativeText(change: number): string {
  if (!Number.isFinite(change)) return 'from 0';
  return change === 0 ? '0 %' : signed(change, (size) => formatShare(size, 1));
}

const intervalText = ({ low, high }: Interval): string =>
  `${relativeText(low).replace(' %', '')}..${relativeText(high)}`;
