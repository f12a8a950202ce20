import { EventCounters, FaultAssembler, type FaultRow, rowOf } from '@faultline/audit';
import { decodeLogBody, DecodeError, type LogEvent } from '@faultline/contracts';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { DataSource } from 'typeorm';
import { inTransaction, openForWriting, PROJECTIONS_FILE } from './database';
import { CREATE_FAULT_INDEXES, FAULT_COLUMNS, pushValues } from './fault-table';
import {
  CREATE_PROJECTIONS,
  DROP_PROJECTIONS,
  ProgressEntity,
  type ProgressRow,
  PROJECTIONS_DATABASE,
} from './projections-schema';
import type { RecordReader, StoredMessage } from './record-reader';
import { CREATE_STAGE_INDEXES } from './stage-sql';

const ROWS_PER_STATEMENT = 512;
const ROW = `(${FAULT_COLUMNS.map(() => '?').join(',')})`;
/** Faults that are rows already come again when a slice is repeated after a restart: the first row is the fuller one. */
const INSERT = 'INSERT OR IGNORE INTO fault VALUES ';
const INSERT_WHOLE = INSERT + Array<string>(ROWS_PER_STATEMENT).fill(ROW).join(',');

/** Pages of the record that one transaction takes in: it bounds memory, and how long a query has to wait. */
const PAGES_PER_SLICE = 4;

/** How long a statement waits while another program builds an index over a million faults. */
const BUSY_MILLIS = 60_000;
/** How often whoever gives way looks how far the other one is, and after how long without a step it goes on by itself. */
const LOOK_MILLIS = 50;
const STALLED_MILLIS = 3_000;

/** Somebody else has moved the projections on since they were looked at: what was made for them is of no use. */
class Overtaken extends Error {}

/**
 * Builds the tables that questions are asked of (one row a fault, counters) from the record, in a file of their own. Everything in
 * them can be dropped: delete the file, or {@link rebuild}. Each slice of the record is one transaction with the position it
 * reached, so that building may stop anywhere. One `project` at a time; of several programs that build the same one does the work, and
 * the others wait for it, or go on where it stopped.
 */
export class Projections {
  private settled: FaultRow[] = [];
  private assembler = this.newAssembler();
  /** Up to where the assembler of this process has read; it knows what is open there. */
  private assembledTo: number;

  private constructor(
    private readonly source: DataSource,
    readonly path: string,
    private progress: ProgressRow,
  ) {
    this.assembledTo = progress.resumeFrom - 1;
  }

  /** Opens the projections of a run, or begins them. Throws `RecordNewer` and `RecordNotWritable`. */
  static async open(directory: string): Promise<Projections> {
    const path = join(directory, PROJECTIONS_FILE);
    const source = await openForWriting(path, PROJECTIONS_DATABASE);
    await source.query(`PRAGMA busy_timeout = ${BUSY_MILLIS}`);
    return new Projections(source, path, await progressOf(source));
  }

  /** Sequence up to which the record is projected. */
  get position(): number {
    return this.progress.position;
  }

  /**
   * Builds on from where the last call stopped, up to `upTo` or the end of the record. Between slices the event loop gets its turn,
   * and `signal` may stop it. Returns the position. Throws `RecordNotWritable`; the next call goes on after the last whole slice.
   */
  async project(reader: RecordReader, upTo?: number, signal?: AbortSignal): Promise<number> {
    const to = upTo ?? (await reader.head()).position;
    const now = await progressOf(this.source);
    if (!isDeepStrictEqual(now, this.progress)) this.goOnFrom(now);
    for (;;) {
      try {
        return await this.build(reader, to, signal);
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        await this.giveWay(to, signal);
        if (signal?.aborted) return this.position;
      }
    }
  }

  /** Drops everything and builds it again. */
  async rebuild(reader: RecordReader, signal?: AbortSignal): Promise<number> {
    await inTransaction(this.source, this.path, async () => {
      for (const statement of [...DROP_PROJECTIONS, ...CREATE_PROJECTIONS])
        await this.source.query(statement);
    });
    this.goOnFrom({ id: 1, position: 0, resumeFrom: 1, openRows: 0 });
    return this.project(reader, undefined, signal);
  }

