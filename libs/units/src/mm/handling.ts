import type { MmLockUse, ResolvedScenario } from '@faultline/contracts';
import type { RunMember } from '@faultline/domain';
import { ModelTime } from '@faultline/hosting';
import { ContendedLocks, type UnitPorts } from '../common';
import type { HandlerCost } from './handler-cost';

/**
 * Spends what handling a run's members costs, one after the other (R109). The last part of each holds the lock of the member's address
 * space, for which it waits in line.
 */
export class Handling {
  private readonly time: ModelTime;
  private readonly lockMicros: number;
  /** By address space. None where the lock costs nothing: then nobody ever waits for it. */
  private readonly locks: ContendedLocks<number> | undefined;

  constructor(
    { clock }: UnitPorts,
    scenario: Pick<ResolvedScenario, 'timeScale' | 'hostCosts'>,
    private readonly cost: HandlerCost,
    /** The address space that a PASID names now; undefined for none, and then there is no lock to take. */
    private readonly spaceOf: (pasid: number) => number | undefined,
  ) {
    const { timeScale, hostCosts } = scenario;
    const { mmLockMicros: holdMicros = 0, mmLockBounceMicros: bounceMicros = 0 } = hostCosts ?? {};
    this.time = new ModelTime(clock, timeScale);
    this.lockMicros = holdMicros;
    this.locks =
      holdMicros > 0 ? new ContendedLocks({ clock, timeScale, holdMicros, bounceMicros }) : undefined;
  }

  /** Runs the task when the members are handled; at once where that costs nothing. */
  after(members: readonly RunMember[], task: () => void): void {
    const { cost, locks } = this;
    if (!locks) return this.time.after(cost.handler(members.length), task);
    // All draws of a run come before those of the next one, however long this one waits.
    const costs: number[] = [];
    while (costs.length < cost.parts(members.length)) costs.push(cost.part(members.length));
    this.next(members, costs, 0, task);
  }

  /** What became of each address space's lock; undefined where none is modelled. */
  get lockUses(): MmLockUse[] | undefined {
    return this.locks?.uses.map(([mm, use]) => ({ mm, ...use }));
  }

  private next(
    members: readonly RunMember[],
    costs: readonly number[],
    place: number,
    task: () => void,
  ): void {
    const member = members[place];
    const micros = costs[place];
    if (!member || micros === undefined) return task();
    this.time.after(micros - this.lockMicros, () => {
      const space = this.spaceOf(member.pasid);
      const goOn = (): void => this.next(members, costs, place + 1, task);
      if (space === undefined) this.time.after(Math.min(micros, this.lockMicros), goOn);
      else this.locks?.of(space).take(goOn);
    });
  }
}
