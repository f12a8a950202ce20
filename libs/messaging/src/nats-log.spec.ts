import { logStream, queueConsumer, snapshotIndexBucket, subjectsOf } from '@faultline/contracts';
import { LogReadFailed, LogTrimmed, LogUnavailable } from '@faultline/hosting';
import { describeAppendSurely } from '../../hosting/src/testkit/append-surely.contract.testkit';
import { appendAll, batch, Collected, numbered } from '../../hosting/src/testkit/batches.testkit';
import { eventually, rejectionOf } from '../../hosting/src/testkit/eventually.testkit';
import { describeLogPort, type LogHarness } from '../../hosting/src/testkit/log-port.contract.testkit';
import type { JetStreamManager, JsMsg } from 'nats';
import { AppendImpossible } from './errors';
import { kvStream } from './nats-kv';
import { provision } from './provision';
import { freshPorts, TestServer } from './testkit/server.testkit';

let server: TestServer;
beforeAll(async () => {
  server = await TestServer.start();
});
afterAll(() => server.stop());

async function makeLog(options: { maxBytes?: number }): Promise<LogHarness> {
  const { lab, log, link } = await freshPorts(
    server,
    options.maxBytes ? { logMaxBytes: options.maxBytes } : {},
  );
  return { lab, log, close: () => link.close() };
}

describeLogPort('JetStream', makeLog);
describeAppendSurely('JetStream', makeLog);

describe('the log on JetStream', () => {
  it('says that a message no server would take is impossible', async () => {
    const { lab, log, link } = await freshPorts(server);
    const subject = subjectsOf(lab).hwLog(0);
    expect(await rejectionOf(log.append(batch(subject, 'x'.repeat(2 ** 21), { id: 'big' })))).toBeInstanceOf(
      AppendImpossible,
    );
    expect(await rejectionOf(log.append(batch(subject, 'a', { id: 'two\r\nlines' })))).toBeInstanceOf(
      AppendImpossible,
    );
    await link.close();
  });

  it('is unavailable where no stream listens, and once its connection is closed', async () => {
    const { log, link } = await freshPorts(server);
    expect(await rejectionOf(log.append(batch('nobody.listens', 'a')))).toBeInstanceOf(LogUnavailable);
    await link.close();
    expect(await rejectionOf(log.append(batch('nobody.listens', 'a')))).toBeInstanceOf(LogUnavailable);
    expect(await rejectionOf(log.lastSequence())).toBeInstanceOf(LogReadFailed);
  });

  it('cannot follow a stream that is not there', async () => {
    const { lab, log, link, jsm } = await freshPorts(server);
    await jsm.streams.delete(logStream(lab));
    const follow = log.follow({ subject: subjectsOf(lab).allLog, fromSequence: 1, ...new Collected() });
    expect(await rejectionOf(follow)).toBeInstanceOf(LogReadFailed);
    await link.close();
  });

  it('tells a follower that the connection was closed', async () => {
    const { lab, log, link } = await freshPorts(server);
    const seen = new Collected();
    await log.follow({ subject: subjectsOf(lab).allLog, fromSequence: 1, ...seen });
    await link.close();
    await eventually('the error', () => seen.errors.length === 1);
    expect(seen.errors[0]).toBeInstanceOf(LogReadFailed);
  });
});

describe('a follower whose server crashes', () => {
  it('goes on without gap or double, from where it began if it had read nothing', async () => {
    const { lab, log, link } = await freshPorts(server);
    const subjects = subjectsOf(lab);
    const [all, late, some] = [new Collected(), new Collected(), new Collected()];
    await appendAll(log, subjects.hwLog(0), numbered(100));
    await log.follow({ subject: subjects.allLog, fromSequence: 1, ...all });
    await log.follow({ subject: subjects.allLog, fromSequence: 151, ...late });
    await log.follow({ subject: subjects.mmLogAny, fromSequence: 1, ...some });
    await eventually('what is there', () => all.messages.length === 100);
    for (let crash = 0; crash < 2; crash++) {
      await server.crashAndRestart();
      await eventually('the log', () => log.lastSequence().catch(() => 0));
      await appendAll(log, subjects.mmLog(crash), numbered(50, `crash${crash}-`));
    }
    await eventually(
      'the rest',
      () => all.messages.length >= 200 && late.messages.length >= 50 && some.messages.length >= 100,
    );
    expect(all.sequences).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(late.sequences).toEqual(Array.from({ length: 50 }, (_, i) => i + 151));
    expect(some.sequences).toEqual(Array.from({ length: 100 }, (_, i) => i + 101));
    expect([...all.errors, ...late.errors, ...some.errors]).toEqual([]);
    await link.close();
  });

  it('survives that its consumer is deleted under it', async () => {
    const { lab, log, link, jsm } = await freshPorts(server);
    const subjects = subjectsOf(lab);
    const seen = new Collected();
    await log.follow({ subject: subjects.allLog, fromSequence: 1, ...seen });
    await appendAll(log, subjects.hwLog(0), ['a']);
    await eventually('one message', () => seen.messages.length === 1);
    const [consumer] = await jsm.consumers.list(logStream(lab)).next();
    await jsm.consumers.delete(logStream(lab), consumer?.name ?? '');
    await appendAll(log, subjects.hwLog(0), ['b']);
    await eventually(
      'the second message, after the missed heartbeats',
      () => seen.messages.length === 2,
      15_000,
    );
    expect(seen.bodies).toEqual(['a', 'b']);
    await link.close();
  });

  it('does not go on over a log that lost what was read from it', async () => {
    const { lab, log, link, jsm } = await freshPorts(server);
    const subjects = subjectsOf(lab);
    const seen = new Collected();
    await log.follow({ subject: subjects.allLog, fromSequence: 1, ...seen });
    await appendAll(log, subjects.hwLog(0), numbered(3));
    await eventually('the messages', () => seen.messages.length === 3);
    await jsm.streams.delete(logStream(lab));
    await provision(jsm, { lab, queues: [], logMaxBytes: 2 ** 24 });
    await eventually('the error', () => seen.errors.length === 1, 15_000);
    expect(seen.errors[0]).toMatchObject({
      name: 'LogReadFailed',
      reason: 'it ends at 0, but 3 was read from it before',
    });
    await link.close();
  });
});

