import { resolve } from 'node:path';
import { formatPermissions } from '@faultline/domain';
import { formatCount, formatPage } from '@faultline/stats';
import { BadInput, Exit } from '../errors';
import { formatTable, indent } from '../print/table';
import { inspectTrace, type TraceReport } from '../scenario/inspect-trace';
import type { Terminal } from '../terminal';

export interface TraceFlags {
  format: string;
  json?: boolean;
}

const FORMATS = ['auto', 'lackey', 'prq', 'perf', 'csv'] as const;
/** Ranges that are listed; JSON has all. */
const SHOWN = 20;

/** Checks every line of a trace and says what is in it. */
export async function traceInfo(file: string, flags: TraceFlags, terminal: Terminal): Promise<Exit> {
  const format = FORMATS.find((each) => each === flags.format);
  if (format === undefined)
    throw new BadInput(`no trace format '${flags.format}': expected one of ${FORMATS.join(', ')}`);
  const report = await inspectTrace(resolve(file), format);
  terminal.out(flags.json ? JSON.stringify(report, null, 2) : reportLines(report).join('\n'));
  return Exit.OK;
}

function reportLines(report: TraceReport): string[] {
  const { file, format, lines, accesses, pages, reads, writes, executes, ranges } = report;
  const n = formatCount;
  const right = { align: 'right' as const };
  const facts = formatTable(
    [{ heading: '' }, { heading: '', ...right }, { heading: '' }],
    [
      ['lines', n(lines), 'that are accesses; one that reaches into another page counts for each'],
      [
        'accesses',
        n(accesses),
        `of pages, with what touches one page in a row as one: ${n(reads)} read, ${n(writes)} write, ${n(executes)} execute`,
      ],
      ['pages', n(pages), `of 4 KiB, in ${n(ranges.length)} ranges`],
    ],
  );
  const table = formatTable(
    [{ heading: 'first page', ...right }, { heading: 'pages', ...right }, { heading: 'needs' }],
    ranges
      .slice(0, SHOWN)
      .map(({ start, end, permissions }) => [
        formatPage(start),
        n(end - start),
        formatPermissions(permissions).slice(0, 3),
      ]),
  );
  const more = ranges.length > SHOWN ? [`... and ${n(ranges.length - SHOWN)} more (--json has all)`] : [];
  return [`${file}: ${format}`, ...indent(facts), '', ...indent([...table, ...more])];
}
