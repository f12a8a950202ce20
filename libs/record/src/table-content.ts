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
  let sum = 0n;
  let rows = 0;
  for (;;) {
    const page = await source.query<object[]>(`SELECT * FROM ${table} ORDER BY 1, 2 LIMIT ? OFFSET ?`, [
      PAGE_ROWS,
      rows,
    ]);
    // A sum, unlike an exclusive or, does not take two equal rows for none.
    for (const row of page) sum = (sum + hashOf(row)) % MODULUS;
    rows += page.length;
    if (page.length < PAGE_ROWS) return { table, rows, hash: sum.toString(16).padStart(64, '0') };
  }
}

const hashOf = (row: object): bigint =>
  BigInt(`0x${createHash('sha256').update(JSON.stringify(row)).digest('hex')}`);
