import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { FAULTLINE_VERSION } from '@faultline/contracts';
import type { RunReportData } from '@faultline/report';
import { checkoutCommit, describeMachine } from '@faultline/runtime';
import type { RunFolder } from '../run/run-folder';

/** With what program, and on what machine, a run was made: where the command line ran, which is not where a site's services do. */
export type Origin = Pick<RunReportData, 'program' | 'machine'>;

/** Keeps them with the run when it begins: a report may be written later, elsewhere, by another version. */
export function writeOrigin(folder: RunFolder): void {
  const program = { version: FAULTLINE_VERSION, commit: checkoutCommit() };
  writeFileSync(folder.origin, `${JSON.stringify({ program, machine: describeMachine() }, null, 2)}\n`);
}

/** What was kept of them; a run of a version that did not keep them has none. */
export function readOrigin(folder: RunFolder): Origin {
  if (!existsSync(folder.origin)) return { program: null, machine: null };
  const { program = null, machine = null } = JSON.parse(
    readFileSync(folder.origin, 'utf8'),
  ) as Partial<Origin>;
  return { program, machine };
}
