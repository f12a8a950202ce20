import { FAULT_CODES, type FaultRow } from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import type { FaultFilter } from '@faultline/record';
import { BadInput, Exit } from '../errors';
import { openFaults } from '../fault-source';
import { faultTable } from '../print/fault-list';
import { findRun } from '../run/run-folder';
import { namesOf, scenarioOf } from '../run-names';
import type { Terminal } from '../terminal';

export interface FaultsFlags {
  runs: string;
  device?: string;
  pasid?: number;
  page?: number;
  code?: string;
  slowest?: number;
  limit: number;
  cursor?: string;
  json?: boolean;
}

/** Lists the faults of a run. */
export async function faults(reference: string, flags: FaultsFlags, terminal: Terminal): Promise<Exit> {
  const folder = findRun(flags.runs, reference);
  const scenario = scenarioOf(folder);
  const filter = filterOf(flags, scenario);
  const source = await openFaults(folder);
  try {
    const page = await source.queries.faults(filter).catch((error: unknown) => {
      throw error instanceof RangeError ? new BadInput(error.message, { cause: error }) : error;
    });
    if (flags.json) for (const row of page.faults) terminal.out(JSON.stringify(row));
    else if (page.faults.length === 0) terminal.err('no such faults in this run\n');
    else terminal.out(faultTable(page.faults, namesOf(scenario), terminal.columns).join('\n'));
    // On the error stream, so that it is in no pipe.
    if (page.nextCursor !== null) terminal.err(`there are more: --cursor ${page.nextCursor}\n`);
    return Exit.OK;
  } finally {
    await source.close();
  }
}

function filterOf(flags: FaultsFlags, scenario: ResolvedScenario | undefined): FaultFilter {
  const { pasid, page, cursor } = flags;
  return {
    device: flags.device === undefined ? undefined : deviceOf(flags.device, scenario),
    pasid,
    page,
    cursor,
    limit: flags.slowest ?? flags.limit,
    code: flags.code === undefined ? undefined : codeOf(flags.code),
    slowestFirst: flags.slowest !== undefined,
  };
}

function deviceOf(text: string, scenario: ResolvedScenario | undefined): number {
  const named = scenario?.devices.find(({ name }) => name === text);
  if (named) return named.device;
  if (/^\d+$/.test(text)) return Number(text);
  const names = scenario?.devices.map(({ name }) => name).join(', ');
  throw new BadInput(
    `no device '${text}' in this run: expected ${names ? `one of ${names}, or ` : ''}a number`,
  );
}

function codeOf(text: string): FaultRow['code'] {
  const code = FAULT_CODES.find((each) => each === text.toLowerCase());
  if (code !== undefined) return code;
  throw new BadInput(`no answer '${text}': expected one of ${FAULT_CODES.join(', ')}`);
}
