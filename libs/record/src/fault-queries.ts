import { type FaultMeasures, type FaultRow, type LoggedMessage } from '@faultline/audit';
import { decodeLogBody, DecodeError, type LogEvent } from '@faultline/contracts';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { openForReading, PROJECTIONS_FILE } from './database';
import { FAULT_KEY, type FaultFilter, listFaults } from './fault-listing';
import { FaultEntity, faultOf, type FaultRecord, MEASURE_COLUMNS, measuresOf } from './fault-table';
import { mentions } from './mentions';
import { CounterEntity, ProgressEntity, PROJECTIONS_DATABASE } from './projections-schema';
import type { RecordReader } from './record-reader';

export interface FaultPage {
  faults: FaultRow[];
  /** For the next page; null on the last. */
  nextCursor: string | null;
}

/** One event of a fault, with where it is recorded and who wrote it. */
export interface FaultEvent {
  sequence: number;
  subject: string;
  unit: string;
  event: LogEvent;
}

/** The time in which faults were under way, in microseconds since the Unix epoch. */
export interface FaultSpan {
  /** The first one was sent. */
  firstMicros: number;
  /** The last thing that is known of any of them. */
  lastMicros: number;
}

/** Rows that a walk over all faults holds at a time. */
const WALK_ROWS = 4096;

/** Questions about the faults of a run, answered from the projections. */
export class FaultQueries {
  private constructor(private readonly source: DataSource) {}

  /** Throws `RecordMissing` when nothing is projected yet, `RecordNewer` and `RecordUnreadable`. */
  static async open(directory: string): Promise<FaultQueries> {
    return new FaultQueries(await openForReading(join(directory, PROJECTIONS_FILE), PROJECTIONS_DATABASE));
  }

  /** Sequence up to which answers are complete. */
  async position(): Promise<number> {
    return (await this.source.getRepository(ProgressEntity).findOneByOrFail({ id: 1 })).position;
  }

  /** Counts of events by kind and cause. */
  async counters(): Promise<Record<string, number>> {
    const rows = await this.source.getRepository(CounterEntity).find({ order: { name: 'ASC' } });
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  }

  /** A page of faults. Throws a RangeError for a cursor or a limit that is none. */
  async faults(filter: FaultFilter = {}): Promise<FaultPage> {
    const { records, nextCursor } = await listFaults(this.source, filter);
    return { faults: records.map(faultOf), nextCursor };
  }

  /** One fault by its id (`<segment>.<epoch>.<request>`, `.<round>` for a stall that faulted again), or undefined. */
  async fault(id: string): Promise<FaultRow | undefined> {
    const numbers = id.split('.').map(Number);
    if (
      numbers.length < 3 ||
      numbers.length > 4 ||
      !numbers.every((number) => Number.isInteger(number) && number >= 0)
    )
      return undefined;
    const [segment, segmentEpoch, request, stallRound = 0] = numbers;
    const record = await this.source
      .getRepository(FaultEntity)
      .findOneBy({ segment, segmentEpoch, request, stallRound });
    return record ? faultOf(record) : undefined;
  }

  /** When faults were under way; null when there were none. */
  async span(): Promise<FaultSpan | null> {
    const sql = `SELECT MIN(sentAtMicros) AS firstMicros,
      MAX(COALESCE(settledAtMicros, respondedAtMicros, sentAtMicros)) AS lastMicros FROM fault`;
    const [span] = await this.source.query<{ firstMicros: number | null; lastMicros: number }[]>(sql);
    return span && span.firstMicros !== null ? { ...span, firstMicros: span.firstMicros } : null;
  }

  /** End-to-end time that so many faults took or exceeded: that of the `rank`th slowest, counted from 1. Null when fewer settled. */
  async slowestMicros(rank: number): Promise<number | null> {
    if (rank < 1) return null;
    const sql =
      'SELECT totalMicros FROM fault WHERE totalMicros IS NOT NULL ORDER BY totalMicros DESC LIMIT 1 OFFSET ?';
    const [row] = await this.source.query<{ totalMicros: number }[]>(sql, [rank - 1]);
    return row?.totalMicros ?? null;
  }

  /** What is measured of every fault, or of every one that took at least so long, some at a time. However many there are, few are in memory. */
  async *walk(leastMicros?: number): AsyncGenerator<FaultMeasures[]> {
    const key = FAULT_KEY.join(', ');
    const enough = leastMicros === undefined ? '' : 'AND totalMicros >= ?';
    const sql = `SELECT ${key}, ${MEASURE_COLUMNS.join(', ')} FROM fault WHERE (${key}) > (?, ?, ?, ?) ${enough} ORDER BY ${key} LIMIT ${WALK_ROWS}`;
    let last: readonly number[] = [-1, -1, -1, -1];
    for (;;) {
      const values = leastMicros === undefined ? last : [...last, leastMicros];
      const records = await this.source.query<FaultRecord[]>(sql, [...values]);
      yield records.map(measuresOf);
      const end = records.at(-1);
      if (!end || records.length < WALK_ROWS) return;
      last = FAULT_KEY.map((name) => end[name]);
    }
  }

  /** Every event that speaks of a fault, in log order, read from the record. */
  async eventsOf(fault: FaultRow, reader: RecordReader): Promise<FaultEvent[]> {
    const sequences = new Set(Object.values(fault.sequences).filter((sequence) => sequence !== null));
    const events: FaultEvent[] = [];
    for (const sequence of [...sequences].sort((one, other) => one - other)) {
      const message = await reader.message(sequence);
      if (!message) continue;
      for (const event of decode(message)) {
        if (!mentions(event, fault, message)) continue;
        events.push({ sequence, subject: message.subject, unit: message.headers.unit, event });
      }
    }
    return events;
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }
}

function decode(message: LoggedMessage): LogEvent[] {
  try {
    return decodeLogBody(message.headers.schema, message.body);
  } catch (error) {
    if (error instanceof DecodeError) return [];
    throw error;
  }
}
