import {
  countOutcomes,
  type OutcomeCounts,
  type StepDifference,
  type VectorOutcome,
} from '@faultline/conformance';
import { formatCount } from '@faultline/stats';
import { sideBySide } from './side-by-side';
import type { Style } from './style';
import { formatTable, indent } from './table';

/** What was found in one file. */
export interface FileReport {
  file: string;
  format: string;
  outcomes: VectorOutcome[];
}

/** Outcomes by family, in the order in which families first appear. */
export function familiesOf(outcomes: readonly VectorOutcome[]): Map<string, VectorOutcome[]> {
  const families = new Map<string, VectorOutcome[]>();
  for (const outcome of outcomes) {
    const family = families.get(outcome.family);
    if (family) family.push(outcome);
    else families.set(outcome.family, [outcome]);
  }
  return families;
}

/** A file's families, one a line, and the first difference of every vector that failed. */
export function fileLines(report: FileReport, style: Style, columns: number): string[] {
  const table = formatTable(
    [{ heading: '' }, { heading: '' }],
    [...familiesOf(report.outcomes)].map(([family, outcomes]) => [
      family,
      countsText(countOutcomes(outcomes)),
    ]),
  );
  const failures = report.outcomes.flatMap((outcome) =>
    outcome.difference === undefined
      ? []
      : ['', ...differenceLines(outcome, outcome.difference, style, columns)],
  );
  const notes = [...new Set(report.outcomes.filter(({ hazard }) => hazard).map(({ note = '' }) => note))];
  return [
    `${report.file} (${report.format})`,
    ...indent([...table, ...notes.map((note) => style.faint(`hazards: ${note}`))]),
    ...indent(failures),
  ];
}

/** The last line: everything together. */
export function totalLine(reports: readonly FileReport[], seconds: number, style: Style): string {
  const outcomes = reports.flatMap((report) => report.outcomes);
  const counts = countOutcomes(outcomes);
  const steps = outcomes.reduce((sum, outcome) => sum + outcome.steps, 0);
  const verdict = counts.failed > 0 ? style.bad('FAILED') : style.good('passed');
  return `conformance ${verdict}: ${countsText(counts)}; ${formatCount(outcomes.length)} vectors, ${formatCount(steps)} steps in ${seconds.toFixed(1)} s`;
}

function countsText({ passed, failed, hazards }: OutcomeCounts): string {
  const apart = hazards > 0 ? `, ${formatCount(hazards)} of them hazards` : '';
  return `${formatCount(passed)} passed, ${formatCount(failed)} failed${apart}`;
}

function differenceLines(
  { id, title, note }: VectorOutcome,
  { step, op, path, expectedStep, actualStep }: StepDifference,
  style: Style,
  columns: number,
): string[] {
  const head = `${id}: step ${step} (${op}) differs in ${path === '' ? 'its result' : path}`;
  const both = sideBySide(
    { heading: 'expected', value: expectedStep },
    { heading: 'got', value: actualStep },
    columns - 4,
  );
  const about = [title, note].filter((each) => each !== undefined);
  return [style.bad(head), ...indent(about.map(style.faint)), ...indent(both)];
}