describe('D13 a log on JetStream that was trimmed', () => {
  /** The server drops the reader, which notices some seconds later. */
  async function dropReaders(jsm: JetStreamManager, lab: string): Promise<void> {
    for (const { name } of await jsm.consumers.list(logStream(lab)).next())
      await jsm.consumers.delete(logStream(lab), name);
  }

  it('tells a reader that was away meanwhile, and hands it nothing from behind the gap', async () => {
    const { lab, log, link, jsm } = await freshPorts(server);
    const subject = subjectsOf(lab).hwLog(0);
    const seen = new Collected();
    await log.follow({ subject, fromSequence: 1, ...seen });
    await appendAll(log, subject, numbered(10));
    await eventually('the first ones', () => seen.messages.length === 10);
    await dropReaders(jsm, lab);
    await appendAll(
      log,
      subject,
      numbered(20).map((body) => `later ${body}`),
    );
    await log.trim(new Map([[subject, 21]]));
    await eventually('the error', () => seen.errors.length > 0);
    expect(seen.errors[0]).toBeInstanceOf(LogTrimmed);
    expect(seen.errors[0]).toMatchObject({ subject, fromSequence: 11, heldFrom: 21 });
    expect(seen.messages).toHaveLength(10);
    await link.close();
  });

  it('lets a reader that was away go on where it has read everything that was trimmed', async () => {
    const { lab, log, link, jsm } = await freshPorts(server);
    const subject = subjectsOf(lab).hwLog(0);
    const seen = new Collected();
    const running = await log.follow({ subject, fromSequence: 1, ...seen });
    await appendAll(log, subject, numbered(10));
    await eventually('the first ones', () => seen.messages.length === 10);
    await dropReaders(jsm, lab);
    await log.trim(new Map([[subject, 11]]));
    await appendAll(log, subject, ['later']);
    await eventually('the last one', () => seen.messages.length === 11);
    expect(seen.errors).toEqual([]);
    await running.stop();
    await link.close();
  });

  it('keeps what the workers of a queue have not settled', async () => {
    const { lab, log, link, jsm } = await freshPorts(server, { queues: ['shared'] });
    const subject = subjectsOf(lab).queueLog(0, 'shared');
    await appendAll(log, subject, numbered(10));
    const [first, second] = [await pull(jsm, lab), await pull(jsm, lab)];
    await second.ackAck();
    await log.trim(new Map([[subject, 11]]));
    expect((await jsm.streams.info(logStream(lab))).state.messages).toBe(10);
    await first.ackAck();
    await log.trim(new Map([[subject, 11]]));
    expect((await jsm.streams.info(logStream(lab))).state.messages).toBe(8);
    await link.close();
  });

  it('is refused when nobody knows any more where it begins, and read as ever when it was not trimmed', async () => {
    const { lab, log, link, jsm } = await freshPorts(server);
    const subject = subjectsOf(lab).hwLog(0);
    await appendAll(log, subject, numbered(10));
    await jsm.streams.delete(kvStream(snapshotIndexBucket(lab)));
    const running = await log.follow({ subject, fromSequence: 1, ...new Collected() });
    await running.stop();
    await jsm.streams.purge(logStream(lab), { filter: subject, seq: 5 });
    const refused = await rejectionOf(log.follow({ subject, fromSequence: 1, ...new Collected() }));
    expect(refused).toBeInstanceOf(LogReadFailed);
    expect(String(refused)).toMatch(/SNAPSHOT_INDEX is lost: it is not there/);
    // A bucket that is made anew knows as little, and the next trim would make it say that nothing else is missing.
    await provision(jsm, { lab, queues: [], logMaxBytes: 2 ** 26 });
    for (const attempt of [
      log.follow({ subject, fromSequence: 1, ...new Collected() }),
      log.trim(new Map([[subject, 8]])),
    ])
      expect(String(await rejectionOf(attempt))).toMatch(/SNAPSHOT_INDEX is lost: it does not say where/);
    await link.close();
  });

  async function pull(jsm: JetStreamManager, lab: string): Promise<JsMsg> {
    const consumer = await jsm.jetstream().consumers.get(logStream(lab), queueConsumer('shared'));
    const message = await consumer.next();
    if (!message) throw new Error('the queue is empty');
    return message;
  }
});
