import { summariseRounds } from '@faultline/stats';
import { PureMachine } from './pure-machine';

export interface PureFigures {
  outstanding: number;
  rounds: number;
  faultsPerSecond: number;
  relativeSpread: number;
}

const OUTSTANDING = 1024;

/** How many faults a second the deciders alone can do on one core: what the path could reach if messages cost nothing. */
export function measurePurePath(rounds: number, faultsPerRound: number): PureFigures {
  runOnce(faultsPerRound);
  const speeds = Array.from({ length: rounds }, () => runOnce(faultsPerRound));
  const { median, relativeSpread } = summariseRounds(speeds);
  return { outstanding: OUTSTANDING, rounds, faultsPerSecond: median, relativeSpread };
}

/** Every round starts with empty page tables, so that all work on the same amount of state. */
function runOnce(faults: number): number {
  const machine = new PureMachine(OUTSTANDING);
  const startedAt = performance.now();
  while (machine.ended < faults) machine.turn();
  return machine.ended / ((performance.now() - startedAt) / 1000);
}
