import { SeededRandom } from '@faultline/domain';
import type { SimulatedProcess } from './process';

/** What happens to a process. */
export type FailureVerb = 'kill' | 'freeze';

export interface FailurePlan {
  /** How many there are. */
  count: number;
  /** Mean time from one to the next, in model microseconds. */
  everyMicros: number;
}

export interface Failure {
  atMicros: number;
  verb: FailureVerb;
  /** From 0 to 1: which of the processes that there are then. */
  victim: number;
  /** Until a killed process is started again, or a frozen one goes on. */
  lastsMicros: number;
}

/** Draws failures from a seed: exponential times between them, each lasting up to twice a lease. */
export function planFailures(
  { count, everyMicros }: FailurePlan,
  leaseMillis: number,
  seed: number,
): Failure[] {
  const random = new SeededRandom(seed).fork('failures');
  let atMicros = 0;
  return Array.from({ length: count }, () => {
    atMicros += -Math.log(1 - random.unit()) * everyMicros;
    const verb = random.unit() < 0.5 ? 'kill' : 'freeze';
    return { atMicros, verb, victim: random.unit(), lastsMicros: random.unit() * 2_000 * leaseMillis };
  });
}

/** The process that a failure hits. */
export function victimOf(
  { victim }: Failure,
  processes: readonly SimulatedProcess[],
): SimulatedProcess | undefined {
  return processes[Math.floor(victim * processes.length)];
}
