import type { LoggedMessage } from '@faultline/audit';
import { FaultSampler } from '@faultline/contracts';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { goodLog } from '../../audit/src/log.testkit';
import { FaultQueries, LOG_FILE, Projections, RecordReader, RecordWriter, tracesOf } from '.';
import { RecordBench } from './record.testkit';

const bench = new RecordBench();
afterEach(() => bench.clear());

const CONTEXT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** The log as services leave it that trace, as far as the messages are told of. */
const traced = (isTold: (message: LoggedMessage) => boolean = () => true): LoggedMessage[] =>
  goodLog().map((message) =>
    isTold(message) ? { ...message, headers: { ...message.headers, traceparent: CONTEXT } } : message,
  );

/** What the record says of its faults, by their ids, after writers of such shares have written a part of it each. */
async function tracesAfter(
  shares: readonly (number | undefined)[],
  messages = traced(),
  between: (folder: string) => Promise<unknown> = () => Promise.resolve(),
): Promise<Record<string, string | null>> {
  const folder = bench.folder();
  const part = Math.ceil(messages.length / shares.length);
  for (const [place, share] of shares.entries()) {
    const writer = await bench.open(RecordWriter.open(folder, share));
    await writer.append(messages.slice(place * part, (place + 1) * part));
    await bench.close(writer);
    await between(folder);
  }
  const reader = await bench.open(RecordReader.open(folder));
  const projections = await bench.open(Projections.open(folder));
  await projections.project(reader);
  const queries = await bench.open(FaultQueries.open(folder));
  const { faults } = await queries.faults();
  const traces = await tracesOf(faults, reader);
  return Object.fromEntries(faults.map(({ id }, place) => [id, traces[place] ?? null]));
}

/** What the services call them, each found by itself. */
const named = (ids: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(
    Object.keys(ids).map((id) => {
      const [segment = 0, segmentEpoch = 0, request = 0, stallRound = 0] = id.split('.').map(Number);
      const identity = { segment, segmentEpoch, request, stallRound };
      return [id, new FaultSampler('lab', 1).rootOf(identity).traceId];
    }),
  );
const NONE = { '0.1.1': null, '0.1.2': null, '0.1.3': null, '0.1.4': null, '0.1.5': null, '0.1.5.1': null };

it('names the trace of every fault where all were traced, each round of a stall its own', async () => {
  const traces = await tracesAfter([1]);
  expect(Object.keys(traces)).toEqual(Object.keys(NONE));
  expect(traces).toEqual(named(traces));
  expect(new Set(Object.values(traces)).size).toBe(6);
});

it('names none of a run that nobody traced, whatever its contexts say', async () => {
  expect(await tracesAfter([undefined])).toEqual(NONE);
  expect(await tracesAfter([0])).toEqual(NONE);
});

it('names none of services that did not trace, whatever who recorded was told', async () => {
  expect(await tracesAfter([1], goodLog())).toEqual(NONE);
  const ofMm = traced(({ subject }) => subject === 'lab.log.mm.0');
  expect(await tracesAfter([1], ofMm)).toEqual(NONE);
});

it('names what has left at least a part of its trace', async () => {
  const ofSegment = await tracesAfter(
    [1],
    traced(({ subject }) => subject === 'lab.log.segment.0'),
  );
  expect(ofSegment).toMatchObject({ '0.1.1': named(NONE)['0.1.1'] });
});

it('goes by the least share that any of those who recorded was told', async () => {
  // Sixteen neighbours are sampled together, and the first of them by no less than this.
  const sampler = (share: number): boolean => new FaultSampler('lab', share).samples(0, 1, 1);
  const enough = Array.from({ length: 1_000 }, (_, place) => place / 1_000).find(sampler) ?? 1;
  const less = enough - 0.001;
  expect(await tracesAfter([enough])).toEqual(named(NONE));
  expect(await tracesAfter([less])).toEqual(NONE);
  expect(await tracesAfter([1, enough, 1])).toEqual(named(NONE));
  for (const shares of [
    [1, less],
    [less, 1],
    [1, less, 1],
    [1, undefined, 1],
  ])
    expect([shares, await tracesAfter(shares)]).toEqual([shares, NONE]);
});

it('knows of no traces in a record that was begun by who noted nothing', async () => {
  const forget = async (folder: string): Promise<void> => {
    const source = await new DataSource({ type: 'sqlite', database: join(folder, LOG_FILE) }).initialize();
    await source.query(`DELETE FROM meta WHERE key = 'tracedShare'`);
    await source.destroy();
  };
  expect(await tracesAfter([1, 1], traced(), forget)).toEqual(NONE);
  let isBegun = false;
  const forgetOnce = async (folder: string): Promise<void> => {
    if (!isBegun) await forget(folder);
    isBegun = true;
  };
  expect(await tracesAfter([1, 1], traced(), forgetOnce)).toEqual(NONE);
});
