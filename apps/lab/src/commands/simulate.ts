import {
  simulate as simulateScenario,
  type SimulationOptions,
  SimulationStands,
} from '@faultline/simulation';
import { Exit, RunFailed } from '../errors';
import { simulationLines, type SimulationReport, summaryOf } from '../print/simulation-report';
import { styleFor } from '../print/style';
import { growHeapSparingly, simulationPlatform } from '@faultline/runtime';
import { checkScenario } from '../scenario/preflight';
import type { Terminal } from '../terminal';

export interface SimulateFlags {
  set?: string[];
  seed?: number;
  hopMicros?: number;
  loss: number;
  duplicate: number;
  failures: number;
  everyMillis: number;
  leaseMillis?: number;
  json?: boolean;
  debug?: boolean;
}

/**
 * Runs a scenario on a virtual clock, in this process, and prints what came out. Rejects with `BadInput` for a scenario that cannot
 * be used, and with `RunFailed` when the simulation comes to a standstill.
 */
export async function simulate(file: string, flags: SimulateFlags, terminal: Terminal): Promise<Exit> {
  const { resolved } = await checkScenario(file, flags.set ?? []);
  growHeapSparingly();
  const began = performance.now();
  const told: string[] = [];
  const { seed = resolved.seed } = flags;
  const result = await simulateScenario(resolved, simulationPlatform, {
    ...optionsOf(flags),
    seed,
    tell: (line) => told.push(line),
  }).catch((error: unknown) => {
    if (!(error instanceof SimulationStands)) throw error;
    throw new RunFailed(`${error.message}; seed ${seed}`, { cause: error, details: told });
  });
  const report: SimulationReport = {
    ...{ scenario: resolved.name, profile: resolved.profile, seed, told },
    wallMillis: Math.round(performance.now() - began),
    ...summaryOf(result),
  };
  if (flags.json) terminal.out(JSON.stringify(report, null, 2));
  else terminal.out(simulationLines(report, styleFor(terminal.colour), terminal.columns).join('\n'));
  return report.audit.clean && report.deadLetters.length === 0 ? Exit.OK : Exit.FAILED;
}

function optionsOf(flags: SimulateFlags): SimulationOptions {
  const { hopMicros, loss, duplicate, failures, everyMillis, leaseMillis } = flags;
  return {
    network: {
      ...(hopMicros === undefined ? {} : { hopMicros: { median: hopMicros, p99: hopMicros } }),
      ...{ loss, duplication: duplicate },
    },
    leaseMillis,
    failures: failures > 0 ? { count: failures, everyMicros: everyMillis * 1_000 } : undefined,
  };
}
