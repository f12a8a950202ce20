import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { goodLog } from '../../audit/src/log.testkit';
import {
  projectionContent,
  Projections,
  PROJECTIONS_BEFORE_FILE,
  PROJECTIONS_FILE,
  rebuildProjections,
  RecordMissing,
  RecordReader,
  RecordWriter,
} from '.';
import { copyDatabase, openForReading, openForWriting } from './database';
import { PROJECTIONS_DATABASE } from './projections-schema';
import { RecordBench } from './record.testkit';

const bench = new RecordBench();
afterEach(() => bench.clear());
const log = goodLog();

async function projected(upTo = log.length): Promise<string> {
  const folder = bench.folder();
  const writer = await bench.open(RecordWriter.open(folder));
  await writer.append(log);
  await bench.close(writer);
  const reader = await bench.open(RecordReader.open(folder));
  const projections = await bench.open(Projections.open(folder));
  await projections.project(reader, upTo);
  await bench.close(projections);
  return folder;
}

async function change(folder: string, ...statements: string[]): Promise<void> {
  const file = await new DataSource({
    type: 'sqlite',
    database: join(folder, PROJECTIONS_FILE),
  }).initialize();
  for (const statement of statements) await file.query(statement);
  await file.destroy();
}

describe('a rebuild', () => {
  it('proves the projections identical, and leaves nothing behind', async () => {
    const folder = await projected();
    const before = await projectionContent(folder);
    const report = await rebuildProjections(folder);
    expect(report).toEqual({
      messages: log.length,
      before: 'tables',
      identical: true,
      tables: before,
      differences: [],
      kept: null,
    });
    expect(before.map(({ table, rows }) => [table, rows])).toEqual([
      ['fault', 6],
      ['counter', expect.any(Number)],
      ['progress', 1],
    ]);
    expect(existsSync(join(folder, PROJECTIONS_BEFORE_FILE))).toBe(false);
  });

  it('takes projections that are behind the record to its end before it compares', async () => {
    expect(await rebuildProjections(await projected(9))).toMatchObject({ before: 'tables', identical: true });
  });

  it('says which rows were changed, lost and added, and what they are now', async () => {
    const folder = await projected();
    await change(
      folder,
      `UPDATE fault SET code = 'invalid', totalMicros = 1 WHERE request = 2`,
      'DELETE FROM fault WHERE request = 1',
      `INSERT INTO counter VALUES ('Invented', 3)`,
    );
    const report = await rebuildProjections(folder);
    expect(report.identical).toBe(false);
    expect(report.differences).toMatchObject([
      {
        table: 'fault',
        rowsBefore: 5,
        rowsAfter: 6,
        rows: [
          { key: [0, 1, 2, 0], before: { code: 'invalid', totalMicros: 1 }, after: { code: 'success' } },
          { key: [0, 1, 1, 0], before: null, after: { code: 'success' } },
        ],
      },
      { table: 'counter', rows: [{ key: ['Invented'], before: { count: 3 }, after: null }] },
    ]);
    expect(existsSync(report.kept ?? '')).toBe(true);
    expect(await rebuildProjections(folder)).toMatchObject({ identical: true, kept: null });
    expect(existsSync(join(folder, PROJECTIONS_BEFORE_FILE))).toBe(false);
  });

  it('builds what was not there, and what could not be read, and says so', async () => {
    const folder = await projected();
    const { tables } = await rebuildProjections(folder);
    writeFileSync(
      join(folder, PROJECTIONS_FILE),
      'this is no database, though it is long enough. '.repeat(99),
    );
    expect(await rebuildProjections(folder)).toEqual({
      messages: log.length,
      before: { unreadable: 'it is not a database' },
      identical: false,
      tables,
      differences: [],
      kept: null,
    });
    const fresh = bench.folder();
    const writer = await bench.open(RecordWriter.open(fresh));
    await writer.append(log);
    expect(await rebuildProjections(fresh)).toMatchObject({ before: 'nothing', identical: true, tables });
  });

  it('needs a record', async () => {
    await expect(rebuildProjections(bench.folder())).rejects.toThrow(RecordMissing);
  });
});

it('a copy of a database has what is still beside its file', async () => {
  const folder = await projected();
  const [path, copy] = [join(folder, PROJECTIONS_FILE), join(folder, 'copy.sqlite')];
  const writer = await openForWriting(path, PROJECTIONS_DATABASE);
  await writer.query(`INSERT INTO counter VALUES ('Invented', 3)`);
  await copyDatabase(path, copy, PROJECTIONS_DATABASE);
  await writer.destroy();
  const reader = await openForReading(copy, PROJECTIONS_DATABASE);
  const found: unknown = await reader.query(`SELECT count FROM counter WHERE name = 'Invented'`);
  await reader.destroy();
  expect(found).toEqual([{ count: 3 }]);
});

describe('the content of a table', () => {
  it('is all of it, however many pages it takes', async () => {
    const folder = await projected();
    const rows = 4_500;
    await change(
      folder,
      'DELETE FROM counter',
      `INSERT INTO counter WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT 'c' || i, i FROM n`,
    );
    expect((await projectionContent(folder)).map((content) => content.rows)).toEqual([6, rows, 1]);
  });

  it('does not depend on the order of its rows, and shows two rows that are the same', async () => {
    const folder = await projected();
    const counters = async () => (await projectionContent(folder)).find(({ table }) => table === 'counter');
    await change(folder, 'DELETE FROM counter', `INSERT INTO counter VALUES ('a', 1), ('b', 2)`);
    const one = await counters();
    await change(folder, 'DELETE FROM counter', `INSERT INTO counter VALUES ('b', 2), ('a', 1)`);
    expect(await counters()).toEqual(one);
    await change(folder, `UPDATE counter SET count = 2`);
    expect(await counters()).not.toEqual(one);
  });
});
