import type { ChainFault, LoggedMessage } from '@faultline/audit';
import * as fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { goodLog } from '../../audit/src/log.testkit';
import {
  LOG_FILE,
  RecordGap,
  RecordMissing,
  RecordNewer,
  RecordNotWritable,
  RecordReader,
  RecordTaken,
  RecordUnreadable,
  RecordWriter,
} from '.';
import { RecordBench } from './record.testkit';

const bench = new RecordBench();
afterEach(() => bench.clear());

const log = goodLog();

async function written(messages: readonly LoggedMessage[] = log): Promise<string> {
  const folder = bench.folder();
  const writer = await bench.open(RecordWriter.open(folder));
  await writer.append(messages);
  await bench.close(writer);
  return folder;
}

async function readAll(reader: RecordReader, options = {}): Promise<LoggedMessage[]> {
  const messages: LoggedMessage[] = [];
  for await (const { message } of reader.messages(options))
    messages.push({ ...message, body: Uint8Array.from(message.body) });
  return messages;
}

/** Changes the file behind the back of the record. */
async function tamper(folder: string, ...statements: string[]): Promise<void> {
  const source = await new DataSource({ type: 'sqlite', database: join(folder, LOG_FILE) }).initialize();
  for (const statement of statements) await source.query(statement);
  await source.destroy();
}

describe('RecordWriter', () => {
  it('keeps every message as it came', async () => {
    const messages = log.map((message) =>
      message.sequence === 3
        ? { ...message, headers: { ...message.headers, traceparent: '00-ab-cd-01' } }
        : message,
    );
    const reader = await bench.open(RecordReader.open(await written(messages)));
    expect(await readAll(reader)).toEqual(messages);
  });

  it('keeps bytes that nobody can decode', async () => {
    const [first] = log;
    const strange = {
      ...(first as LoggedMessage),
      headers: { schema: 'from.elsewhere', version: 7, unit: 'x', epoch: 0, cycle: 0 },
      body: Uint8Array.of(1, 2),
    };
    const reader = await bench.open(RecordReader.open(await written([strange])));
    expect(await readAll(reader)).toEqual([strange]);
  });

  it('goes on from its position after a restart, and skips what it has', async () => {
    const folder = await written(log.slice(0, 10));
    const writer = await bench.open(RecordWriter.open(folder));
    expect(writer.position).toBe(10);
    expect(await writer.append(log.slice(5))).toBe(log.length);
    expect([writer.rows, writer.bytes]).toEqual([
      log.length,
      log.reduce((sum, { body }) => sum + body.length, 0),
    ]);
    const reader = await bench.open(RecordReader.open(folder));
    expect(await reader.verifyChain()).toEqual({ whole: true, messages: log.length, first: null });
  });

  it('gives the same chain however messages are batched', async () => {
    const headOf = async (folder: string) => (await bench.open(RecordReader.open(folder))).head();
    const whole = await headOf(await written());
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 10 }),
        async (sizes) => {
          const folder = bench.folder();
          const writer = await bench.open(RecordWriter.open(folder));
          let from = 0;
          for (let turn = 0; from < log.length; turn += 1)
            from = await writer.append(log.slice(from, from + (sizes[turn % sizes.length] ?? 1)));
          expect(await headOf(folder)).toEqual(whole);
        },
      ),
      { numRuns: 8 },
    );
  });

  it('writes more rows than one statement holds', async () => {
    const [first] = log;
    const many = Array.from({ length: 700 }, (_, place) => ({
      ...(first as LoggedMessage),
      sequence: place + 1,
    }));
    const reader = await bench.open(RecordReader.open(await written(many)));
    expect((await readAll(reader)).map(({ sequence }) => sequence)).toEqual(
      many.map(({ sequence }) => sequence),
    );
  });

  it('refuses a gap and stores nothing of the batch', async () => {
    const writer = await bench.open(RecordWriter.open(bench.folder()));
    await expect(writer.append([...log.slice(0, 3), ...log.slice(4, 6)])).rejects.toThrow(RecordGap);
    expect(writer.position).toBe(0);
    expect(await writer.append(log.slice(0, 5))).toBe(5);
  });

  it('notices another writer, and stores nothing', async () => {
    const folder = bench.folder();
    const [one, other] = [
      await bench.open(RecordWriter.open(folder)),
      await bench.open(RecordWriter.open(folder)),
    ];
    await one.append(log.slice(0, 2));
    await expect(other.append(log.slice(0, 3))).rejects.toThrow(RecordTaken);
    const reader = await bench.open(RecordReader.open(folder));
    expect((await reader.head()).position).toBe(2);
  });

  it('says in one line that the disk is full, and takes the batch when there is room', async () => {
    const folder = await written(log.slice(0, 2));
    const writer = await bench.open(RecordWriter.open(folder));
    const { source } = writer as unknown as { source: DataSource };
    const [{ page_count: pages }] = (await source.query('PRAGMA page_count')) as [{ page_count: number }];
    await source.query(`PRAGMA max_page_count = ${pages}`);
    const big = log.slice(2).map((message) => ({ ...message, body: new Uint8Array(9000) }));
    const failure = await writer.append(big).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(RecordNotWritable);
    expect(failure).toHaveProperty(
      'message',
      `the record ${join(folder, LOG_FILE)} cannot be written: the disk is full`,
    );
    expect(writer.position).toBe(2);
    await source.query('PRAGMA max_page_count = 1000000');
    expect(await writer.append(log.slice(2))).toBe(log.length);
  });

  it('D13 says what is on the disk for good: all of it, or, while somebody reads the file, what was before', async () => {
    const folder = bench.folder();
    const writer = await bench.open(RecordWriter.open(folder));
    await writer.append(log.slice(0, 2));
    expect(await Promise.all([writer.append(log.slice(2, 4)), writer.flush()])).toEqual([4, 4]);
    const other = await new DataSource({ type: 'sqlite', database: join(folder, LOG_FILE) }).initialize();
    await other.query('BEGIN');
    await other.query('SELECT count(*) FROM record');
    await writer.append(log.slice(4));
    expect(await writer.flush()).toBe(4);
    await other.query('COMMIT');
    await other.destroy();
    expect(await writer.flush()).toBe(log.length);
  });

  it('says that its folder cannot be made', async () => {
    const file = join(bench.folder(), 'file');
    writeFileSync(file, '');
    await expect(RecordWriter.open(join(file, 'run'))).rejects.toThrow(RecordNotWritable);
  });
});

