import type { SnapshotEntry } from './snapshot-index';

/** Who needs the oldest of a log that others could do without. */
export interface FloorHolder {
  /** A unit, or `the record`. */
  reader: string;
  subject: string;
  /** What it needs begins behind this sequence. */
  sequence: number;
}

/**
 * Where each subject of the log has to begin (D13): behind what the record holds, which goes up to `position`, and what is in the snapshot
 * of every unit that would read the subject.
 *
 * @param readers subjects of the log, each with the units that read it; see `readersOfLog`
 */
export function trimFloors(
  entries: ReadonlyMap<string, Pick<SnapshotEntry, 'read'>>,
  readers: ReadonlyMap<string, readonly string[]>,
  position: number,
): { floors: Map<string, number>; held: FloorHolder } {
  let held: FloorHolder = { reader: 'the record', subject: 'every subject', sequence: position };
  const floors = new Map<string, number>();
  for (const [subject, units] of readers) {
    let floor = position;
    for (const unit of units) {
      const sequence = entries.get(unit)?.read[subject] ?? 0;
      floor = Math.min(floor, sequence);
      if (sequence < held.sequence) held = { reader: unit, subject, sequence };
    }
    floors.set(subject, floor + 1);
  }
  return { floors, held };
}
