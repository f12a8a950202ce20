import { type ChainBreak, ChainCheck, type ChainHead, type LoggedMessage } from '@faultline/audit';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { LOG_FILE, openForReading } from './database';
import { translateError } from './errors';
import {
  HeadEntity,
  type HeadRow,
  LOG_DATABASE,
  messageOf,
  RECORD_COLUMNS,
  type RecordRow,
} from './log-schema';
import { sha256 } from './record-writer';
import { TRACED_SHARE_SQL } from './traced-share';

/** Which messages to read. */
export interface ReadOptions {
  /** First sequence, 1 by default. */
  from?: number;
  /** Last sequence, the end of the record by default. */
  to?: number;
  /** Only subjects that begin with this. There is no index for it: the record is read through. */
  subjectPrefix?: string;
  /** Only what this unit wrote. There is no index for it either. */
  unit?: string;
}

/** A message and the hash stored beside it. */
export interface StoredMessage {
  message: LoggedMessage;
  hash: Uint8Array;
}

/** Whether the hash chain is whole, and where it is not. */
export interface ChainVerdict {
  whole: boolean;
  /** How many messages were looked at. */
  messages: number;
  /** Where it is broken first; null when it is whole. */
  first: ChainBreak | null;
}

/** Messages a page holds; two pages are in memory at a time. */
const PAGE_ROWS = 128;

/** Reads a record, also while another process writes it. Never changes the file. */
export class RecordReader {
  private constructor(
    private readonly source: DataSource,
    readonly path: string,
  ) {}

  /** Throws `RecordMissing`, `RecordNewer` and `RecordUnreadable`. */
  static async open(directory: string): Promise<RecordReader> {
    const path = join(directory, LOG_FILE);
    return new RecordReader(await openForReading(path, LOG_DATABASE), path);
  }

  /** Where the record ends now. */
  async head(): Promise<Omit<HeadRow, 'id'>> {
    const { position, hash, rows, bytes } = await this.source
      .getRepository(HeadEntity)
      .findOneByOrFail({ id: 1 });
    return { position, hash, rows, bytes };
  }

  /** The messages in order. The next page is read while this one is used. Throws `RecordUnreadable` for a damaged file. */
  async *messages(options: ReadOptions = {}): AsyncGenerator<StoredMessage> {
    for await (const page of this.pages(options)) yield* page;
  }

  /** The same, a page at a time, which spares a turn of the event loop a message. */
  async *pages(options: ReadOptions = {}): AsyncGenerator<StoredMessage[]> {
    const to = options.to ?? (await this.head()).position;
    let next = this.page(options.from ?? 1, to, options);
    for (;;) {
      const rows = await next;
      const last = rows[rows.length - 1];
      if (!last) return;
      const isLast = rows.length < PAGE_ROWS || last.sequence >= to;
      if (!isLast) {
        next = this.page(last.sequence + 1, to, options);
        // Whoever stops reading early does not wait for this page, and its failure is nobody's.
        next.catch(() => undefined);
      }
      yield rows.map((row) => ({ message: messageOf(row), hash: row.hash }));
      if (isLast) return;
    }
  }

  /** One message, or undefined when the record does not have it. */
  async message(sequence: number): Promise<LoggedMessage | undefined> {
    const [row] = await this.page(sequence, sequence);
    return row && messageOf(row);
  }

  /** The hash stored at a position, or undefined when the record does not have it. */
  async hashAt(position: number): Promise<Uint8Array | undefined> {
    const [row] = await this.page(position, position);
    return row?.hash;
  }

  /** Which laboratory it is the record of, an empty text before its first message, and of what share of the faults there are traces. */
  async tracing(): Promise<{ laboratory: string; tracedShare: number }> {
    const first = 'SELECT subject FROM record ORDER BY sequence LIMIT 1';
    const sql = `SELECT (${first}) AS subject, (${TRACED_SHARE_SQL}) AS share`;
    const [row] = await this.query<{ subject: string | null; share: number | null }>(sql, []);
    return { laboratory: row?.subject?.split('.')[0] ?? '', tracedShare: row?.share ?? 0 };
  }

  /** Those of some messages that came with a trace context. */
  async withContext(sequences: readonly number[]): Promise<Set<number>> {
    const asked = [...new Set(sequences)];
    const sql = `SELECT sequence FROM record WHERE traceparent IS NOT NULL
      AND sequence IN (SELECT value FROM json_each(?))`;
    const rows = await this.query<{ sequence: number }>(sql, [JSON.stringify(asked)]);
    return new Set(rows.map(({ sequence }) => sequence));
  }

  /** How many owners have written for each unit, one after the other. */
  async ownersByUnit(): Promise<Record<string, number>> {
    const sql = 'SELECT unit, COUNT(DISTINCT epoch) AS owners FROM record GROUP BY unit ORDER BY unit';
    const rows = await this.query<{ unit: string; owners: number }>(sql, []);
    return Object.fromEntries(rows.map(({ unit, owners }) => [unit, owners]));
  }

  /** Computes every hash again, and holds the chain against heads that were published elsewhere. */
  async verifyChain(published: readonly ChainHead[] = []): Promise<ChainVerdict> {
    const end = await this.head();
    let first: ChainBreak | null = null;
    const check = new ChainCheck({ sha256, end, published, onBreak: (found) => (first ??= found) });
    let messages = 0;
    for await (const { message, hash } of this.messages({ to: end.position })) {
      messages += 1;
      check.observe(message, hash);
      if (first) break;
    }
    if (!first) check.finish();
    return { whole: first === null, messages, first };
  }

  async close(): Promise<void> {
    await this.source.destroy();
  }

  private async page(
    from: number,
    to: number,
    { subjectPrefix, unit }: ReadOptions = {},
  ): Promise<RecordRow[]> {
    const filter =
      (subjectPrefix === undefined ? '' : 'AND substr(subject, 1, ?) = ?') +
      (unit === undefined ? '' : ' AND unit = ?');
    const sql = `SELECT ${RECORD_COLUMNS.join(',')} FROM record WHERE sequence BETWEEN ? AND ? ${filter} ORDER BY sequence LIMIT ${PAGE_ROWS}`;
    const values: unknown[] = [from, to];
    if (subjectPrefix !== undefined) values.push(subjectPrefix.length, subjectPrefix);
    if (unit !== undefined) values.push(unit);
    return this.query<RecordRow>(sql, values);
  }

  private async query<Row>(sql: string, values: unknown[]): Promise<Row[]> {
    try {
      return await this.source.query<Row[]>(sql, values);
    } catch (error) {
      throw translateError(error, this.path);
    }
  }
}