describe('RecordReader', () => {
  it('counts the owners that wrote for a unit', async () => {
    const first = log[0] as LoggedMessage;
    const next = { ...first, sequence: log.length + 1, headers: { ...first.headers, epoch: 7 } };
    const reader = await bench.open(RecordReader.open(await written([...log, next])));
    const owners = await reader.ownersByUnit();
    expect(Object.keys(owners)).toEqual([...new Set(log.map(({ headers }) => headers.unit))].sort());
    expect(owners[first.headers.unit]).toBe(2);
  });

  it('reads a range, subjects by prefix, and what one unit wrote', async () => {
    const reader = await bench.open(RecordReader.open(await written()));
    expect((await readAll(reader, { from: 5, to: 8 })).map(({ sequence }) => sequence)).toEqual([5, 6, 7, 8]);
    const mm = await readAll(reader, { subjectPrefix: 'lab.log.mm.' });
    expect(mm).toEqual(log.filter(({ subject }) => subject.startsWith('lab.log.mm.')));
    const of = await readAll(reader, { unit: 'iommu.0', to: 8 });
    expect(of).toEqual(log.filter(({ headers, sequence }) => headers.unit === 'iommu.0' && sequence <= 8));
    expect(of.length).toBeGreaterThan(0);
  });

  it('reads while another writes', async () => {
    const folder = bench.folder();
    const writer = await bench.open(RecordWriter.open(folder));
    const reader = await bench.open(RecordReader.open(folder));
    await writer.append(log.slice(0, 4));
    expect(await readAll(reader)).toHaveLength(4);
    await writer.append(log);
    expect(await readAll(reader)).toHaveLength(log.length);
  });

  it.each<[string, string, ChainFault, number]>([
    ['a changed body', `UPDATE record SET body = zeroblob(40) WHERE sequence = 7`, 'altered', 7],
    ['a changed header', `UPDATE record SET epoch = 2 WHERE sequence = 7`, 'altered', 7],
    [
      'a changed last message',
      `UPDATE record SET epoch = 2 WHERE sequence = ${log.length}`,
      'altered',
      log.length,
    ],
    ['a changed hash', `UPDATE record SET hash = zeroblob(32) WHERE sequence = 7`, 'broken-link', 7],
    [
      'a changed last hash',
      `UPDATE record SET hash = zeroblob(32) WHERE sequence = ${log.length}`,
      'broken-link',
      log.length,
    ],
    ['a changed head', `UPDATE head SET hash = zeroblob(32)`, 'broken-link', log.length],
    ['both changed', `UPDATE record SET hash = zeroblob(32), epoch = 2 WHERE sequence = 7`, 'broken-link', 7],
    ['a missing message', `DELETE FROM record WHERE sequence = 7`, 'missing', 7],
    ['missing messages', `DELETE FROM record WHERE sequence BETWEEN 1 AND 4`, 'missing', 1],
    ['a missing end', `DELETE FROM record WHERE sequence > 20`, 'missing', 21],
  ])('finds %s, and tells what it is', async (_, statement, fault, sequence) => {
    const folder = await written();
    await tamper(folder, statement);
    const reader = await bench.open(RecordReader.open(folder));
    expect(await reader.verifyChain()).toMatchObject({ whole: false, first: { fault, sequence } });
  });

  it('finds by published heads alone that the whole record was written anew', async () => {
    const honest = await bench.open(RecordReader.open(await written()));
    const published = await Promise.all(
      [10, 20, log.length].map(async (position) => ({
        position,
        hash: (await honest.hashAt(position)) ?? new Uint8Array(0),
      })),
    );
    expect(await honest.verifyChain(published)).toMatchObject({ whole: true });
    const changed = log.map((message) =>
      message.sequence === 13 ? { ...message, headers: { ...message.headers, epoch: 5 } } : message,
    );
    const forged = await bench.open(RecordReader.open(await written(changed)));
    expect(await forged.verifyChain()).toMatchObject({ whole: true });
    expect(await forged.verifyChain(published)).toMatchObject({
      whole: false,
      first: {
        fault: 'rewritten',
        sequence: 20,
        sentence: expect.stringContaining('a message from 11 to 20 was changed') as string,
      },
    });
    const shortened = await bench.open(RecordReader.open(await written(log.slice(0, 15))));
    expect(await shortened.verifyChain(published)).toMatchObject({
      first: {
        fault: 'missing',
        sequence: 16,
        sentence: expect.stringContaining('a head was published at') as string,
      },
    });
  });

  it('says that there is no record', async () => {
    const folder = bench.folder();
    await expect(RecordReader.open(join(folder, 'nothing'))).rejects.toThrow(RecordMissing);
    await tamper(folder, 'SELECT 1');
    await expect(RecordReader.open(folder)).rejects.toThrow(RecordMissing);
  });

  it('refuses a record of a newer program, to read and to write, and names both versions', async () => {
    const folder = await written();
    await tamper(folder, `UPDATE meta SET value = '99' WHERE key = 'schemaVersion'`);
    await expect(RecordReader.open(folder)).rejects.toThrow(new RecordNewer(join(folder, LOG_FILE), 99, 1));
    await expect(RecordWriter.open(folder)).rejects.toThrow(RecordNewer);
  });

  it('says that a file is no record', async () => {
    const folder = bench.folder();
    writeFileSync(
      join(folder, LOG_FILE),
      'this is not a database, and long enough to be looked at as one. '.repeat(20),
    );
    await expect(RecordReader.open(folder)).rejects.toThrow(RecordUnreadable);
    await expect(RecordWriter.open(folder)).rejects.toThrow(RecordUnreadable);
  });
});
