import { simulate as simulateScenario, SimulationStands } from '@faultline/simulation';
import { BadInput, Exit } from '../errors';
import { simulationLines, type SimulationReport, summaryOf } from '../print/simulation-report';
import { styleFor } from '../print/style';
import { simulationPlatform } from '../platform';
import { checkScenario } from '../scenario/preflight';
import type { Terminal } from '../terminal';

export interface SimulateFlags {
  set?: string[];
  seed?: string;
  hopMicros?: string;
  loss?: string;
  duplicate?: string;
  failures?: string;
  everyMillis?: string;
  leaseMillis?: string;
  json?: boolean;
  debug?: boolean;
}

/** Runs a scenario on a virtual clock, in this process, and prints what came out. */
export async function simulate(file: string, flags: SimulateFlags, terminal: Terminal): Promise<Exit> {
  const { resolved, name } = await scenarioOf(file, flags);
  const began = performance.now();
  const told: string[] = [];
  const seed = numberOf(flags.seed, '--seed', 0, 2 ** 32 - 1) ?? resolved.seed;
  const hopMicros = numberOf(flags.hopMicros, '--hop-micros', 0, 1e9);
  const failures = numberOf(flags.failures, '--failures', 0, 1e6) ?? 0;
  const everyMillis = numberOf(flags.everyMillis, '--every-millis', 0.001, 1e9) ?? 5;
  try {
    const result = await simulateScenario(resolved, simulationPlatform(), {
      seed,
      network: {
        ...(hopMicros === undefined ? {} : { hopMicros: { median: hopMicros, p99: hopMicros } }),
        loss: numberOf(flags.loss, '--loss', 0, 0.5) ?? 0,
        duplication: numberOf(flags.duplicate, '--duplicate', 0, 1) ?? 0,
      },
      leaseMillis: numberOf(flags.leaseMillis, '--lease-millis', 1, 1e6),
      failures: failures > 0 ? { count: failures, everyMicros: everyMillis * 1_000 } : undefined,
      tell: (line) => told.push(line),
    });
    const report: SimulationReport = {
      ...{ scenario: name, profile: resolved.profile, seed, told },
      wallMillis: Math.round(performance.now() - began),
      ...summaryOf(result),
    };
    if (flags.json) terminal.out(JSON.stringify(report, null, 2));
    else terminal.out(simulationLines(report, styleFor(terminal.colour), terminal.columns).join('\n'));
    return report.audit.clean && report.deadLetters.length === 0 ? Exit.OK : Exit.FAILED;
  } catch (error) {
    if (!(error instanceof SimulationStands)) throw error;
    for (const line of told) terminal.err(line);
    terminal.err(`faultline: ${error.message}; seed ${seed}`);
    return Exit.FAILED;
  }
}

async function scenarioOf(file: string, flags: SimulateFlags) {
  const { resolved } = await checkScenario(file, flags.set ?? []);
  return { resolved, name: resolved.name };
}

function numberOf(text: string | undefined, flag: string, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text.trim() !== '' && number >= least && number <= most) return number;
  throw new BadInput(`${flag} is '${text}', expected a number from ${least} to ${most}`);
}
