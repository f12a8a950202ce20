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

test('of many workers and locks it is told what they come to together, and the ends', () => {
  const workers = Array.from({ length: 1_000 }, (_, place) => ({
    ...{ instance: `iopf-worker-${place + 1}`, servers: 2, woken: 1, switched: 3, busyMicros: 500 + place },
    queueLocks: { global: { taken: place, heldMicros: place / 10, waitedMicros: 0, mostWaiting: 0 } },
  }));
  const mmLocks = Array.from({ length: 13 }, (_, mm) => ({
    ...{ mm, taken: 1, heldMicros: mm, waitedMicros: 0, mostWaiting: 0 },
  }));
  const lines = hostUseTable({ workers, mmLocks }, 1_000);
  expect(lines).toHaveLength(1 + 3 + 12 + 12);
  expect(lines.slice(1, 5).map((line) => line.replace(/ {2,}/g, ' | ').trim())).toEqual([
    '1,000 workers: 2,000 servers, 25.0 % of groups woke one | 50.0 % | 4,000',
    '| least used: iopf-worker-1: 2 servers, 25.0 % of groups woke one | 25.0 % | 4',
    '| most used: iopf-worker-1000: 2 servers, 25.0 % of groups woke one | 75.0 % | 4',
    'lock of queue global in iopf-worker-1000 | 9.99 % | 999 | 0 µs | 0',
  ]);
  expect(lines.some((line) => /lock of address space 0 /.test(line))).toBe(false);
});
