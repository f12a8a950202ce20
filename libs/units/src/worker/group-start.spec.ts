import type { HostCosts } from '@faultline/contracts';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';
import { GroupStart } from './group-start';

const NOTHING: HostCosts = {
  ...{ wakeMicros: 0, switchMicros: 0, queueLockMicros: 0, queueLockBounceMicros: 0 },
  ...{ mmLockMicros: 0, mmLockBounceMicros: 0 },
};

describe('what it costs to begin with a group', () => {
  const ports = new MemoryUnitPorts();
  const { clock } = ports;
  const startOf = (costs?: Partial<HostCosts>): GroupStart =>
    new GroupStart(ports, { timeScale: 10, hostCosts: costs && { ...NOTHING, ...costs } });
  let began = 0;
  let starts: [string, number][] = [];
  beforeEach(() => {
    began = clock.nowMicros();
    starts = [];
  });
  const told = (name: string) => (): void => void starts.push([name, (clock.nowMicros() - began) / 10]);

  it('is nothing where nothing is charged: the group begins at once, without a timer', () => {
    const timers = jest.spyOn(clock, 'after');
    for (const start of [startOf(), startOf({ queueLockBounceMicros: 9 })]) {
      start.after('woken', 'q', told('one'));
      start.after('switched', 'q', told('two'));
      expect(start.lockUses).toEqual([]);
    }
    expect(starts).toEqual([
      ['one', 0],
      ['two', 0],
      ['one', 0],
      ['two', 0],
    ]);
    expect(timers).not.toHaveBeenCalled();
    timers.mockRestore();
  });

  it('is the waking of a server that slept, or the switch of one that did not', () => {
    const start = startOf({ wakeMicros: 7, switchMicros: 3 });
    start.after('woken', 'q', told('woken'));
    start.after('switched', 'q', told('switched'));
    clock.advance(1_000);
    expect(starts).toEqual([
      ['switched', 3],
      ['woken', 7],
    ]);
  });

  it('ends with the lock of the queue, one server after the other, and a queue of its own is free', () => {
    const start = startOf({ switchMicros: 1, queueLockMicros: 2, queueLockBounceMicros: 0.5 });
    for (const name of ['one', 'two', 'three']) start.after('switched', 'q', told(name));
    start.after('switched', 'other', told('other'));
    clock.advance(1_000);
    expect(starts).toEqual([
      ['one', 1 + 2],
      ['other', 1 + 2],
      ['two', 3 + 2 * 0.5 + 2],
      ['three', 6 + 0.5 + 2],
    ]);
    expect(start.lockUses).toEqual([
      ['q', { taken: 3, heldMicros: 2 + 3 + 2.5, waitedMicros: 2 + 5, mostWaiting: 2 }],
      ['other', { taken: 1, heldMicros: 2, waitedMicros: 0, mostWaiting: 0 }],
    ]);
  });
});
