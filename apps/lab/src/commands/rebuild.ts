import { rebuildProjections, type RebuildReport, type RowDifference } from '@faultline/record';
import { formatCount } from '@faultline/stats';
import { Exit } from '../errors';
import { type Style, styleFor } from '../print/style';
import { indent } from '../print/table';
import { findRun } from '../run/run-folder';
import type { Terminal } from '../terminal';

export interface RebuildFlags {
  runs: string;
  json?: boolean;
}

/** Drops what was built from the record of a run, builds it again, and says whether it is the same. */
export async function rebuild(reference: string, flags: RebuildFlags, terminal: Terminal): Promise<Exit> {
  const folder = findRun(flags.runs, reference);
  const report = await rebuildProjections(folder.path);
  if (flags.json) terminal.out(JSON.stringify({ run: folder.id, ...report }, null, 2));
  else terminal.out([`run ${folder.id}`, ...reportLines(report, styleFor(terminal.colour))].join('\n'));
  return report.identical ? Exit.OK : Exit.FAILED;
}

function reportLines(report: RebuildReport, style: Style): string[] {
  const { messages, before, identical, tables, differences, kept } = report;
  const rows = tables.map(({ table, rows: count }) => `${formatCount(count)} rows in ${table}`).join(', ');
  const built = `built from ${formatCount(messages)} messages: ${rows}`;
  if (before === 'nothing') return [`projections ${built}; there were none to compare with`];
  if (before !== 'tables')
    return [`${style.bad('projections were UNREADABLE')}: ${before.unreadable}`, `they are ${built}`];
  if (identical) return [`${style.good('projections identical')}: ${built}`];
  return [
    `${style.bad('projections DIFFERED')} from what the record gives: ${differences.map(({ table }) => table).join(', ')}`,
    ...differences.flatMap(({ table, rowsBefore, rowsAfter, rows: shown }) => [
      `  ${table}: ${formatCount(rowsBefore)} rows before, ${formatCount(rowsAfter)} now; the first that differ:`,
      ...indent(indent(shown.map(rowLine))),
    ]),
    `they are ${built}; what was there before is in ${kept ?? ''}`,
  ];
}

function rowLine({ key, before, after }: RowDifference): string {
  const name = key.join('.');
  if (!before) return `${name} was not there`;
  if (!after) return `${name} is not in the record`;
  const changes = Object.keys(after).map(
    (column) => `${column} was ${text(before[column])}, is ${text(after[column])}`,
  );
  return `${name}: ${changes.join('; ')}`;
}

const text = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
