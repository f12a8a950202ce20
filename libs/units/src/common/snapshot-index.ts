import { KvConflict, type KvEntry, KvLost, type KvPort } from '@faultline/hosting';

const PREFIX = 'unit.';

/** What the index says of the snapshot of a unit that counts. */
export interface SnapshotEntry {
  unit: string;
  /** Name of the blob. */
  blob: string;
  /** Epoch of the owner that took the snapshot, and the how manyth of its own it is. */
  epoch: number;
  ordinal: number;
  stateVersion: number;
  /** Version of the Faultline that took it. */
  madeBy: string;
  /**
   * Subjects of the log whose beginning a new owner does not need any more, each with the last sequence that it does not need: what
   * the unit wrote itself, and what it follows.
   */
  read: Record<string, number>;
}

/**
 * Says which snapshot of each unit counts: the one that is furthest. Written by compare-and-set, so that an owner that was frozen
 * while it stored a snapshot cannot put the old one in the place of a newer one, behind which the log may have been trimmed.
 */
export class SnapshotIndex {
  constructor(private readonly kv: KvPort) {}

  /** Without the bucket, which somebody deleted, there are no snapshots; what is left of the log decides whether that is enough. */
  async get(unit: string): Promise<SnapshotEntry | undefined> {
    try {
      return decode(await this.kv.get(PREFIX + unit));
    } catch (error) {
      if (error instanceof KvLost) return undefined;
      throw error;
    }
  }

  /** Every unit that has a snapshot. */
  async all(): Promise<Map<string, SnapshotEntry>> {
    const entries = (await this.kv.entries(PREFIX)).flatMap((entry) => decode(entry) ?? []);
    return new Map(entries.map((entry) => [entry.unit, entry]));
  }

  /** Makes this snapshot the one that counts. Returns false when one counts that is as far, or further. */
  async advance(entry: SnapshotEntry): Promise<boolean> {
    for (;;) {
      const stored = await this.kv.get(PREFIX + entry.unit);
      const current = decode(stored);
      // Its own entry is there when an acknowledgement was lost.
      if (current?.blob === entry.blob) return true;
      if (current && !isBefore(current, entry)) return false;
      try {
        const value = new TextEncoder().encode(JSON.stringify(entry));
        await this.kv.put(PREFIX + entry.unit, value, stored?.revision ?? 0);
        return true;
      } catch (error) {
        if (!(error instanceof KvConflict)) throw error;
      }
    }
  }
}

function isBefore(one: SnapshotEntry, other: SnapshotEntry): boolean {
  return one.epoch < other.epoch || (one.epoch === other.epoch && one.ordinal < other.ordinal);
}

function decode(entry: KvEntry | undefined): SnapshotEntry | undefined {
  return entry && (JSON.parse(new TextDecoder().decode(entry.value)) as SnapshotEntry);
}
