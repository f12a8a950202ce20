import type { FaultMeasures, LoggedMessage } from '@faultline/audit';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { goodLog, groupOf, LogBuilder, requestOf } from '../../audit/src/log.testkit';
import { FaultQueries, Projections, PROJECTIONS_FILE, RecordMissing, RecordReader, RecordWriter } from '.';
import { RecordBench } from './record.testkit';

const bench = new RecordBench();
afterEach(() => bench.clear());

const log = goodLog();
const IDS = ['0.1.1', '0.1.2', '0.1.3', '0.1.4', '0.1.5', '0.1.5.1'];

class Run {
  private constructor(
    readonly folder: string,
    readonly writer: RecordWriter,
    readonly reader: RecordReader,
  ) {}

  static async begin(messages: readonly LoggedMessage[] = log): Promise<Run> {
    const folder = bench.folder();
    const writer = await bench.open(RecordWriter.open(folder));
    await writer.append(messages);
    return new Run(folder, writer, await bench.open(RecordReader.open(folder)));
  }

  projections(): Promise<Projections> {
    return bench.open(Projections.open(this.folder));
  }

  queries(): Promise<FaultQueries> {
    return bench.open(FaultQueries.open(this.folder));
  }

  async dump(): Promise<unknown> {
    const queries = await this.queries();
    return { faults: (await queries.faults()).faults, counters: await queries.counters() };
  }
}

async function projected(messages: readonly LoggedMessage[] = log): Promise<Run> {
  const run = await Run.begin(messages);
  await (await run.projections()).project(run.reader);
  return run;
}

/** The log, with so many messages of no consequence after those by which two faults are open. */
function lengthened(filler: number): LoggedMessage[] {
  const first = log[0] as LoggedMessage;
  const messages = [...log.slice(0, 8), ...Array<LoggedMessage>(filler).fill(first), ...log.slice(8)];
  return messages.map((message, place) => ({ ...message, sequence: place + 1 }));
}

describe('Projections', () => {
  it('have a row a fault and counters', async () => {
    const queries = await (await projected()).queries();
    expect((await queries.faults()).faults.map(({ id }) => id)).toEqual(IDS);
    expect(await queries.counters()).toMatchObject({
      GroupQueued: 4,
      'groupResponded.success': 4,
      PageRemoved: 1,
    });
    expect(await queries.position()).toBe(log.length);
  });

  it('are the same wherever building was interrupted by a restart', async () => {
    const whole = await (await projected()).dump();
    const run = await Run.begin();
    for (let upTo = 1; upTo <= log.length; upTo += 1) {
      const projections = await run.projections();
      expect(await projections.project(run.reader, upTo)).toBe(upTo);
      await bench.close(projections);
    }
    expect(await run.dump()).toEqual(whole);
  });

  it('are the same when one process builds as the record grows', async () => {
    const whole = await (await projected()).dump();
    const run = await Run.begin([]);
    const projections = await run.projections();
    for (let end = 3; end <= log.length + 2; end += 3) {
      await run.writer.append(log.slice(0, end));
      await projections.project(run.reader);
    }
    expect(await run.dump()).toEqual(whole);
  });

  it('are the same after a rebuild, and after their file was deleted', async () => {
    const run = await Run.begin();
    const projections = await run.projections();
    await projections.project(run.reader);
    const before = await run.dump();
    expect(await projections.rebuild(run.reader)).toBe(log.length);
    expect(await run.dump()).toEqual(before);
    await bench.close(projections);
    rmSync(join(run.folder, PROJECTIONS_FILE));
    await (await run.projections()).project(run.reader);
    expect(await run.dump()).toEqual(before);
  });

  it('show what is open at the end, and forget it when it goes on', async () => {
    const run = await projected(log.slice(0, 8));
    expect((await (await run.queries()).faults()).faults.map(({ id, complete }) => [id, complete])).toEqual([
      ['0.1.1', false],
      ['0.1.2', false],
    ]);
    await run.writer.append(log);
    await (await run.projections()).project(run.reader);
    expect((await (await run.queries()).faults()).faults.every(({ complete }) => complete)).toBe(true);
  });

  it('stop between slices when asked, and go on', async () => {
    const messages = Array.from({ length: 2000 }, (_, place) => ({
      ...(log[0] as LoggedMessage),
      sequence: place + 1,
    }));
    const run = await Run.begin(messages);
    const projections = await run.projections();
    const position = await projections.project(run.reader, undefined, AbortSignal.abort());
    expect(position).toBeGreaterThan(0);
    expect(position).toBeLessThan(messages.length);
    expect(await projections.project(run.reader)).toBe(messages.length);
  });

  it('are built once where several build them at the same time, and are the same', async () => {
    const long = lengthened(3_000);
    const whole = await (await projected(long)).dump();
    const run = await Run.begin(long);
    const builders = await Promise.all([1, 2, 3].map(() => run.projections()));
    const readers = await Promise.all(builders.map(() => bench.open(RecordReader.open(run.folder))));
    const positions = builders.map((each, place) => each.project(readers[place] as RecordReader));
    expect(await Promise.all(positions)).toEqual(builders.map(() => long.length));
    expect(await run.dump()).toEqual(whole);
    // Nor are they built again by who comes later, or finds them as somebody else left them.
    for (const each of builders) await each.project(run.reader);
    expect(await run.dump()).toEqual(whole);
  });

  it('are gone on with where another builder has stopped in the middle', async () => {
    const long = lengthened(3_000);
    const whole = await (await projected(long)).dump();
    const run = await Run.begin(long);
    const [killed, other] = [await run.projections(), await run.projections()];
    const stopped = await killed.project(run.reader, undefined, AbortSignal.abort());
    expect(stopped).toBeLessThan(long.length);
    expect(await other.project(run.reader)).toBe(long.length);
    expect(await run.dump()).toEqual(whole);
  });

  it('pass over what cannot be decoded, and count it', async () => {
    const broken = log.map((message) =>
      message.sequence === 26 ? { ...message, body: Uint8Array.of(1) } : message,
    );
    const queries = await (await projected(broken)).queries();
    expect(await queries.counters()).toMatchObject({ 'undecodable.mm': 1, GroupQueued: 4 });
  });
});

