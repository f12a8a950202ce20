import { chainMessage, type LoggedMessage } from '@faultline/audit';
import { hash } from 'node:crypto';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { inTransaction, LOG_FILE, openForWriting } from './database';
import { RecordGap, RecordTaken, translateError } from './errors';
import { type HeadRow, HeadEntity, LOG_DATABASE, RECORD_COLUMNS } from './log-schema';
import { noteTracedShare } from './traced-share';

/** SHA-256 of Node. */
export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer');

/** Rows of one INSERT: enough to make the statement's cost small, and few enough for SQLite's limit of 32,766 parameters. */
const ROWS_PER_STATEMENT = 256;
const ROW = `(${RECORD_COLUMNS.map(() => '?').join(',')})`;
const INSERT = `INSERT INTO record (${RECORD_COLUMNS.join(',')}) VALUES `;
const INSERT_WHOLE = INSERT + Array<string>(ROWS_PER_STATEMENT).fill(ROW).join(',');

/** What SQLite says of a checkpoint: frames of the write-ahead log, and how many of them are in the database. */
interface Checkpoint {
  busy: number;
  log: number;
  checkpointed: number;
}

/**
 * Appends messages of the log to `<directory>/log.sqlite`, in order and without gaps. One batch is one transaction: rows, position
 * and head of the hash chain are there together or not at all, so a process that dies at any point goes on from the position.
 */
export class RecordWriter {
  /** One statement at a time: what a transaction is under way for waits. */
  private busy: Promise<unknown> = Promise.resolve();
  private flushed = 0;

  private constructor(
    private readonly source: DataSource,
    readonly path: string,
    private head: HeadRow,
  ) {}

  /**
   * Opens the record of a run, or begins it. `tracedShare` is the share of the faults that is traced, from 0 to 1, as far as the writer
   * knows. Throws `RecordNewer`, `RecordNotWritable` and `RecordUnreadable`.
   */
  static async open(directory: string, tracedShare = 0): Promise<RecordWriter> {
    const path = join(directory, LOG_FILE);
    const source = await openForWriting(path, LOG_DATABASE);
    const head = await source.getRepository(HeadEntity).findOneByOrFail({ id: 1 });
    try {
      await noteTracedShare(source, tracedShare, head.position === 0);
    } catch (error) {
      await source.destroy();
      throw translateError(error, path);
    }
    return new RecordWriter(source, path, head);
  }

  /** Sequence of the last message in the record, 0 when it is empty. */
  get position(): number {
    return this.head.position;
  }

  /** Messages in the record. */
  get rows(): number {
    return this.head.rows;
  }

  /** Bytes of their bodies. */
  get bytes(): number {
    return this.head.bytes;
  }

  /**
   * Stores a batch. Messages that are in the record already are skipped. Returns the new position. Throws {@link RecordGap},
   * {@link RecordTaken} and `RecordNotWritable`; then nothing of the batch is stored, and it may be appended again.
   */
  append(messages: readonly LoggedMessage[]): Promise<number> {
    return this.inTurn(() => this.appendNow(messages));
  }

  /**
   * Brings what was appended to the disk, so that not even a power cut takes it: only then may the log forget it. Resolves with the
   * position up to which it is there, an earlier one while somebody reads the file. Throws `RecordNotWritable`.
   */
  flush(): Promise<number> {
    return this.inTurn(async () => {
      try {
        // In WAL mode with `synchronous = NORMAL` it is a checkpoint of everything that waits for the disk.
        const [result] = await this.source.query<Checkpoint[]>('PRAGMA wal_checkpoint(PASSIVE)');
        if (result?.busy === 0 && result.checkpointed === result.log) this.flushed = this.position;
        return this.flushed;
      } catch (error) {
        throw translateError(error, this.path);
      }
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.busy.then(work);
    this.busy = turn.catch(() => undefined);
    return turn;
  }

  private async appendNow(messages: readonly LoggedMessage[]): Promise<number> {
    const next: HeadRow = { ...this.head };
    const values: unknown[] = [];
    for (const message of messages) {
      if (message.sequence <= next.position) continue;
      if (message.sequence !== next.position + 1)
        throw new RecordGap(this.path, next.position + 1, message.sequence);
      next.hash = asBuffer(chainMessage(next.hash, message, sha256));
      next.position = message.sequence;
      next.rows += 1;
      next.bytes += message.body.length;
      const { schema, version, unit, epoch, cycle, traceparent } = message.headers;
      values.push(
        message.sequence,
        message.subject,
        schema,
        version,
        unit,
        epoch,
        cycle,
        traceparent ?? null,
        asBuffer(message.body),
        next.hash,
      );
    }
    if (values.length === 0) return this.position;
    await inTransaction(this.source, this.path, () => this.write(values, next));
    this.head = next;
    return next.position;
  }

  /** Closes the file. The write-ahead log is folded into it, so that it can be copied or read from a read-only disk. */
  async close(): Promise<void> {
    await this.source.query('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined);
    await this.source.destroy();
  }

  private async write(values: readonly unknown[], next: HeadRow): Promise<void> {
    const step = ROWS_PER_STATEMENT * RECORD_COLUMNS.length;
    // The head goes first: it shows another writer before any row collides with that one's.
    await this.moveHead(next);
    for (let from = 0; from < values.length; from += step) {
      const part = values.slice(from, from + step);
      const rows = part.length / RECORD_COLUMNS.length;
      const statement =
        rows === ROWS_PER_STATEMENT ? INSERT_WHOLE : INSERT + Array<string>(rows).fill(ROW).join(',');
      await this.source.query(statement, part);
    }
  }

  private async moveHead(next: HeadRow): Promise<void> {
    const runner = this.source.createQueryRunner();
    try {
      const update =
        'UPDATE head SET position = ?, hash = ?, rows = ?, bytes = ? WHERE id = 1 AND position = ?';
      const values = [next.position, next.hash, next.rows, next.bytes, this.position];
      const { affected } = await runner.query(update, values, true);
      if (affected !== 1) throw new RecordTaken(this.path, this.position);
    } finally {
      await runner.release();
    }
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
