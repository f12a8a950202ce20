import type { AuditReport } from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import type { LogMessage } from '@faultline/hosting';
import { auditLog } from './audit-log';
import { Laboratory } from './laboratory';
import { NO_TROUBLE, type Trouble, virtualPorts } from './virtual-ports';
import { VirtualWorld } from './virtual-world';

/** What a run left behind. */
export interface FinishedRun {
  laboratory: Laboratory;
  log: LogMessage[];
  report: AuditReport;
}

/** Runs a scenario to its end in virtual time and audits its log. Rejects with the state of everything when it has no end. */
export async function runVirtually(
  scenario: ResolvedScenario,
  {
    seed = 1,
    isOrderly = false,
    trouble = NO_TROUBLE,
  }: { seed?: number; isOrderly?: boolean; trouble?: Trouble } = {},
): Promise<FinishedRun> {
  const world = new VirtualWorld(seed, isOrderly);
  const ports = virtualPorts(world, 'virtual', trouble);
  const laboratory = new Laboratory('virtual', scenario, () => ports);
  try {
    await world.settle(laboratory.start());
    laboratory.begin();
    await world.until(
      () => laboratory.advance(),
      () => laboratory.accesses.count,
    );
    await world.settle(laboratory.finish());
    await world.settle(laboratory.stop());
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.stack : String(error)}\n${dump(laboratory)}`, {
      cause: error,
    });
  }
  const log: LogMessage[] = [];
  for (let message = ports.memory.at(1); message; message = ports.memory.at(log.length + 1))
    log.push(message);
  return { laboratory, log, report: auditLog(log, scenario) };
}

/** Where everything stands, for a run that hangs. */
function dump(laboratory: Laboratory): string {
  const open = [...laboratory.accesses.all.values()].filter(({ ends }) => ends.length === 0);
  const { told, buried } = laboratory;
  return JSON.stringify({ ...laboratory.progress(), open: open.slice(0, 10), told, buried });
}
