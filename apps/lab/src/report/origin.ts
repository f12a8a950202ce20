import { writeFileSync } from 'node:fs';
import { FAULTLINE_VERSION } from '@faultline/contracts';
import type { RunReportData } from '@faultline/report';
import { checkoutCommit, describeMachine } from '@faultline/runtime';
import { hasLists, readKept } from '../run/kept-json';
import type { RunFolder } from '../run/run-folder';

/** What a run was asked for with. */
export interface RunRequest {
  /** The scenario's file as it was named, which is from the directory the command was given in. */
  scenarioFile: string;
  /** Each `--set`, in order. */
  settings: string[];
}

/** With what program, and on what machine, a run was made: where the command line ran, which is not where a site's services do. */
export type Origin = Pick<RunReportData, 'program' | 'machine'>;

/** Keeps them with the run when it begins: a report may be written later, elsewhere, by another version. */
export function writeOrigin(folder: RunFolder, request: RunRequest): void {
  const program = { version: FAULTLINE_VERSION, commit: checkoutCommit() };
  writeFileSync(
    folder.origin,
    `${JSON.stringify({ program, machine: describeMachine(), request }, null, 2)}\n`,
  );
}

/** What was kept of them; a run of a version that did not keep them has none. Throws `BadInput` when it is damaged. */
export function readOrigin(folder: RunFolder): Origin {
  const { program = null, machine = null } = kept(folder);
  return { program, machine };
}

/** What the run was asked for with; null for a run that did not keep it. */
export function readRequest(folder: RunFolder): RunRequest | null {
  return kept(folder).request ?? null;
}

type Kept = Partial<Origin & { request: RunRequest }>;

function kept(folder: RunFolder): Kept {
  const file = {
    path: folder.origin,
    holds: 'the program and the machine of the run',
    isWhole: (value: unknown): value is Kept => hasLists(value),
  };
  return readKept(file) ?? {};
}
