import type { HostUse, LockUse } from '@faultline/contracts';
import { formatCount, formatMicros, formatShare } from '@faultline/stats';
import { formatTable } from './table';

/**
 * What the workers and locks of the modelled machine were used for. `activeMicros` is the model time from the first fault to the last,
 * of which the uses are shares.
 */
export function hostUseTable({ workers, mmLocks }: HostUse, activeMicros: number): string[] {
  const lock = (name: string, { taken, heldMicros, waitedMicros, mostWaiting }: LockUse): string[] => [
    name,
    formatShare(heldMicros, activeMicros),
    formatCount(taken),
    formatMicros(taken > 0 ? waitedMicros / taken : 0),
    String(mostWaiting),
  ];
  const rows = workers.flatMap(({ instance, servers, busyMicros, woken, switched, queueLocks }) => [
    [
      `${instance}: ${servers} servers, ${formatShare(woken, woken + switched)} of groups woke one`,
      formatShare(busyMicros, servers * activeMicros),
      formatCount(woken + switched),
      '',
      '',
    ],
    ...Object.entries(queueLocks).map(([queue, use]) => lock(`  lock of queue ${queue}`, use)),
  ]);
  rows.push(...mmLocks.map(({ mm, ...use }) => lock(`lock of address space ${mm}`, use)));
  const right = { align: 'right' } as const;
  return formatTable(
    [
      { heading: 'of the machine' },
      { heading: 'in use', ...right },
      { heading: 'times', ...right },
      { heading: 'mean wait', ...right },
      { heading: 'longest line', ...right },
    ],
    rows,
  );
}
