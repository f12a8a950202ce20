import { compareRepetitions, type Interval } from '@faultline/stats';
import { type Aggregate, type PointFigures, together } from './aggregate';
import { figureKind } from './figures';
import type { RunMode } from './point-run';
import type { Expectation } from './schema';
import { levelsOf, matches, whereWords } from './select';

/** Whether something that must hold does, in one mode. */
export interface Verdict {
  says: string;
  mode: RunMode;
  /** `unknown`: no run gives the figure. */
  verdict: 'holds' | 'fails' | 'unknown';
  /** What was found, in words with numbers. */
  found: string;
  published: boolean;
}

/** Judges everything that must hold, for each mode that was run. */
export function judge(expectations: readonly Expectation[], points: readonly PointFigures[]): Verdict[] {
  const modes = [...new Set(points.map(({ mode }) => mode))];
  return expectations.flatMap((expectation) =>
    modes.map((mode): Verdict => {
      const own = points.filter((point) => point.mode === mode);
      const { says, published } = expectation;
      return { says, mode, published, ...judgeOne(expectation, own) };
    }),
  );
}

type Judged = Pick<Verdict, 'verdict' | 'found'>;

const unknown = (found: string): Judged => ({ verdict: 'unknown', found });

function judgeOne(expectation: Expectation, points: readonly PointFigures[]): Judged {
  if (expectation.shape !== undefined) return judgeShape(expectation, points);
  if (expectation.ratio !== undefined) return judgeRatio(expectation, points);
  return judgeValue(expectation, points);
}

function judgeValue({ figure, at, value = '' }: Expectation, points: readonly PointFigures[]): Judged {
  const aggregate = figureAt(points, figure, at);
  if (!aggregate) return unknown(missing(points, figure, at));
  const { mean: found, interval } = aggregate;
  const what = `${figureKind(figure).title} at ${whereWords(at)}: ${spelled(found)}${within(interval)}`;
  return { verdict: compare(found, value) ? 'holds' : 'fails', found: what };
}

function judgeRatio(
  { figure, at, againstFigure = figure, ratio = '', ...rest }: Expectation,
  points: readonly PointFigures[],
): Judged {
  const against = rest.against ?? at;
  const of = figureAt(points, figure, at);
  const base = figureAt(points, againstFigure, against);
  if (!of) return unknown(missing(points, figure, at));
  if (!base) return unknown(missing(points, againstFigure, against));
  const { relativeChange, relativeChangeInterval } = compareRepetitions(base.values, of.values);
  const found = 1 + relativeChange;
  // Points that are taken together differ by more than noise, and so do their values.
  const isNoise = of.interval !== null && base.interval !== null;
  const interval = isNoise &&
    relativeChangeInterval && {
      ...relativeChangeInterval,
      low: 1 + relativeChangeInterval.low,
      high: 1 + relativeChangeInterval.high,
    };
  const what = `${figureKind(figure).title} at ${whereWords(at)} is ${spelled(found)} times ${againstFigure === figure ? 'that' : figureKind(againstFigure).title} at ${whereWords(against)}${within(interval || null)}`;
  return { verdict: compare(found, ratio) ? 'holds' : 'fails', found: what };
}

function judgeShape(
  { figure, at, over = '', shape, by }: Expectation,
  points: readonly PointFigures[],
): Judged {
  const own = matching(points, at);
  const line = levelsOf(own, over).flatMap((level) => {
    const aggregate = figureAt(own, figure, { [over]: level });
    return aggregate ? [{ level, value: aggregate.mean }] : [];
  });
  const [first, last] = [line[0], line.at(-1)];
  if (!first || !last) return unknown(missing(points, figure, at));
  if (line.length < 2)
    return unknown(
      `a shape takes two values of ${over}, and only at ${String(first.level)} a run gives ${figureKind(figure).title}`,
    );
  const highest = line.reduce((most, each) => (each.value > most.value ? each : most));
  const change = (from: number, to: number): number =>
    from === 0 ? (to === 0 ? 0 : Infinity) : to / from - 1;
  const [overall, rise, fall] = [
    change(first.value, last.value),
    change(first.value, highest.value),
    change(highest.value, last.value),
  ];
  const holds = {
    rises: overall > by,
    falls: overall < -by,
    flat: line.every(({ value }) => Math.abs(change(first.value, value)) <= by),
    peaks: rise > by && fall < -by,
    plateaus:
      rise > by &&
      fall >= -by &&
      isLevel(
        line.map(({ value }) => value),
        by,
      ),
  }[shape ?? 'flat'];
  const found = `${figureKind(figure).title} over ${over} from ${spelled(first.value)} at ${String(first.level)}, highest ${spelled(highest.value)} at ${String(highest.level)}, to ${spelled(last.value)} at ${String(last.level)}`;
  return { verdict: holds ? 'holds' : 'fails', found };
}

/** Of a plateau: its last step changes by no more than `by`. */
function isLevel(values: readonly number[], by: number): boolean {
  const [last = 0, before = 0] = [values.at(-1), values.at(-2)];
  return before > 0 && Math.abs(last / before - 1) <= by;
}

/** A figure at points with some values, all of them taken together; undefined where no run gives it. */
const figureAt = (
  points: readonly PointFigures[],
  figure: string,
  where: Expectation['at'],
): Aggregate | undefined => together(matching(points, where), figure);

/** Why there is no figure. */
const missing = (points: readonly PointFigures[], figure: string, where: Expectation['at']): string =>
  matching(points, where).length === 0
    ? `no point has ${whereWords(where)}`
    : `no run at ${whereWords(where)} gives ${figureKind(figure).title}`;

const matching = (points: readonly PointFigures[], where: Expectation['at']): PointFigures[] =>
  points.filter((point) => matches(point, where));

function compare(value: number, comparison: string): boolean {
  const [, operator = '', text = ''] = /^(==|!=|<=|>=|<|>) *(.+)$/.exec(comparison) ?? [];
  const threshold = Number(text);
  switch (operator) {
    case '==':
      return value === threshold;
    case '!=':
      return value !== threshold;
    case '<=':
      return value <= threshold;
    case '>=':
      return value >= threshold;
    case '<':
      return value < threshold;
    default:
      return value > threshold;
  }
}

/** Three digits are enough to judge by. */
const spelled = (value: number): string =>
  Number.isFinite(value)
    ? Number(value.toPrecision(3)).toLocaleString('en-US', { maximumSignificantDigits: 3 })
    : String(value);

function within(interval: Interval | null): string {
  if (!interval) return '';
  return ` (${Math.round(interval.level * 100)} % interval ${spelled(interval.low)} to ${spelled(interval.high)})`;
}
