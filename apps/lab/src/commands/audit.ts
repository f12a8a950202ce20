import { type AuditReport, Auditor } from '@faultline/audit';
import { RecordReader, sha256 } from '@faultline/record';
import { Exit } from '../errors';
import { styleFor } from '../print/style';
import { verdictLine, verdictLines } from '../print/verdict';
import { findRun } from '../run/run-folder';
import { scenarioOf, totalsOf } from '../run-names';
import type { Terminal } from '../terminal';

export interface AuditFlags {
  runs: string;
  json?: boolean;
}

/** Reads the record of a run again, checks every invariant, and prints the verdict. */
export async function audit(reference: string, flags: AuditFlags, terminal: Terminal): Promise<Exit> {
  const folder = findRun(flags.runs, reference);
  const reader = await RecordReader.open(folder.path);
  let report: AuditReport;
  try {
    const auditor = new Auditor({ sha256, totals: totalsOf(scenarioOf(folder)) });
    for await (const page of reader.pages())
      for (const { message, hash } of page) auditor.observe(message, hash);
    report = auditor.verdict();
  } finally {
    await reader.close();
  }
  if (flags.json) terminal.out(JSON.stringify({ run: folder.id, ...report }, null, 2));
  else {
    const style = styleFor(terminal.colour);
    terminal.out(
      [`run ${folder.id}`, verdictLine(report, style), ...verdictLines(report, style, terminal.columns)].join(
        '\n',
      ),
    );
  }
  return report.clean ? Exit.OK : Exit.FAILED;
}
