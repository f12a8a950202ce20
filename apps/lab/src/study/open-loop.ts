import type { ResolvedScenario } from '@faultline/contracts';

/** Whether some device starts accesses by the clock, so that they may begin later than they were meant to. */
export function hasOpenLoop({ devices }: Pick<ResolvedScenario, 'devices'>): boolean {
  return devices.some(({ workloads }) => workloads.some(({ ratePerSecond }) => ratePerSecond > 0));
}