  async close(): Promise<void> {
    await this.source.query('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined);
    await this.source.destroy();
  }

  private async build(reader: RecordReader, to: number, signal: AbortSignal | undefined): Promise<number> {
    let slice: StoredMessage[] = [];
    let pages = 0;
    for await (const page of reader.pages({ from: this.assembledTo + 1, to })) {
      slice.push(...page);
      pages += 1;
      if (pages % PAGES_PER_SLICE !== 0) continue;
      await this.takeSlice(slice);
      slice = [];
      if (signal?.aborted) return this.position;
      await setImmediate();
    }
    if (slice.length > 0) await this.takeSlice(slice);
    await this.finish();
    return this.position;
  }

  /** Waits until whoever builds has come so far, or does not get any further: it may have been killed. */
  private async giveWay(to: number, signal: AbortSignal | undefined): Promise<void> {
    let movedAt = performance.now();
    do {
      const now = await progressOf(this.source);
      if (!isDeepStrictEqual(now, this.progress)) movedAt = performance.now();
      this.goOnFrom(now);
      if (this.position >= to || performance.now() - movedAt >= STALLED_MILLIS) return;
      await setTimeout(LOOK_MILLIS);
    } while (!signal?.aborted);
  }

  /** What was known of open faults is read again from the messages that tell of them. */
  private goOnFrom(progress: ProgressRow): void {
    this.progress = progress;
    this.assembler = this.newAssembler();
    this.assembledTo = progress.resumeFrom - 1;
  }

  private newAssembler(): FaultAssembler {
    this.settled = [];
    return new FaultAssembler((fault) => this.settled.push(rowOf(fault)));
  }

  private async takeSlice(slice: readonly StoredMessage[]): Promise<void> {
    const counters = new EventCounters();
    let last = this.position;
    for (const { message } of slice) {
      const events = eventsOf(message.headers.schema, message.body);
      if (events !== undefined) this.assembler.observe({ ...message, events });
      this.assembledTo = message.sequence;
      if (message.sequence <= this.position) continue;
      last = message.sequence;
      if (events === undefined) counters.add(`undecodable.${message.headers.schema}`, 1);
      else for (const event of events) counters.take(event);
    }
    const rows = this.settled;
    this.settled = [];
    const resumeFrom = this.assembler.lowestOpenSequence ?? this.assembledTo + 1;
    try {
      await this.commit({ id: 1, position: last, resumeFrom, openRows: 0 }, rows, false, counters);
    } catch (error) {
      // The rows are lost with the transaction: the next call reads again what they were made of.
      this.goOnFrom(this.progress);
      throw error;
    }
  }

  /** At the end: rows for what is open, and the indexes. */
  private async finish(): Promise<void> {
    const open = this.assembler.openRows();
    if (open.length > 0)
      await this.commit({ ...this.progress, openRows: open.length }, open, true, new EventCounters());
    for (const statement of [...CREATE_FAULT_INDEXES, ...CREATE_STAGE_INDEXES])
      await this.source.query(statement);
  }

  private async commit(
    progress: ProgressRow,
    rows: readonly FaultRow[],
    open: boolean,
    counters: EventCounters,
  ): Promise<void> {
    await inTransaction(this.source, this.path, async () => {
      if (!isDeepStrictEqual(await progressOf(this.source), this.progress)) throw new Overtaken();
      if (this.progress.openRows > 0) await this.source.query('DELETE FROM fault WHERE open = 1');
      for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
        const part = rows.slice(from, from + ROWS_PER_STATEMENT);
        const values: unknown[] = [];
        for (const row of part) pushValues(values, row, open);
        const isWhole = part.length === ROWS_PER_STATEMENT;
        await this.source.query(
          isWhole ? INSERT_WHOLE : INSERT + Array<string>(part.length).fill(ROW).join(','),
          values,
        );
      }
      await this.addCounts(counters);
      const { position, resumeFrom, openRows } = progress;
      const update = 'UPDATE progress SET position = ?, resumeFrom = ?, openRows = ? WHERE id = 1';
      await this.source.query(update, [position, resumeFrom, openRows]);
    });
    this.progress = progress;
  }

  private async addCounts(counters: EventCounters): Promise<void> {
    const counts = Object.entries({ ...counters.byKind, ...counters.byCause });
    if (counts.length === 0) return;
    const add = `INSERT INTO counter VALUES ${counts.map(() => '(?,?)').join(',')} ON CONFLICT (name) DO UPDATE SET count = count + excluded.count`;
    await this.source.query(add, counts.flat());
  }
}

async function progressOf(source: DataSource): Promise<ProgressRow> {
  return { ...(await source.getRepository(ProgressEntity).findOneByOrFail({ id: 1 })) };
}

/** What cannot be decoded has no events: it is counted here, and held against the log by the audit. */
function eventsOf(schema: string, body: Uint8Array): LogEvent[] | undefined {
  try {
    return decodeLogBody(schema, body);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
