import { writeReport } from '../report/write-report';
import { findRun } from '../run/run-folder';
import { Exit } from '../errors';
import type { Terminal } from '../terminal';

export interface ReportFlags {
  runs: string;
  out?: string;
}

/** Writes the report of a run again. */
export async function report(reference: string, flags: ReportFlags, terminal: Terminal): Promise<Exit> {
  const folder = findRun(flags.runs, reference);
  terminal.out(`report of run ${folder.id}: ${await writeReport(folder, flags.runs, flags.out)}`);
  return Exit.OK;
}
