import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FaultFilter,
  FaultQueries,
  MEASURES,
  Projections,
  PROJECTIONS_FILE,
  RecordReader,
  RecordWriter,
} from '@faultline/record';
import { DataSource } from 'typeorm';

/** How long the first page of a listing takes, in milliseconds. */
export interface SearchTime {
  question: string;
  /** Rows on the page. */
  found: number;
  /** The first time it is asked, and the median of the times after that. */
  firstMillis: number;
  medianMillis: number;
}

const REPETITIONS = 5;

/** Eight devices of which one has few faults, 64 PASIDs, a page each of some hundred thousand, two answers; stages that differ widely. */
const insertSql = (
  rows: number,
): string => `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
  INSERT INTO fault SELECT i % 8, 1, i, 0, 0, 'pri', i % 2, CASE WHEN i % 5000 = 0 THEN 99 ELSE i % 8 END, i % 64, (i * 7919) % 300007, 3, i,
    NULL, i, 'q', CASE WHEN i % 97 = 0 THEN 'invalid' ELSE 'success' END, 'completed', NULL, NULL,
    i * 10, i * 10 + 5 + i % 13, i * 10 + 30 + i % 17, i * 10 + 50 + (i * 31) % 9973, NULL, i * 10 + 11000 + (i * 17) % 7919,
    i * 10 + 19000, i * 10 + 19010 + i % 29, i * 10 + 19100 + (i * 13) % 4999, 19100 + (i * 13) % 4999, NULL, NULL, NULL, NULL, NULL, 0 FROM n`;

const QUESTIONS: Readonly<Record<string, FaultFilter>> = {
  'the first faults': {},
  'of a device': { device: 3 },
  'of a device and a PASID that it does not have': { device: 3, pasid: 4 },
  'of a page': { page: 7919 },
  'of an answer that is rare': { code: 'invalid' },
  'of an answer that no fault has': { code: 'teardown' },
  'the slowest': { slowestFirst: true },
  'the slowest of a device': { slowestFirst: true, device: 3 },
  'the slowest of a device with few': { slowestFirst: true, device: 99 },
  'the slowest of the usual answer': { slowestFirst: true, code: 'success' },
  ...Object.fromEntries(
    MEASURES.map((measure) => [
      `the slowest by ${measure}, at least 10 µs`,
      { measure, leastMicros: 10, slowestFirst: true },
    ]),
  ),
  'by queue wait, longer than any': { measure: 'queueWait', leastMicros: 1e9 },
  'by queue wait, of a page': { measure: 'queueWait', leastMicros: 1, page: 7919 },
};

/** Asks every kind of question about so many faults that were never there. */
export async function measureSearch(rows: number): Promise<SearchTime[]> {
  const folder = mkdtempSync(join(tmpdir(), 'faultline-search-'));
  try {
    await layOut(folder, rows);
    const queries = await FaultQueries.open(folder);
    try {
      const times: SearchTime[] = [];
      for (const [question, filter] of Object.entries(QUESTIONS))
        times.push({ question, ...(await ask(queries, filter)) });
      return times;
    } finally {
      await queries.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function ask(queries: FaultQueries, filter: FaultFilter): Promise<Omit<SearchTime, 'question'>> {
  const millis: number[] = [];
  let found = 0;
  for (let time = 0; time <= REPETITIONS; time += 1) {
    const begunAt = performance.now();
    found = (await queries.faults(filter)).faults.length;
    millis.push(performance.now() - begunAt);
  }
  const [firstMillis = 0, ...rest] = millis;
  rest.sort((one, other) => one - other);
  return { found, firstMillis, medianMillis: rest[rest.length >> 1] ?? 0 };
}

/** The tables as they are when a run has ended, indexes and all. */
async function layOut(folder: string, rows: number): Promise<void> {
  await (await RecordWriter.open(folder)).close();
  const projections = await Projections.open(folder);
  const source = await new DataSource({
    type: 'sqlite',
    database: join(folder, PROJECTIONS_FILE),
  }).initialize();
  await source.query(insertSql(rows));
  await source.destroy();
  const reader = await RecordReader.open(folder);
  await projections.project(reader);
  await reader.close();
  await projections.close();
}
