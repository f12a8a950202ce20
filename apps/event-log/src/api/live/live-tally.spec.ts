import { FaultAssembler, type FaultRow, rowOf } from '@faultline/audit';
import { decodeLogBody } from '@faultline/contracts';
import {
  EPOCH_MICROS,
  goodLog,
  groupOf,
  LogBuilder,
  requestOf,
} from '../../../../../libs/audit/src/log.testkit';
import { LiveTally } from './live-tally';

const log = goodLog().map((message) => ({
  ...message,
  events: decodeLogBody(message.headers.schema, message.body),
}));

it('counts a run as its rows and events do, wherever it is looked at', () => {
  const tally = new LiveTally();
  const rows: FaultRow[] = [];
  const assembler = new FaultAssembler((fault) => rows.push(rowOf(fault)));
  for (const message of log) {
    tally.observe(message);
    assembler.observe(message);
    const looks = tally.deviceLooks();
    expect(tally.total).toMatchObject({ faults: rows.length, open: assembler.openFaults });
    expect(looks.reduce((sum, { open }) => sum + open, 0)).toBe(assembler.openFaults);
    for (const { device, settled } of looks)
      expect([device, settled]).toEqual([device, rows.filter((row) => row.device === device).length]);
  }
  expect(tally.total).toMatchObject({
    ...{ messages: log.length, faults: 6, open: 0, retries: 2, dropped: 1 },
    events: log.reduce((sum, { events }) => sum + events.length, 0),
  });
  expect(tally.counts()).toMatchObject({ GroupQueued: 4, 'groupResponded.success': 4 });
  expect([tally.ended, tally.owners.get('iommu.0')]).toEqual(['finished', 1]);
});

it('tells the latencies of what settled since it was asked last', () => {
  const tally = new LiveTally();
  for (const message of log) tally.observe(message);
  const stages = tally.takeStages();
  expect(stages['total']).toMatchObject({ count: 6, p50Micros: expect.any(Number) as number });
  expect(Object.keys(stages)).toHaveLength(7);
  expect(tally.takeStages()['total']).toEqual({
    count: 0,
    p50Micros: null,
    p99Micros: null,
    meanMicros: null,
  });
});

it('knows how many groups are on a queue, and how long the oldest has been there', () => {
  const tally = new LiveTally();
  const pairs = [1, 2].map((number) =>
    groupOf(number, [requestOf(number, number * 100)], { queuedAtMicros: EPOCH_MICROS + number * 100 }),
  );
  const builder = new LogBuilder();
  for (const pair of pairs) builder.queue(pair);
  const observe = (): void => {
    for (const message of builder.messages.splice(0))
      tally.observe({ ...message, events: decodeLogBody(message.headers.schema, message.body) });
  };
  observe();
  const at = EPOCH_MICROS + 1_000;
  expect(tally.queueLooks(at)).toEqual([
    { iommu: 0, queue: pairs[0]?.queue, depth: 2, oldestAgeMicros: 900, queued: 2, handled: 0 },
  ]);
  const [handled] = log.flatMap(({ events }) => events).filter(({ kind }) => kind === 'GroupHandled');
  if (handled?.kind !== 'GroupHandled') throw new Error('the log has no handled group');
  builder.iopf({ ...handled, iommu: 0, epoch: 1, group: 1 });
  observe();
  expect(tally.queueLooks(at)).toMatchObject([{ depth: 1, oldestAgeMicros: 800, handled: 1 }]);
  // Whoever answers for a handler takes its group off the queue too, and a clock that is behind makes no age negative.
  expect(tally.queueLooks(EPOCH_MICROS)).toMatchObject([{ oldestAgeMicros: 0 }]);
  builder.hw({ kind: 'GroupDiscarded', group: 2, groupEpoch: 1, device: 0, cause: 'reset' });
  observe();
  expect(tally.queueLooks(at)).toMatchObject([{ depth: 0, oldestAgeMicros: null, queued: 2, handled: 1 }]);
});