describe('FaultQueries', () => {
  it('say that nothing is projected yet', async () => {
    const run = await Run.begin();
    await expect(FaultQueries.open(run.folder)).rejects.toThrow(RecordMissing);
  });

  it('filter', async () => {
    const queries = await (await projected()).queries();
    const ids = async (filter: Parameters<FaultQueries['faults']>[0]) =>
      (await queries.faults(filter)).faults.map(({ id }) => id);
    expect(await ids({ device: 1 })).toEqual(['0.1.5', '0.1.5.1']);
    expect(await ids({ code: 'auto-success' })).toEqual(['0.1.4']);
    expect(await ids({ page: 102 })).toEqual(['0.1.2', '0.1.3']);
    expect(await ids({ pasid: 7, page: 102, device: 0, code: 'success' })).toEqual(['0.1.2', '0.1.3']);
    expect(await ids({ pasid: 8 })).toEqual([]);
  });

  it.each([false, true])('page through everything once (slowest first: %s)', async (slowestFirst) => {
    const queries = await (await projected()).queries();
    const found: { id: string; totalMicros: number | null }[] = [];
    let cursor: string | undefined;
    do {
      const page = await queries.faults({ slowestFirst, limit: 2, cursor });
      found.push(...page.faults);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(found.map(({ id }) => id).sort()).toEqual(IDS);
    const totals = found.map(({ totalMicros }) => totalMicros ?? 0);
    if (slowestFirst) expect(totals).toEqual([...totals].sort((one, other) => other - one));
    else expect(found.map(({ id }) => id)).toEqual(IDS);
  });

  it('walk over all faults, or over those that took long enough, and say when they were under way', async () => {
    const queries = await (await projected()).queries();
    const { faults } = await queries.faults();
    const walked = async (leastMicros?: number): Promise<FaultMeasures[]> => {
      const rows: FaultMeasures[] = [];
      for await (const some of queries.walk(leastMicros)) rows.push(...some);
      return rows;
    };
    expect(await walked()).toHaveLength(faults.length);
    expect(faults).toMatchObject(await walked());
    const totals = faults.flatMap(({ totalMicros }) => (totalMicros === null ? [] : [totalMicros]));
    const longest = Math.max(...totals);
    const ranks = Array.from({ length: totals.length + 1 }, (_, at) => at + 1);
    expect(await Promise.all(ranks.map((rank) => queries.slowestMicros(rank)))).toEqual([
      ...[...totals].sort((one, other) => other - one),
      null,
    ]);
    expect(await queries.slowestMicros(0)).toBeNull();
    expect(await walked(longest)).toEqual(
      (await walked()).filter(({ totalMicros }) => totalMicros === longest),
    );
    const ends = faults.map(({ instants }) => instants.settledAtMicros ?? instants.respondedAtMicros ?? 0);
    expect(await queries.span()).toEqual({
      firstMicros: Math.min(...faults.map(({ instants }) => instants.sentAtMicros)),
      lastMicros: Math.max(...ends),
    });
  });

  it('walk over more faults than are held at a time, and over none', async () => {
    const run = await Run.begin([]);
    await (await run.projections()).project(run.reader);
    const queries = await run.queries();
    expect(await queries.span()).toBeNull();
    for await (const none of queries.walk()) expect(none).toEqual([]);
    const source = await new DataSource({
      type: 'sqlite',
      database: join(run.folder, PROJECTIONS_FILE),
    }).initialize();
    const rows = 10_000;
    await source.query(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows})
       INSERT INTO fault (segment, segmentEpoch, request, stallRound, round, model, iommu, device, pasid, page, permissions, groupId, code, sentAtMicros, open)
       SELECT 0, 1, i, 0, 0, 'pri', 0, 0, 1, i, 1, 1, 'success', i, 0 FROM n`,
    );
    await source.destroy();
    const seen = new Set<number>();
    for await (const some of queries.walk()) for (const { instants } of some) seen.add(instants.sentAtMicros);
    expect(seen.size).toBe(rows);
  });

  it('refuse a cursor of another listing and a limit without bound', async () => {
    const queries = await (await projected()).queries();
    await expect(queries.faults({ cursor: '1:2' })).rejects.toThrow(RangeError);
    await expect(queries.faults({ slowestFirst: true, cursor: '0:1:1:0' })).rejects.toThrow(RangeError);
    await expect(queries.faults({ limit: 100_000 })).rejects.toThrow(RangeError);
  });

  it('find a fault by its id, and nothing by none', async () => {
    const queries = await (await projected()).queries();
    expect(await queries.fault('0.1.5.1')).toMatchObject({
      id: '0.1.5.1',
      round: 1,
      model: 'stall',
      settlement: 'completed',
      totalMicros: 120,
    });
    expect(await queries.fault('0.1.1')).toMatchObject({
      stages: { queueWait: 30, mm: 50 },
      group: '0.1.1',
      complete: true,
    });
    for (const id of ['0.1.99', '0.1', 'x', '0.1.1.2.3', "0.1.1'"])
      expect(await queries.fault(id)).toBeUndefined();
  });

  it('give every event of a fault, in order, and no other', async () => {
    const run = await projected();
    const queries = await run.queries();
    const events = async (id: string) => {
      const fault = await queries.fault(id);
      if (!fault) throw new Error(`no fault ${id}`);
      return (await queries.eventsOf(fault, run.reader)).map(
        ({ sequence, unit, event }) => `${sequence} ${unit} ${event.kind}`,
      );
    };
    expect(await events('0.1.1')).toEqual([
      '5 iommu.0 GroupQueued',
      '6 iommu.0 PageRequestQueued',
      '6 iommu.0 FaultParked',
      '8 worker.abc GroupHandled',
      '9 iommu.0 GroupResponded',
      '10 segment.0 AccessEnded',
    ]);
    expect(await events('0.1.4')).toEqual(['16 iommu.0 PageRequestDropped', '17 segment.0 AccessEnded']);
  });
});

it('keeps a fault of which only the group is known', async () => {
  const run = await projected(new LogBuilder().queue(groupOf(1, [requestOf(1, 0)])).messages);
  expect((await (await run.queries()).faults()).faults).toMatchObject([
    { id: '0.1.1', code: 'unanswered', complete: false },
  ]);
});
