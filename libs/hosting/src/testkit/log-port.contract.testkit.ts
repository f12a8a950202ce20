import { subjectsOf } from '@faultline/contracts';
import { AppendRefused, LogFull, type LogMessage, type LogPort, LogTrimmed } from '../ports';
import { appendAll, batch, bytes, Collected, headersOf, numbered, text } from './batches.testkit';
import { eventually, rejectionOf } from './eventually.testkit';

export interface LogHarness {
  log: LogPort;
  lab: string;
  close(): Promise<void>;
}

/** What every log must do; `makeLog` gives a fresh, empty one for each test. */
export function describeLogPort(
  name: string,
  makeLog: (options: { maxBytes?: number }) => Promise<LogHarness>,
): void {
  describe(`log port: ${name}`, () => {
    let harness: LogHarness;
    let log: LogPort;
    const use = async (options: { maxBytes?: number } = {}): Promise<ReturnType<typeof subjectsOf>> => {
      harness = await makeLog(options);
      log = harness.log;
      return subjectsOf(harness.lab);
    };
    afterEach(() => harness.close());

    describeAppend(use, () => log);
    describeFollow(use, () => log);
    describeTrim(use, () => log);
  });
}

type Use = (options?: { maxBytes?: number }) => Promise<ReturnType<typeof subjectsOf>>;

function describeAppend(use: Use, log: () => LogPort): void {
  it('numbers messages of all subjects in one order from 1', async () => {
    const subjects = await use();
    expect(await log().lastSequence()).toBe(0);
    expect(await appendAll(log(), subjects.hwLog(0), ['a', 'b'])).toEqual([1, 2]);
    expect(await appendAll(log(), subjects.mmLog(0), ['c'])).toEqual([3]);
    expect(await log().lastSequence()).toBe(3);
  });

  it('gives back everything a message was appended with', async () => {
    const subjects = await use();
    const headers = headersOf({
      version: 3,
      epoch: 7,
      cycle: 12,
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    });
    await log().append({
      subject: subjects.hwLog(0),
      headers,
      body: bytes('all\0of\r\nit'),
      id: 'iommu.0/7/12',
    });
    const seen = new Collected();
    const running = await log().follow({ subject: subjects.hwLog(0), fromSequence: 1, ...seen });
    await eventually('one message', () => seen.messages.length === 1);
    const expected = { subject: subjects.hwLog(0), sequence: 1, headers, id: 'iommu.0/7/12' };
    for (const message of [seen.messages[0], await log().last(subjects.hwLog(0))]) {
      expect(message).toMatchObject(expected);
      expect(text(message?.body ?? bytes(''))).toBe('all\0of\r\nit');
    }
    await running.stop();
  });

  it('takes an empty body', async () => {
    const subjects = await use();
    await log().append(batch(subjects.hwLog(0), ''));
    expect((await log().last(subjects.hwLog(0)))?.body.length).toBe(0);
  });

  it('refuses a writer whose last sequence of the subject is stale, and writes nothing', async () => {
    const subjects = await use();
    const subject = subjects.hwLog(0);
    await log().append(batch(subject, 'first', { expectedLastSubjectSequence: 0 }));
    await appendAll(log(), subjects.mmLog(0), ['elsewhere']);
    await log().append(batch(subject, 'second', { expectedLastSubjectSequence: 1 }));
    const error = await rejectionOf(
      log().append(batch(subject, 'stale', { expectedLastSubjectSequence: 1 })),
    );
    expect(error).toBeInstanceOf(AppendRefused);
    expect(error).toMatchObject({ subject, expectedLastSubjectSequence: 1 });
    expect(await log().lastSequence()).toBe(3);
    await log().append(batch(subject, 'third', { expectedLastSubjectSequence: 3 }));
  });

  it('refuses an owner that believes an unwritten subject has messages', async () => {
    const subjects = await use();
    await appendAll(log(), subjects.mmLog(0), ['elsewhere']);
    const append = batch(subjects.hwLog(0), 'a', { expectedLastSubjectSequence: 1 });
    expect(await rejectionOf(log().append(append))).toBeInstanceOf(AppendRefused);
  });

  it('stores one id once and says where, even when the fence of the retry is stale', async () => {
    const subjects = await use();
    const append = batch(subjects.hwLog(0), 'once', { expectedLastSubjectSequence: 0 });
    expect(await log().append(append)).toEqual({ sequence: 1, duplicate: false });
    expect(await log().append(append)).toEqual({ sequence: 1, duplicate: true });
    await log().append(batch(subjects.hwLog(0), 'next', { expectedLastSubjectSequence: 1 }));
    expect(await log().append(append)).toEqual({ sequence: 1, duplicate: true });
    expect(await log().lastSequence()).toBe(2);
  });

  it('refuses when it is full, keeps what it has, and still knows ids it has stored', async () => {
    const subjects = await use({ maxBytes: 8_000 });
    const first = batch(subjects.hwLog(0), 'first');
    await log().append(first);
    const soon = await log().fill();
    expect(soon).toBeGreaterThan(0);
    expect(soon).toBeLessThan(0.2);
    const fill = async (n: number): Promise<unknown> =>
      log()
        .append(batch(subjects.hwLog(0), 'x'.repeat(1_000), { id: `fill-${n}` }))
        .then(
          () => undefined,
          (error: unknown) => error,
        );
    let error: unknown;
    for (let n = 0; n < 10 && !error; n++) error = await fill(n);
    expect(error).toBeInstanceOf(LogFull);
    expect(await log().fill()).toBeGreaterThan(0.8);
    expect(await log().fill()).toBeLessThanOrEqual(1);
    const last = await log().lastSequence();
    expect(await rejectionOf(log().append(batch(subjects.hwLog(0), 'y'.repeat(1_000))))).toBeInstanceOf(
      LogFull,
    );
    expect(await log().lastSequence()).toBe(last);
    expect(await log().append(first)).toEqual({ sequence: 1, duplicate: true });
  });

  it('gives the last message of a subject, and nothing where nothing was written', async () => {
    const subjects = await use();
    expect(await log().last(subjects.hwLog(0))).toBeUndefined();
    await appendAll(log(), subjects.hwLog(0), ['a', 'b']);
    await appendAll(log(), subjects.hwLog(1), ['c']);
    const last = await log().last(subjects.hwLog(0));
    expect(last?.sequence).toBe(2);
    expect(last?.id).toBe(`${subjects.hwLog(0)}/b`);
  });
}

