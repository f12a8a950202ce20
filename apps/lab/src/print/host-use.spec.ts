import type { HostUse } from '@faultline/contracts';
import { hostUseTable } from './host-use';

const use: HostUse = {
  workers: [
    {
      ...{ instance: 'iopf-worker-1', servers: 4, woken: 10, switched: 30, busyMicros: 2_000 },
      queueLocks: { global: { taken: 40, heldMicros: 100, waitedMicros: 80, mostWaiting: 3 } },
    },
  ],
  mmLocks: [{ mm: 7, taken: 0, heldMicros: 0, waitedMicros: 0, mostWaiting: 0 }],
};

test('servers and locks have the share of the time that they were in use', () => {
  expect(hostUseTable(use, 1_000)).toEqual([
    'of the machine                                       in use  times  mean wait  longest line',
    'iopf-worker-1: 4 servers, 25.0 % of groups woke one  50.0 %     40',
    '  lock of queue global                               10.0 %     40    2.00 µs             3',
    'lock of address space 7                              0.00 %      0       0 µs             0',
  ]);
});
