import { appendSurely } from './append-surely';
import { MemoryLog } from './memory';
import { AppendRefused, LogFull, LogUnavailable, type LogMessage } from './ports';
import { batch } from './testkit/batches.testkit';
import { rejectionOf, TestClock } from './testkit/eventually.testkit';
import { UnitJournal } from './unit-journal';

const SUBJECT = 'lab.log.mm.0';

/** A log whose leader has not applied the last messages it holds. */
class LaggingLog extends MemoryLog {
  lags = false;

  override append(message: Parameters<MemoryLog['append']>[0]): ReturnType<MemoryLog['append']> {
    if (!this.lags) return super.append(message);
    return Promise.reject(new AppendRefused(message.subject, message.expectedLastSubjectSequence ?? 0));
  }

  override async last(subject: string): Promise<LogMessage | undefined> {
    return this.lags ? this.at(1) : super.last(subject);
  }
}

it("a log that knows less than its writer is behind, not another owner's", async () => {
  const log = new LaggingLog();
  const clock = new TestClock();
  for (const id of ['a', 'b']) await appendSurely(log, batch(SUBJECT, id, { id }), clock);
  const next = { ...batch(SUBJECT, 'c', { id: 'c' }), expectedLastSubjectSequence: 2 };
  log.lags = true;
  const rejection = await rejectionOf(appendSurely(log, next, clock));
  expect(rejection).toBeInstanceOf(LogUnavailable);
  log.lags = false;
  expect(await appendSurely(log, next, clock)).toEqual({ sequence: 3, duplicate: false });
});

describe('a try before that failed', () => {
  const message = { ...batch(SUBJECT, 'a', { id: 'a' }), expectedLastSubjectSequence: 0 };

  it('may have been stored, if nobody answered: a full log says no more of it than an empty one', async () => {
    const log = new MemoryLog();
    const clock = new TestClock();
    await log.append(message);
    jest.spyOn(log, 'append').mockRejectedValue(new LogFull(SUBJECT));
    const failed = new LogUnavailable(SUBJECT);
    expect(await appendSurely(log, message, clock, { failed })).toEqual({ sequence: 1, duplicate: true });
    expect(await rejectionOf(appendSurely(log, message, clock))).toBeInstanceOf(LogFull);
  });

  it('ends them all, if it is nothing that another one could be spared', async () => {
    const log = new MemoryLog();
    const failed = new TypeError('no such thing');
    expect(await rejectionOf(appendSurely(log, message, new TestClock(), { failed }))).toBe(failed);
    expect(await log.lastSequence()).toBe(0);
  });

  it('is the first of a journal, too', async () => {
    const log = new MemoryLog();
    const thrown = new TypeError('no such thing');
    jest.spyOn(log, 'append').mockRejectedValueOnce(thrown);
    const journal = new UnitJournal(log, new TestClock(), 'mm.0', 1, 'owner');
    const outgoing = { subject: SUBJECT, schema: { name: 's', version: 1 }, body: message.body };
    expect(await rejectionOf(journal.write([[outgoing]]))).toBe(thrown);
    expect(await log.lastSequence()).toBe(0);
  });
});
