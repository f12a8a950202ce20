import type { HostUse, LockUse } from '@faultline/contracts';
import { bottleneckLine } from './bottleneck';

const lock = (heldMicros: number, waitedMicros = 0): LockUse => ({
  ...{ taken: 1, heldMicros, waitedMicros, mostWaiting: 1 },
});
const used = (busyMicros: number, more: Partial<HostUse> = {}): HostUse => ({
  workers: [{ instance: 'one', servers: 4, busyMicros, woken: 1, switched: 1, queueLocks: {} }],
  mmLocks: [],
  ...more,
});

describe('the bottleneck', () => {
  it('is what was in use most, with the faults that it can take', () => {
    expect(bottleneckLine(used(3_600), 500, 1_000)).toBe(
      'bottleneck: servers of the workers, in use 90.0 % of the time; at most 555,555 faults/s of model time',
    );
    const queueLocks = { global: lock(980) };
    const [worker] = used(3_600).workers;
    expect(bottleneckLine({ workers: [{ ...worker!, queueLocks }], mmLocks: [] }, 490, 1_000)).toBe(
      'bottleneck: lock of queue global in one, in use 98.0 % of the time; at most 500,000 faults/s of model time',
    );
  });

  it('is the lock, and not those who wait for it', () => {
    const mmLocks = [{ mm: 7, ...lock(950, 3_000) }];
    expect(bottleneckLine(used(3_990, { mmLocks }), 950, 1_000)).toBe(
      'bottleneck: lock of address space 7, in use 95.0 % of the time; at most 1,000,000 faults/s of model time',
    );
  });

  it('is none where everything had time left', () => {
    expect(bottleneckLine(used(400), 500, 1_000)).toBe(
      'busiest: servers of the workers, in use 10.0 % of the time; nothing of the machine limits the run',
    );
  });

  it('is unknown where nothing happened', () => {
    expect(bottleneckLine(used(0), 500, 1_000)).toBeUndefined();
    expect(bottleneckLine(used(100), 0, 1_000)).toBeUndefined();
    expect(bottleneckLine(used(100), 1, 0)).toBeUndefined();
    expect(bottleneckLine({ workers: [], mmLocks: [] }, 500, 1_000)).toBeUndefined();
  });
});
