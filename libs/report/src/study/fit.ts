import { formatRate, type Interval, type UslFit } from '@faultline/stats';
import { curveOf } from '@faultline/study';
import { type Cell, type Column, roundRate, type Table } from '../figure';
import type { NamedLine } from './lines';
import { INTERVALS } from './names';

type NamedTable = Table & { title: string };

const LAWS = { linear: 'a straight line', amdahl: 'Amdahl’s law', usl: 'the USL' } as const;

/** What each fit came to, or why there is none; a sentence for each line that was to be fitted. */
export function fitNotes(lines: readonly NamedLine[], by = ''): string[] {
  return lines.flatMap(({ name, line: { fit } }) => {
    if (!fit) return [];
    const whose = lines.length > 1 ? `${`${by} ${name}`.trim()}: ` : '';
    return [fit.kind === 'fit' ? `${whose}${fitWords(fit)}` : `${whose}no fit: ${fit.message}.`];
  });
}

function fitWords({ parameters, intervals, peak, r2, comparison }: UslFit): string {
  const { lambdaPerSecond, sigma, kappa } = parameters;
  const of = [
    `λ ${formatRate(lambdaPerSecond)} (${between(intervals.lambdaPerSecond, formatRate)})`,
    `σ ${small(sigma)} (${between(intervals.sigma, small)})`,
    `κ ${small(kappa)} (${between(intervals.kappa, small)})`,
    `R² ${r2.toFixed(3)}`,
  ];
  const supported =
    comparison.supported === null
      ? ''
      : `; simplest law that the data supports: ${LAWS[comparison.supported]}`;
  const top =
    peak.kind === 'peak'
      ? `peak at ${small(peak.concurrency)} (${between(peak.concurrencyInterval, small)}) with ${formatRate(peak.throughputPerSecond)} (${between(peak.throughputPerSecondInterval, formatRate)})`
      : `no peak in range: ${peak.message}`;
  return `${of.join(', ')}; ${top}${supported}.`;
}

/** Three digits, without an exponent where that is short. */
export function small(value: number): string {
  if (!Number.isFinite(value)) return 'no end';
  if (value === 0) return '0';
  if (Math.abs(value) < 1e-6) return value.toExponential(1);
  return value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
}

const between = ({ low, high }: Interval, words: (value: number) => string): string =>
  `${words(low)} to ${Number.isFinite(high) ? words(high) : 'no end'}`;

/** Points of the fitted curves, which are drawn, then residuals, then parameters; none where nothing could be fitted. */
export function fitTables(lines: readonly NamedLine[]): NamedTable[] {
  const fits = lines.flatMap(({ name, line }) =>
    line.fit?.kind === 'fit' ? [{ name, line, fit: line.fit }] : [],
  );
  if (fits.length === 0) return [];
  return [
    {
      title: 'Fitted curves',
      columns: [plain('line'), plain('x'), rate('fitted')],
      rows: fits.flatMap(({ name, line }) =>
        curveOf(line).map(([x, y]): Cell[] => [name, Number(x.toPrecision(6)), roundRate(y)]),
      ),
    },
    residuals(fits),
    parametersTable(fits),
  ];
}

interface Fitted extends Pick<NamedLine, 'name'> {
  fit: UslFit;
}

function residuals(fits: readonly Fitted[]): NamedTable {
  return {
    title:
      'Residuals of the fit: measured / fitted - 1. A run of the same sign is a shape that the law does not have.',
    columns: [
      ...[plain('line'), plain('x'), plain('repetitions')],
      ...[rate('measured'), rate('fitted'), { name: 'residual', unit: '%' }],
    ],
    rows: fits.flatMap(({ name, fit }) =>
      fit.points.map((point): Cell[] => [
        ...[name, point.concurrency, point.repetitions],
        ...[roundRate(point.measuredPerSecond), roundRate(point.fittedPerSecond)],
        Math.round(point.relativeResidual * 1e5) / 1e3,
      ]),
    ),
  };
}

function parametersTable(fits: readonly Fitted[]): NamedTable {
  const withEnds = (column: Column): Column[] => [
    column,
    { ...column, name: `${column.name} low` },
    { ...column, name: `${column.name} high` },
  ];
  const ends = (value: number, { low, high }: Interval): Cell[] => [value, low, high].map(digits);
  return {
    title: `Parameters of the fit, with the ends of their ${INTERVALS}`,
    columns: [
      plain('line'),
      ...[rate('lambda'), plain('sigma'), plain('kappa'), plain('peak at'), rate('peak')].flatMap(withEnds),
      ...['R²', 'runs', 'simplest law', 'unbounded sigma', 'unbounded kappa'].map(plain),
    ],
    rows: fits.map(
      ({ name, fit: { parameters, intervals, peak, r2, observations, comparison, unbounded } }) => [
        name,
        ...ends(parameters.lambdaPerSecond, intervals.lambdaPerSecond),
        ...ends(parameters.sigma, intervals.sigma),
        ...ends(parameters.kappa, intervals.kappa),
        ...(peak.kind === 'peak'
          ? [
              ...ends(peak.concurrency, peak.concurrencyInterval),
              ...ends(peak.throughputPerSecond, peak.throughputPerSecondInterval),
            ]
          : Array.from({ length: 6 }, () => null)),
        ...[digits(r2), observations, comparison.supported],
        ...[digits(unbounded?.sigma ?? NaN), digits(unbounded?.kappa ?? NaN)],
      ],
    ),
  };
}

const plain = (name: string): Column => ({ name, unit: '' });
const rate = (name: string): Column => ({ name, unit: '1/s' });
/** Six digits; none for what is no number. */
const digits = (value: number): number | null =>
  Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
