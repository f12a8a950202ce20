import type { HostUse, LockUse } from '@faultline/contracts';
import { machineFigures } from './machine-figures';

const lock = (heldMicros: number): LockUse => ({ taken: 1, heldMicros, waitedMicros: 0, mostWaiting: 0 });
const worker = (instance: string, servers: number, busyMicros: number, ...held: number[]) => ({
  ...{ instance, servers, busyMicros, woken: 1, switched: 0 },
  queueLocks: Object.fromEntries(held.map((each, place) => [`queue-${place}`, lock(each)])),
});

describe('how much of the machine was in use', () => {
  it('is the share of all servers, and of the busiest lock of each kind', () => {
    const use: HostUse = {
      workers: [worker('one', 3, 150, 10, 40), worker('two', 1, 50, 20)],
      mmLocks: [
        { mm: 1, ...lock(95) },
        { mm: 2, ...lock(5) },
      ],
    };
    expect(machineFigures(use, 100)).toEqual({ workerShare: 0.5, queueLockShare: 0.4, mmLockShare: 0.95 });
  });

  it('is unknown where no lock is modelled, and for a run without a length', () => {
    expect(machineFigures({ workers: [worker('one', 2, 100)], mmLocks: [] }, 100)).toEqual({
      ...{ workerShare: 0.5, queueLockShare: null, mmLockShare: null },
    });
    expect(machineFigures({ workers: [worker('one', 2, 0, 0)], mmLocks: [] }, 0)).toEqual({
      ...{ workerShare: null, queueLockShare: null, mmLockShare: null },
    });
    expect(machineFigures({ workers: [], mmLocks: [] }, 100).workerShare).toBeNull();
  });
});
