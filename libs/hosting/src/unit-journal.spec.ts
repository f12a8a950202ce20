import { Deposed, LogFull, type OutgoingMessage, type SendingSpan, UnitJournal } from '.';
import { ManualClock, MemoryLog } from './memory';
import { batch } from './testkit/batches.testkit';
import { rejectionOf } from './testkit/eventually.testkit';

const SUBJECT = 'lab.log.mm.0';

/** What is told of the sending of a message, in order. */
class ToldSpan implements SendingSpan {
  readonly traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  readonly told: unknown[] = [];
  begins(): void {
    this.told.push('begins');
  }
  arrived(sequence?: number): void {
    this.told.push(sequence);
  }
  failed(error: Error): void {
    this.told.push(error);
  }
}

function setUp() {
  const log = new MemoryLog();
  const clock = new ManualClock();
  // Whatever is waited for passes at once.
  const onStall = (): void => void setImmediate(() => clock.advance(1_000_000));
  const journal = new UnitJournal(log, clock, 'mm.0', 1, 'owner', onStall);
  const span = new ToldSpan();
  const message: OutgoingMessage = {
    ...{ subject: SUBJECT, schema: { name: 's', version: 1 }, body: new Uint8Array(), span },
  };
  return { log, journal, span, message };
}

describe('the span of a message', () => {
  it('ends where the log has it, however often it was full before', async () => {
    const { log, journal, span, message } = setUp();
    jest
      .spyOn(log, 'append')
      .mockRejectedValueOnce(new LogFull(SUBJECT))
      .mockRejectedValueOnce(new LogFull(SUBJECT));
    await journal.write([[message]]);
    expect(span.told).toEqual(['begins', 1]);
    expect((await log.last(SUBJECT))?.headers.traceparent).toBe(span.traceparent);
  });

  it('ends as failed when another owner wrote', async () => {
    const { log, journal, span, message } = setUp();
    const other = batch(SUBJECT, 'other', { id: 'other' });
    await log.append({ ...other, headers: { ...other.headers, unit: 'mm.0', epoch: 2 } });
    const refused = await rejectionOf(journal.write([[message]]));
    expect(refused).toBeInstanceOf(Deposed);
    expect(span.told).toEqual(['begins', refused]);
  });

  it('ends as failed for whatever else ends the unit', async () => {
    const { log, journal, span, message } = setUp();
    const broken = new TypeError('no such thing');
    jest.spyOn(log, 'append').mockRejectedValueOnce(broken);
    expect(await rejectionOf(journal.write([[message]]))).toBe(broken);
    expect(span.told).toEqual(['begins', broken]);
  });
});
