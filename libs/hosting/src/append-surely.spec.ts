import { appendSurely } from './append-surely';
import { MemoryLog } from './memory';
import { AppendRefused, LogUnavailable, type LogMessage } from './ports';
import { batch } from './testkit/batches.testkit';
import { rejectionOf, TestClock } from './testkit/eventually.testkit';

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
