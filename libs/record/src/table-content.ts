import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { openForReading, PROJECTIONS_FILE } from './database';
import { translateError } from './errors';
import { PROJECTION_TABLES, PROJECTIONS_DATABASE } from './projections-schema';

/** What a table holds, whatever the order of its rows. */
export interface TableContent {
  table: string;
  rows: number;
  /** Sum of the SHA-256 of every row, modulo 2^256, in hexadecimal digits. */
  hash: string;
}

/** A row by the names of its columns. */
export type Row = Record<string, unknown>;

/** Rows that are in memory at a time. */
const PAGE_ROWS = 2_000;
const MODULUS = 1n << 256n;

/** What the projections of a run hold, table by table. Throws `RecordMissing`, `RecordNewer` and `RecordUnreadable`. */
export async function projectionContent(directory: string): Promise<TableContent[]> {
  const path = join(directory, PROJECTIONS_FILE);
  const source = await openForReading(path, PROJECTIONS_DATABASE);
  try {
    const contents: TableContent[] = [];
    for (const table of PROJECTION_TABLES) contents.push(await contentOf(source, table));
    return contents;
  } catch (error) {
    throw translateError(error, path);
  } finally {
    await source.destroy();
  }
}

async function contentOf(source: DataSource, table: string): Promise<TableContent> {
  const key = await keyOf(source, table);
  let sum = 0n;
  let rows = 0;
  for (let last: Row | undefined; ;) {
    const page = await pageAfter(source, table, key, last);
    // A sum, unlike an exclusive or, does not take two equal rows for none.
    for (const row of page) sum = (sum + hashOf(row)) % MODULUS;
    rows += page.length;
    last = page[page.length - 1];
    if (page.length < PAGE_ROWS) return { table, rows, hash: sum.toString(16).padStart(64, '0') };
  }
}

/** The columns that name a row of the table, in their order. */
export async function keyOf(source: DataSource, table: string): Promise<string[]> {
  const columns = await source.query<{ name: string; pk: number }[]>(`PRAGMA main.table_info(${table})`);
  const key = columns.filter(({ pk }) => pk > 0).sort((one, other) => one.pk - other.pk);
  return key.map(({ name }) => name);
}

/** By key and not by count, so that no row is passed over twice. */
function pageAfter(
  source: DataSource,
  table: string,
  key: readonly string[],
  last: Row | undefined,
): Promise<Row[]> {
  const after = last ? `WHERE (${key.join(', ')}) > (${key.map(() => '?').join(', ')})` : '';
  const values = last ? key.map((name) => last[name]) : [];
  return source.query<Row[]>(
    `SELECT * FROM ${table} ${after} ORDER BY ${key.join(', ')} LIMIT ${PAGE_ROWS}`,
    values,
  );
}

const hashOf = (row: Row): bigint =>
  BigInt(`0x${createHash('sha256').update(JSON.stringify(row)).digest('hex')}`);
