import type { ShardPosition } from '../iopf/events';
import { NO_ENTRY, packEntry } from '../kernel/page-entry';
import { createPageMap, erasePage, type PageMap, readPage, writePage } from '../kernel/page-map';
import type { MmEvent } from '../mm/events';

/**
 * The page tables as this IOMMU sees them: folded from the logs of the mm shards, behind them at most.
 */
export interface Replica {
  /** mm -> page -> entry, packed. An mm is kept also while nothing is bound to it: a binding may come later. */
  tables: Map<number, PageMap>;
  /** By shard: the log sequence that has been folded completely. */
  positions: number[];
}

/** A replica that has read nothing. */
export function createReplica(shards: number): Replica {
  return { tables: new Map(), positions: new Array<number>(shards).fill(0) };
}

/** The page table entry, or {@link NO_ENTRY}. */
export function walk(replica: Replica, mm: number, page: number): number {
  const table = replica.tables.get(mm);
  return table === undefined ? NO_ENTRY : readPage(table, page);
}

/** Folds one event of an mm shard. Its message counts as reached only by {@link evolvePosition}, after all of its events. */
export function evolveReplica(replica: Replica, event: MmEvent): void {
  switch (event.kind) {
    case 'PageInstalled':
    case 'PageRestricted': {
      let table = replica.tables.get(event.mm);
      if (table === undefined) {
        table = createPageMap();
        replica.tables.set(event.mm, table);
      }
      writePage(table, event.page, packEntry(event.frame, event.permissions));
      return;
    }
    case 'PageRemoved': {
      const table = replica.tables.get(event.mm);
      if (table !== undefined) erasePage(table, event.page);
      return;
    }
    case 'AddressSpaceExited':
      replica.tables.delete(event.mm);
      return;
    default:
      // Areas, frames and owners do not change what a device may reach.
      return;
  }
}

/** The shard's log is folded up to here. */
export function evolvePosition(replica: Replica, shard: number, sequence: number): void {
  if (sequence > (replica.positions[shard] ?? 0)) replica.positions[shard] = sequence;
}

/** The first of these positions that the replica has not reached (D8). */
export function firstUnreached(
  replica: Replica,
  positions: readonly ShardPosition[],
): ShardPosition | undefined {
  for (let i = 0; i < positions.length; i += 1) {
    const position = positions[i];
    if (position !== undefined && position.sequence > (replica.positions[position.shard] ?? 0))
      return position;
  }
  return undefined;
}
