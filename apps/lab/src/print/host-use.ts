import type { HostUse } from '@faultline/contracts';
import { mmLocksOf, type NamedLock, queueLocksOf } from '@faultline/report';
import { formatCount, formatMicros, formatShare } from '@faultline/stats';
import { formatTable } from './table';

/** So many workers, and so many locks, are told one by one; of more, what they come to together, and the ends. */
const MOST_ROWS = 12;

type Worker = HostUse['workers'][number];

/**
 * What the workers and locks of the modelled machine were used for. `activeMicros` is the model time from the first fault to the last,
 * of which the uses are shares.
 */
export function hostUseTable(use: HostUse, activeMicros: number): string[] {
  const { workers } = use;
  const lockRow = (lock: NamedLock): string[] => rowOfLock(lock, activeMicros);
  const rows =
    workers.length > MOST_ROWS
      ? [...rowsOfMany(workers, activeMicros), ...mostUsed(queueLocksOf(use)).map(lockRow)]
      : workers.flatMap((worker) => [
          rowOfWorker(worker.instance, worker, activeMicros),
          ...Object.entries(worker.queueLocks).map(([queue, lock]) =>
            lockRow([`  lock of queue ${queue}`, lock]),
          ),
        ]);
  rows.push(...mostUsed(mmLocksOf(use)).map(lockRow));
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

function rowOfWorker(
  name: string,
  { servers, busyMicros, woken, switched }: Omit<Worker, 'instance' | 'queueLocks'>,
  activeMicros: number,
): string[] {
  return [
    `${name}: ${formatCount(servers)} servers, ${formatShare(woken, woken + switched)} of groups woke one`,
    formatShare(busyMicros, servers * activeMicros),
    formatCount(woken + switched),
    '',
    '',
  ];
}

/** All together, the one that was used least, and the one that was used most. */
function rowsOfMany(workers: readonly Worker[], activeMicros: number): string[][] {
  const sum = (of: (worker: Worker) => number): number => workers.reduce((all, one) => all + of(one), 0);
  const all = {
    servers: sum(({ servers }) => servers),
    busyMicros: sum(({ busyMicros }) => busyMicros),
    woken: sum(({ woken }) => woken),
    switched: sum(({ switched }) => switched),
  };
  const share = ({ busyMicros, servers }: Worker): number => busyMicros / servers;
  const byUse = [...workers].sort((one, other) => share(one) - share(other));
  return [
    rowOfWorker(`${formatCount(workers.length)} workers`, all, activeMicros),
    ...[byUse[0], byUse.at(-1)].flatMap((worker, place) =>
      worker
        ? [rowOfWorker(`  ${place === 0 ? 'least' : 'most'} used: ${worker.instance}`, worker, activeMicros)]
        : [],
    ),
  ];
}

function mostUsed(locks: readonly NamedLock[]): NamedLock[] {
  if (locks.length <= MOST_ROWS) return [...locks];
  return [...locks].sort(([, one], [, other]) => other.heldMicros - one.heldMicros).slice(0, MOST_ROWS);
}

function rowOfLock(
  [name, { taken, heldMicros, waitedMicros, mostWaiting }]: NamedLock,
  activeMicros: number,
): string[] {
  return [
    name,
    formatShare(heldMicros, activeMicros),
    formatCount(taken),
    formatMicros(taken > 0 ? waitedMicros / taken : 0),
    String(mostWaiting),
  ];
}
