import { type CostProfile, costProfiles, type HostCosts } from '@faultline/contracts';
import type { RunMember } from '@faultline/domain';
import { scenarioOf } from '../segment/fake-iommu.testkit';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';
import { HandlerCost } from './handler-cost';
import { Handling } from './handling';

const NOTHING: HostCosts = {
  ...{ wakeMicros: 0, switchMicros: 0, queueLockMicros: 0, queueLockBounceMicros: 0 },
  ...{ mmLockMicros: 0, mmLockBounceMicros: 0 },
};
const members = (...pasids: number[]): RunMember[] =>
  pasids.map((pasid) => ({ pasid, generation: 1, page: 1, permissions: 1 }));

describe('handling a run', () => {
  const ports = new MemoryUnitPorts();
  const { clock } = ports;
  let began = 0;
  let ends: [string, number][] = [];
  beforeEach(() => {
    began = clock.nowMicros();
    ends = [];
  });
  const told = (name: string) => (): void => void ends.push([name, clock.nowMicros() - began]);

  /** PASID 1 and 2 name address spaces 10 and 20; no other names one. */
  function handlingOf(cost: Partial<CostProfile>, host?: Partial<HostCosts>): Handling {
    const scenario = {
      ...scenarioOf([]),
      cost: { ...costProfiles.none, ...cost },
      hostCosts: host && { ...NOTHING, ...host },
    };
    return new Handling(ports, scenario, new HandlerCost(scenario, 'mm.0'), (pasid) =>
      pasid <= 2 ? 10 * pasid : undefined,
    );
  }
  const ten = { handlerMicros: { median: 10, p99: 10 } };

  it('costs each member a handling of its own; what costs nothing is done at once', () => {
    handlingOf({}).after(members(1, 1), told('free'));
    handlingOf(ten).after(members(1, 1, 2), told('three'));
    clock.advance(100);
    expect(ends).toEqual([
      ['free', 0],
      ['three', 30],
    ]);
    expect(handlingOf(ten, { mmLockBounceMicros: 4 }).lockUses).toBeUndefined();
  });

  it('of a batch costs one handling, and little for each further page', () => {
    const { handlerMicros, handlerPageMicros } = costProfiles.npf;
    const npf = handlingOf({ handlerMicros, handlerPageMicros });
    npf.after(members(1), told('4 KB'));
    npf.after(Array.from({ length: 1024 }, () => members(1)).flat(), told('4 MB'));
    clock.advance(1_000);
    expect(ends.map(([name, micros]) => [name, Math.round(micros)])).toEqual([
      ['4 KB', 15],
      ['4 MB', 145],
    ]);
  });

  it('ends with the lock of the address space, which its handlers have one after the other', () => {
    const handling = handlingOf(ten, { mmLockMicros: 4, mmLockBounceMicros: 1 });
    handling.after(members(1), told('one'));
    handling.after(members(1), told('two'));
    handling.after(members(2), told('other space'));
    handling.after(members(3), told('no space'));
    clock.advance(100);
    expect(ends).toEqual([
      ['one', 10],
      ['other space', 10],
      ['no space', 10],
      ['two', 10 + 1 + 4],
    ]);
    expect(handling.lockUses).toEqual([
      { mm: 10, taken: 2, heldMicros: 4 + 5, waitedMicros: 4, mostWaiting: 1 },
      { mm: 20, taken: 1, heldMicros: 4, waitedMicros: 0, mostWaiting: 0 },
    ]);
  });

  it('takes the lock for each member anew, so that others come between', () => {
    const handling = handlingOf(ten, { mmLockMicros: 10 });
    handling.after(members(1, 1), told('two members'));
    handling.after(members(1), told('one member'));
    clock.advance(100);
    expect(ends).toEqual([
      ['one member', 20],
      ['two members', 30],
    ]);
  });

  it('takes at least as long as it holds the lock', () => {
    handlingOf({}, { mmLockMicros: 6 }).after(members(1), told('short'));
    clock.advance(100);
    expect(ends).toEqual([['short', 6]]);
  });
});
