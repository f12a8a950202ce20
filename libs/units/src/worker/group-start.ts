import type { LockUse, ResolvedScenario } from '@faultline/contracts';
import { ModelTime } from '@faultline/hosting';
import { ContendedLocks, type UnitPorts } from '../common';
import type { ServerStart } from './servers';

/**
 * What it costs a server of the machine under study to begin with a group, before the profile's share: it is woken, or switches from
 * the group before, and takes the group off its queue under the queue's lock.
 */
export class GroupStart {
  private readonly time: ModelTime;
  private readonly startMicros: Readonly<Record<ServerStart, number>>;
  /** None where the lock costs nothing: then nobody ever waits for it. */
  private readonly locks: ContendedLocks<string> | undefined;

  constructor({ clock }: UnitPorts, scenario: Pick<ResolvedScenario, 'timeScale' | 'hostCosts'>) {
    const { timeScale, hostCosts } = scenario;
    this.time = new ModelTime(clock, timeScale);
    this.startMicros = { woken: hostCosts?.wakeMicros ?? 0, switched: hostCosts?.switchMicros ?? 0 };
    const { queueLockMicros: holdMicros = 0, queueLockBounceMicros: bounceMicros = 0 } = hostCosts ?? {};
    this.locks =
      holdMicros > 0 ? new ContendedLocks({ clock, timeScale, holdMicros, bounceMicros }) : undefined;
  }

  /** Runs the task when the server has the group; at once where that costs nothing. */
  after(start: ServerStart, queue: string, task: () => void): void {
    const { locks } = this;
    this.time.after(this.startMicros[start], () => (locks ? locks.of(queue).take(task) : task()));
  }

  /** What became of each queue's lock; empty where none is modelled. */
  get lockUses(): [queue: string, use: LockUse][] {
    return this.locks?.uses ?? [];
  }
}
