import { simulationPlatform } from '@faultline/runtime';
import { simulate } from '@faultline/simulation';
import { median, summariseRounds } from '@faultline/stats';
import { quickstartTopology } from './topology';

export interface SimulatorFigures {
  rounds: number;
  /** Faults of one round, and log messages that each took; medians over the rounds. */
  faults: number;
  messagesPerFault: number;
  /** By a second of processor time, garbage collection included: other work on the machine hardly changes it. */
  faultsPerSecond: number;
  relativeSpread: number;
  /** The most memory that the process ever had, in bytes. */
  peakResidentBytes: number;
}

/** Rounds until the compiler has seen enough: a long simulation is spent behind them. */
const WARM_UPS = 3;

/** How many faults a second of one core the simulator does: the units of the services, their messages, and the audit of the log. */
export async function measureSimulator(rounds: number, faultsPerRound: number): Promise<SimulatorFigures> {
  for (let warmUp = 0; warmUp < WARM_UPS; warmUp += 1) await runOnce(faultsPerRound);
  const measured = [];
  for (let round = 0; round < rounds; round += 1) measured.push(await runOnce(faultsPerRound));
  const { median: faultsPerSecond, relativeSpread } = summariseRounds(measured.map(({ speed }) => speed));
  return {
    rounds,
    faults: median(measured.map(({ faults }) => faults)),
    messagesPerFault: median(measured.map(({ messages, faults }) => messages / faults)),
    faultsPerSecond,
    relativeSpread,
    peakResidentBytes: process.resourceUsage().maxRSS * 1_024,
  };
}

async function runOnce(faults: number): Promise<{ faults: number; messages: number; speed: number }> {
  const before = process.cpuUsage();
  const result = await simulate(quickstartTopology(faults), simulationPlatform);
  const { user, system } = process.cpuUsage(before);
  if (!result.audit.clean) throw new Error('the audit of a simulated run is not clean');
  return {
    faults: result.faults,
    messages: result.messages,
    speed: result.faults / ((user + system) / 1e6),
  };
}
