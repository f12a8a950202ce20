import type { AuditReport, ChainFault, ChainReport, InvariantReport } from '@faultline/audit';
import { formatCount } from '@faultline/stats';
import type { Style } from './style';
import { formatTable, indent } from './table';

const words = { passed: 'holds', failed: 'BROKEN', 'not-checked': 'not checked' } as const;
/** Violations of one invariant that are shown; the report in JSON has more. */
const SHOWN = 5;

/** The audit's verdict, a line for each invariant, and the first violations of those that do not hold. */
export function verdictLines(report: AuditReport, style: Style, width: number): string[] {
  const table = formatTable(
    [{ heading: '' }, { heading: '' }, { heading: '', align: 'right' }, { heading: '' }],
    report.invariants.map((each) => [
      each.invariant,
      words[each.status],
      each.checked > 0 ? formatCount(each.checked) : '',
      each.title,
    ]),
    width - 2,
  );
  const coloured = table.map((line, place) => paint(line, report.invariants[place], style));
  return [...indent(coloured), ...report.invariants.flatMap(violationLines)];
}

/** What was not looked at, of invariants that hold as well as of those not checked. */
export function noteLines(report: AuditReport, style: Style): string[] {
  return report.invariants.flatMap(({ invariant, note }) =>
    note === undefined ? [] : indent([style.faint(`${invariant}: ${note}`)]),
  );
}

/** One line: whether the record holds what it should. */
export function verdictLine(report: AuditReport, style: Style): string {
  const count = (status: InvariantReport['status']): number =>
    report.invariants.filter((each) => each.status === status).length;
  const checked = `${count('passed')} invariants hold, ${count('not-checked')} not checked`;
  const over = `over ${formatCount(report.events)} events in ${formatCount(report.messages)} messages`;
  if (report.clean) return `${style.good('audit passed')}: ${checked}, ${over}`;
  const broken = count('failed');
  return `${style.bad('audit FAILED')}: ${broken} ${broken === 1 ? 'invariant' : 'invariants'} broken, ${checked}, ${over}`;
}

const FAULT_WORDS: Readonly<Record<ChainFault, string>> = {
  missing: 'missing sequence',
  misplaced: 'misplaced message',
  altered: 'altered batch',
  'broken-link': 'broken link',
  rewritten: 'rewritten record',
};

/** One line: whether the record is whole as a record; else what is wrong first, and where. */
export function chainLine({ first, heads, headsTo }: ChainReport, style: Style): string {
  if (first) {
    const { fault, sequence, subject, sentence } = first;
    const where = subject === null ? `${sequence}` : `${sequence} on ${subject}`;
    return `${style.bad('record BROKEN')}: ${FAULT_WORDS[fault]} at ${where}: ${sentence}`;
  }
  if (heads === 0) return 'record whole in itself; no published head to hold it against';
  const many = heads === 1 ? 'the published head' : `all ${formatCount(heads)} published heads`;
  return `record whole: its chain is that of ${many}, up to ${headsTo}`;
}

function violationLines(report: InvariantReport): string[] {
  const shown = report.violations
    .slice(0, SHOWN)
    .map((each) => `    ${report.invariant} at ${each.sequence}, ${each.identity}: ${each.sentence}`);
  const more = report.violated - shown.length;
  return more > 0 ? [...shown, `    ${report.invariant}: ${formatCount(more)} more`] : shown;
}

function paint(line: string, report: InvariantReport | undefined, style: Style): string {
  if (report?.status === 'failed') return style.bad(line);
  return report?.status === 'not-checked' ? style.faint(line) : line;
}
