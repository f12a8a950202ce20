import { formatCount, formatMicros, formatRate } from '@faultline/stats';
import { axisTitle, figureKind, type FigureUnit, type StudyLine, type StudyResult } from '@faultline/study';
import type { Style } from './style';
import { formatTable, indent } from './table';
import { wrapped } from './wrap';

/** A study for a person, in lines of at most `width` characters. `page` is where its report is; null when it was not written. */
export function studyLines(result: StudyResult, page: string | null, style: Style, width: number): string[] {
  const { study, verdicts, warnings, made, wanted } = result;
  const points = new Set(result.points.map(({ point }) => point)).size;
  return [
    style.strong(`study: ${study.title}`),
    ...wrapped(study.question, width),
    style.faint(
      `${points} points, ${study.repetitions} repetitions each, ${study.mode}: ${made} of ${wanted} runs made`,
    ),
    ...result.plots.flatMap(({ plot, lines }) => [
      '',
      style.strong(`${plot.title}`) + style.faint(`  (${axisTitle(plot.y)})`),
      ...indent(plotTable(plot.x, plot.by, lines, unitOf(plot.y), width - 2)),
      ...indent(lines.flatMap((line) => fitLines(line, plot.by))),
    ]),
    ...(verdicts.length > 0 ? ['', style.strong('what must hold')] : []),
    ...verdicts.flatMap(({ verdict, says, found, mode }) => [
      `  ${verdict === 'holds' ? style.good('holds'.padEnd(7)) : style.bad(verdict.padEnd(7))}  ${says}${study.mode === 'both' ? ` (${mode})` : ''}`,
      ...wrapped(found, width - 9).map((line) => style.faint(`         ${line}`)),
    ]),
    ...agreementLines(result, style, width),
    ...(warnings.length > 0 ? ['', style.strong('to know')] : []),
    ...indent(warnings.flatMap((line) => wrapped(line, width - 2))),
    ...(page === null ? [] : ['', `report  ${page}`]),
  ];
}

/** A line for each value of the parameter, a column for each line of the plot. */
function plotTable(
  x: string,
  by: string | undefined,
  lines: readonly StudyLine[],
  spell: (value: number) => string,
  width: number,
): string[] {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map((point) => point.x)))];
  const modes = new Set(lines.map(({ mode }) => mode)).size > 1;
  const columns = lines.map((line) => ({
    heading: nameOf(line, by, modes) || 'mean',
    align: 'right' as const,
  }));
  const rows = xs.map((value) => [
    String(value),
    ...lines.map((line) => {
      const there = line.points.filter((point) => point.x === value);
      return there.length === 0 ? '-' : there.map((point) => spell(point.mean)).join(' / ');
    }),
  ]);
  return formatTable([{ heading: x, align: 'right' }, ...columns], rows, width);
}

function nameOf({ by, mode }: StudyLine, parameter: string | undefined, modes: boolean): string {
  const value = by === null ? '' : typeof by === 'number' ? `${parameter} ${by}` : String(by);
  return [value, modes ? mode : ''].filter((part) => part !== '').join(', ');
}

function fitLines({ fit, by }: StudyLine, parameter: string | undefined): string[] {
  if (!fit) return [];
  const of = by === null ? 'fit' : `fit for ${parameter} ${String(by)}`;
  if (fit.kind === 'refused') return [`${of}: none, ${fit.message}`];
  const { sigma, kappa } = fit.parameters;
  const { peak: at } = fit;
  const peak =
    at.kind === 'peak' ? `peak at ${formatCount(at.concurrency)}` : `no peak in range: ${at.message}`;
  return [`${of}: sigma ${sigma.toPrecision(3)}, kappa ${kappa.toPrecision(3)}, ${peak}`];
}

function agreementLines({ study, agreement }: StudyResult, style: Style, width: number): string[] {
  if (!study.published || agreement === null) return [];
  const { shape, mark, source, why } = study.published;
  return [
    '',
    style.strong(`the ${mark} shape: ${agreement.words}`),
    ...indent(
      [agreement.sentence, `Shape: ${shape}.`, `Source: ${source}.`, `Why: ${why}`].flatMap((line) =>
        wrapped(line, width - 2),
      ),
    ),
  ];
}

const SPELL: Record<FigureUnit, (value: number) => string> = {
  micros: formatMicros,
  'per-second': formatRate,
  count: (value) => formatCount(Number(value.toPrecision(4))),
  share: (value) => value.toPrecision(3),
};

const unitOf = (figure: string): ((value: number) => string) => SPELL[figureKind(figure).unit];