function describeFollow(use: Use, log: () => LogPort): void {
  it('delivers all messages of matching subjects in order, old and new', async () => {
    const subjects = await use();
    const seen = new Collected();
    await appendAll(log(), subjects.hwLog(0), numbered(50));
    const running = await log().follow({ subject: subjects.allLog, fromSequence: 1, ...seen });
    await appendAll(log(), subjects.mmLog(0), numbered(50));
    await eventually('100 messages', () => seen.messages.length === 100);
    expect(seen.sequences).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    await running.stop();
    expect(seen.errors).toEqual([]);
  });

  it('begins in the middle, on the subject it was asked for', async () => {
    const subjects = await use();
    for (const body of numbered(10)) {
      await appendAll(log(), subjects.mmLog(0), [body]);
      await appendAll(log(), subjects.mmLog(1), [body]);
    }
    const one = new Collected();
    const all = new Collected();
    const other = new Collected();
    const followers = await Promise.all([
      log().follow({ subject: subjects.mmLog(1), fromSequence: 11, ...one }),
      log().follow({ subject: subjects.mmLogAny, fromSequence: 15, ...all }),
      log().follow({ subject: subjects.allLog, fromSequence: 22, ...other }),
    ]);
    await appendAll(log(), subjects.hwLog(0), ['not mm', 'end']);
    await eventually(
      'the parts',
      () => one.messages.length === 5 && all.messages.length === 6 && other.messages.length === 1,
    );
    expect(one.sequences).toEqual([12, 14, 16, 18, 20]);
    expect(all.sequences).toEqual([15, 16, 17, 18, 19, 20]);
    expect(other.bodies).toEqual(['end']);
    for (const follower of followers) await follower.stop();
  });

  it('ends through onError when the reader throws, and delivers nothing after', async () => {
    const subjects = await use();
    const seen = new Collected();
    const others = new Collected();
    const broken = (message: LogMessage): void => {
      seen.onMessage(message);
      if (seen.messages.length === 3) throw new Error('cannot fold');
    };
    const running = await log().follow({
      subject: subjects.allLog,
      fromSequence: 1,
      onMessage: broken,
      onError: seen.onError,
    });
    const other = await log().follow({ subject: subjects.allLog, fromSequence: 1, ...others });
    await appendAll(log(), subjects.hwLog(0), numbered(10));
    await eventually(
      'the error and the other reader',
      () => seen.errors.length > 0 && others.messages.length === 10,
    );
    expect(seen.errors.map((error) => error.message)).toEqual(['cannot fold']);
    expect(seen.messages.length).toBe(3);
    await running.stop();
    await other.stop();
  });

  it('delivers nothing after it was stopped', async () => {
    const subjects = await use();
    const stopped = new Collected();
    const going = new Collected();
    const running = await log().follow({ subject: subjects.allLog, fromSequence: 1, ...stopped });
    const other = await log().follow({ subject: subjects.allLog, fromSequence: 1, ...going });
    await appendAll(log(), subjects.hwLog(0), ['a']);
    await eventually('one message', () => stopped.messages.length === 1);
    await running.stop();
    await appendAll(log(), subjects.hwLog(0), ['b']);
    await eventually('the other reader', () => going.messages.length === 2);
    expect(stopped.bodies).toEqual(['a']);
    await other.stop();
  });
}

