import { median, summariseRounds } from '@faultline/stats';
import { PureMachine, type PureStage, pureStages } from './pure-machine';

export interface PureFigures {
  outstanding: number;
  rounds: number;
  faultsPerSecond: number;
  relativeSpread: number;
  /** Wall nanoseconds one fault spends in each stage, medians over the rounds. */
  nanosPerFault: Record<PureStage, number>;
}

const OUTSTANDING = 1024;
/** Rounds until the compiler has seen enough to leave the code alone; they do not count. */
const WARM_UP_ROUNDS = 4;

/** How many faults a second the deciders alone can do on one core: what the path could reach if messages cost nothing. */
export function measurePurePath(rounds: number, faultsPerRound: number): PureFigures {
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) runOnce(faultsPerRound);
  const measured = Array.from({ length: rounds }, () => runOnce(faultsPerRound));
  const { median: faultsPerSecond, relativeSpread } = summariseRounds(measured.map((each) => each.speed));
  const nanosOf = (stage: PureStage): [PureStage, number] => [
    stage,
    median(measured.map(({ nanos }) => nanos[stage])),
  ];
  const nanosPerFault = Object.fromEntries(pureStages.map(nanosOf)) as Record<PureStage, number>;
  return { outstanding: OUTSTANDING, rounds, faultsPerSecond, relativeSpread, nanosPerFault };
}

/** Every round starts with empty page tables, so that all work on the same amount of state. */
function runOnce(faults: number): { speed: number; nanos: Record<PureStage, number> } {
  const machine = new PureMachine(OUTSTANDING);
  const startedAt = performance.now();
  while (machine.ended < faults) machine.turn();
  const speed = machine.ended / ((performance.now() - startedAt) / 1000);
  const nanos = { ...machine.millis };
  for (const stage of pureStages) nanos[stage] = (nanos[stage] * 1e6) / machine.ended;
  return { speed, nanos };
}
