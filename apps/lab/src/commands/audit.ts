import { type AuditReport, Auditor, totalsOf } from '@faultline/audit';
import { RecordReader, sha256 } from '@faultline/record';
import { BadInput, Exit } from '../errors';
import { styleFor } from '../print/style';
import { chainLine, noteLines, verdictLine, verdictLines } from '../print/verdict';
import { headsOnServer, keptHeads } from '../run/published-heads';
import { findRun } from '../run/run-folder';
import { scenarioOf } from '../run-names';
import type { Terminal } from '../terminal';

export interface AuditFlags {
  runs: string;
  json?: boolean;
  /** Server whose published heads are compared, instead of those kept with the run. */
  nats?: string;
}

/** Reads the record of a run again, checks every invariant, and prints the verdict. */
export async function audit(reference: string, flags: AuditFlags, terminal: Terminal): Promise<Exit> {
  const folder = findRun(flags.runs, reference);
  const reader = await RecordReader.open(folder.path);
  let report: AuditReport;
  try {
    const published =
      flags.nats === undefined ? keptHeads(folder) : await headsOnServer(flags.nats, await labOf(reader));
    const end = await reader.head();
    const scenario = scenarioOf(folder);
    const totals = scenario && totalsOf(scenario);
    const auditor = new Auditor({ sha256, totals, end, published });
    for await (const page of reader.pages({ to: end.position }))
      for (const { message, hash } of page) auditor.observe(message, hash);
    report = auditor.verdict();
  } finally {
    await reader.close();
  }
  if (flags.json) terminal.out(JSON.stringify({ run: folder.id, ...report }, null, 2));
  else {
    const style = styleFor(terminal.colour);
    terminal.out(
      [
        `run ${folder.id}`,
        verdictLine(report, style),
        chainLine(report.chain, style),
        ...verdictLines(report, style, terminal.columns),
        ...noteLines(report, style),
      ].join('\n'),
    );
  }
  return report.clean ? Exit.OK : Exit.FAILED;
}

/** Subjects begin with the laboratory's name. */
async function labOf(reader: RecordReader): Promise<string> {
  const lab = (await reader.message(1))?.subject.split('.')[0];
  if (lab === undefined)
    throw new BadInput(`${reader.path} does not say of which laboratory it is: its first message is missing`);
  return lab;
}