function describeTrim(use: Use, log: () => LogPort): void {
  const read = async (subject: string, fromSequence: number, until: number): Promise<number[]> => {
    const seen = new Collected();
    const running = await log().follow({ subject, fromSequence, ...seen });
    await eventually('the rest', () => seen.sequences.at(-1) === until);
    await running.stop();
    expect(seen.errors).toEqual([]);
    return seen.sequences;
  };

  it('D13 is trimmed subject by subject, and makes room', async () => {
    const subjects = await use({ maxBytes: 200_000 });
    const [hw, mm] = [subjects.hwLog(0), subjects.mmLog(0)];
    await appendAll(
      log(),
      hw,
      numbered(40).map((body) => body + 'x'.repeat(1_000)),
    );
    await appendAll(log(), mm, numbered(10));
    const before = await log().fill();
    await log().trim(new Map([[hw, 31]]));
    expect(await log().fill()).toBeLessThan(before / 2);
    expect(await read(hw, 31, 40)).toEqual([31, 32, 33, 34, 35, 36, 37, 38, 39, 40]);
    expect(await read(mm, 1, 50)).toHaveLength(10);
    expect(await log().lastSequence()).toBe(50);
  });

  it('D13 tells a reader that it asks for what was trimmed, whatever pattern it asks with', async () => {
    const subjects = await use();
    await appendAll(log(), subjects.hwLog(0), numbered(10));
    await appendAll(log(), subjects.mmLog(0), numbered(10));
    await log().trim(new Map([[subjects.hwLog(0), 6]]));
    for (const subject of [subjects.hwLog(0), subjects.iommuLog(0), subjects.allLog]) {
      const refused = await rejectionOf(log().follow({ subject, fromSequence: 5, ...new Collected() }));
      expect(refused).toBeInstanceOf(LogTrimmed);
      expect(refused).toMatchObject({ subject, fromSequence: 5, heldFrom: 6 });
    }
    expect(await read(subjects.allLog, 6, 20)).toHaveLength(15);
  });

  it('D6 keeps the last message of a subject, by which its owner is fenced', async () => {
    const subjects = await use();
    const subject = subjects.hwLog(0);
    await appendAll(log(), subject, ['a', 'b', 'c']);
    await log().trim(new Map([[subject, 100]]));
    expect((await log().last(subject))?.sequence).toBe(3);
    const stale = log().append(batch(subject, 'stale', { expectedLastSubjectSequence: 2 }));
    expect(await rejectionOf(stale)).toBeInstanceOf(AppendRefused);
    await log().append(batch(subject, 'd', { expectedLastSubjectSequence: 3 }));
    expect(await read(subject, 3, 4)).toEqual([3, 4]);
  });

  it('trims nothing of a subject that nobody wrote to, and no second time', async () => {
    const subjects = await use();
    await appendAll(log(), subjects.hwLog(0), numbered(10));
    for (const floor of [5, 5, 3])
      await log().trim(
        new Map([
          [subjects.hwLog(0), floor],
          [subjects.hwLog(1), floor],
        ]),
      );
    expect(await read(subjects.hwLog(0), 5, 10)).toHaveLength(6);
    await appendAll(log(), subjects.hwLog(1), ['first']);
    expect(await read(subjects.hwLog(1), 1, 11)).toEqual([11]);
  });

  it('lets a reader that is there have all of it', async () => {
    const subjects = await use();
    const seen = new Collected();
    await appendAll(log(), subjects.hwLog(0), numbered(500));
    const running = await log().follow({ subject: subjects.hwLog(0), fromSequence: 1, ...seen });
    await log().trim(new Map([[subjects.hwLog(0), 501]]));
    await eventually('all of it', () => seen.messages.length === 500);
    expect(seen.errors).toEqual([]);
    await running.stop();
  });
}
