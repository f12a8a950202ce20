import type { RunReportData } from '../report-data';
import { END_WORDS, UNDRAINED_WORDS, unsettledWords } from '../run-words';
import { several } from '../words';
import { totalOf } from './run-figures';

/** What to know of runs before their figures are compared; one line each, with all runs of which it is to be said. */
export function warningsOf(runs: readonly RunReportData[]): string[] {
  const concerned = new Map<string, string[]>();
  for (const data of runs)
    for (const line of linesOf(data)) concerned.set(line, [...(concerned.get(line) ?? []), data.run.id]);
  return [...concerned].map(([line, ids]) => `run${ids.length === 1 ? '' : 's'} ${ids.join(', ')}: ${line}`);
}

function linesOf(data: RunReportData): string[] {
  const { run, audit, faults, machine, program } = data;
  const lines: string[] = [];
  const broken = audit.report.invariants.filter(({ status }) => status === 'failed');
  if (!audit.report.clean) {
    const what = broken.map(({ invariant }) => invariant).join(', ') || 'its record is broken';
    lines.push(`the audit failed (${what}), so figures may be wrong`);
  }
  if (run.end !== 'finished') lines.push(`not a whole run: ${END_WORDS[run.end]}`);
  if (run.drained === false) lines.push(UNDRAINED_WORDS);
  const letters = totalOf(data, 'deadLetters') ?? 0;
  if (letters > 0) lines.push(`${several(letters, 'dead letter')}: messages no service could use`);
  const open = faults.sent - faults.settled;
  if (open > 0) lines.push(unsettledWords(open));
  if (machine === null || program === null)
    lines.push('not recorded on what machine and with what version it was made');
  return lines;
}
