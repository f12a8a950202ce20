import type { ShardPosition } from '../iopf/events';
import type { Permissions } from '../kernel/vocabulary';
import type { MmEvent } from '../mm/events';

/**
 * The page tables as this IOMMU sees them: folded from the logs of the mm shards, behind them at most. An entry packs frame and
 * permissions into one number, which keeps the tables small and the walk free of objects.
 */
export interface Replica {
  /** mm -> page -> frame * 8 + permissions. An mm is kept also while nothing is bound to it: a binding may come later. */
  tables: Map<number, Map<number, number>>;
  /** PASID -> mm, as the shards bound them. */
  pasids: Map<number, number>;
  /** By shard: the log sequence that has been folded completely. */
  positions: number[];
}

/** The bits below the frame number in an entry. */
const PERMISSION_VALUES = 8;
/** No entry. */
export const NO_ENTRY = -1;

/** A replica that has read nothing. */
export function createReplica(shards: number): Replica {
  return { tables: new Map(), pasids: new Map(), positions: new Array<number>(shards).fill(0) };
}

/** What a page table entry grants. */
export function entryPermissions(entry: number): Permissions {
  return entry % PERMISSION_VALUES;
}

/** The frame a page table entry names. */
export function entryFrame(entry: number): number {
  return Math.floor(entry / PERMISSION_VALUES);
}

/** The page table entry, or {@link NO_ENTRY}. */
export function walk(replica: Replica, mm: number, page: number): number {
  return replica.tables.get(mm)?.get(page) ?? NO_ENTRY;
}

/** Folds one event of an mm shard. Its message counts as reached only by {@link evolvePosition}, after all of its events. */
export function evolveReplica(replica: Replica, event: MmEvent): void {
  switch (event.kind) {
    case 'PageInstalled': {
      let table = replica.tables.get(event.mm);
      if (table === undefined) {
        table = new Map();
        replica.tables.set(event.mm, table);
      }
      table.set(event.page, event.frame * PERMISSION_VALUES + (event.permissions % PERMISSION_VALUES));
      return;
    }
    case 'PageRemoved':
      replica.tables.get(event.mm)?.delete(event.page);
      return;
    case 'AddressSpaceExited':
      replica.tables.delete(event.mm);
      return;
    case 'MmPasidBound':
      replica.pasids.set(event.pasid, event.mm);
      return;
    case 'MmPasidUnbound':
      replica.pasids.delete(event.pasid);
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
