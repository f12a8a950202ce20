import type { HostUse } from '@faultline/contracts';
import { machineUseOf } from './machine-use';

const lock = (heldMicros: number) => ({ taken: 4, heldMicros, waitedMicros: 10, mostWaiting: 3 });
const use: HostUse = {
  workers: [
    { instance: 'one', servers: 2, busyMicros: 500, woken: 3, switched: 4, queueLocks: { all: lock(20) } },
    { instance: 'two', servers: 2, busyMicros: 1_500, woken: 1, switched: 9, queueLocks: {} },
  ],
  mmLocks: [{ mm: 7, ...lock(900) }],
};

describe('what the machine under study was used for', () => {
  it('has a row for each worker and lock, the most used first', () => {
    const { table, bottleneck } = machineUseOf(use, 100, 1_000);
    expect(table.columns.map(({ name }) => name)).toEqual([
      ...['worker or lock', 'servers', 'in use', 'times', 'mean wait', 'longest line'],
    ]);
    expect(table.rows).toEqual([
      ['lock of address space 7', null, 0.9, 4, 2.5, 3],
      ['two', 2, 0.75, 10, null, null],
      ['one', 2, 0.25, 7, null, null],
      ['lock of queue all in one', null, 0.02, 4, 2.5, 3],
    ]);
    expect(bottleneck).toContain('bottleneck: lock of address space 7, in use 90.0 % of the time');
  });

  it('has no shares of a run without a length', () => {
    const { table, bottleneck } = machineUseOf(use, 0, 0);
    expect(table.rows.map(([, , share]) => share)).toEqual([null, null, null, null]);
    expect(bottleneck).toBeNull();
  });
});
