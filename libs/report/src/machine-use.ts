import type { HostUse } from '@faultline/contracts';
import { bottleneckLine } from './bottleneck';
import { type Cell, roundMicros, type Table } from './figure';
import { mmLocksOf, type NamedLock, queueLocksOf } from './machine-locks';

/** What the machine under study was used for, in model time: its workers and its locks, the most used first. */
export interface MachineUse {
  table: Table;
  /** What limited the run, or that nothing of it did; null when nothing was used. */
  bottleneck: string | null;
}

const COLUMNS = [
  { name: 'worker or lock', unit: '' },
  { name: 'servers', unit: '' },
  { name: 'in use', unit: 'share' },
  { name: 'times', unit: '' },
  { name: 'mean wait', unit: 'µs' },
  { name: 'longest line', unit: '' },
];

/** `activeMicros`: model time from the first fault to the last, of which the uses are shares. */
export function machineUseOf(use: HostUse, faults: number, activeMicros: number): MachineUse {
  const rows = [
    ...use.workers.map(({ instance, servers, busyMicros, woken, switched }) => ({
      share: shareOf(busyMicros, servers * activeMicros),
      cells: [instance, servers, null, woken + switched, null, null] as Cell[],
    })),
    ...[...queueLocksOf(use), ...mmLocksOf(use)].map((lock) => lockRow(lock, activeMicros)),
  ];
  rows.sort((one, other) => (other.share ?? 0) - (one.share ?? 0));
  return {
    table: { columns: COLUMNS, rows: rows.map(({ share, cells }) => cells.with(2, share)) },
    bottleneck: bottleneckLine(use, faults, activeMicros) ?? null,
  };
}

function lockRow(
  [name, { taken, heldMicros, waitedMicros, mostWaiting }]: NamedLock,
  activeMicros: number,
): { share: number | null; cells: Cell[] } {
  const meanMicros = taken > 0 ? roundMicros(waitedMicros / taken) : null;
  return {
    share: shareOf(heldMicros, activeMicros),
    cells: [name, null, null, taken, meanMicros, mostWaiting],
  };
}

/** To a hundredth of a per cent; null of a time without a length. */
const shareOf = (busyMicros: number, ofMicros: number): number | null =>
  ofMicros > 0 ? Math.round((busyMicros / ofMicros) * 1e4) / 1e4 : null;
