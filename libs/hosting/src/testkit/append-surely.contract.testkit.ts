import { subjectsOf } from '@faultline/contracts';
import { appendSurely, Deposed } from '../append-surely';
import {
  AppendRefused,
  LogFull,
  LogUnavailable,
  type Appended,
  type LogAppend,
  type LogMessage,
  type LogPort,
} from '../ports';
import { batch, headersOf } from './batches.testkit';
import { eventually, rejectionOf, TestClock } from './eventually.testkit';
import type { LogHarness } from './log-port.contract.testkit';

/** What a network can do to an append. */
type Mishap = 'lost' | 'acknowledgement lost' | 'id forgotten' | undefined;

/** A log whose next appends meet mishaps, in order. */
class UnluckyLog implements LogPort {
  tries = 0;
  constructor(
    private readonly log: LogPort,
    private readonly mishaps: Mishap[],
  ) {}

  async append(message: LogAppend): Promise<Appended> {
    this.tries++;
    const mishap = this.mishaps.shift();
    if (mishap === 'lost') throw new LogUnavailable(message.subject);
    // After two minutes the log has forgotten the id: only the fence is left.
    if (mishap === 'id forgotten')
      return this.log.append({ ...message, id: `${message.id}-forgotten-${this.tries}` });
    const appended = await this.log.append(message);
    if (mishap === 'acknowledgement lost') throw new LogUnavailable(message.subject);
    return appended;
  }
  follow: LogPort['follow'] = (options) => this.log.follow(options);
  last = (subject: string): Promise<LogMessage | undefined> => this.log.last(subject);
  fill = (): Promise<number> => this.log.fill();
  trim = (floors: ReadonlyMap<string, number>): Promise<void> => this.log.trim(floors);
  lastSequence = (): Promise<number> => this.log.lastSequence();
}

const quick = { attempts: 3, retryDelayMicros: 1_000 };

/** What {@link appendSurely} must find out over any log. */
export function describeAppendSurely(
  name: string,
  makeLog: (options: { maxBytes?: number }) => Promise<LogHarness>,
): void {
  describe(`append surely (D6): ${name}`, () => {
    const clock = new TestClock();
    let harness: LogHarness;
    let log: LogPort;
    let subject: string;
    beforeEach(async () => {
      harness = await makeLog({});
      log = harness.log;
      subject = subjectsOf(harness.lab).hwLog(0);
    });
    afterEach(() => harness.close());

    it('writes once when messages or acknowledgements get lost', async () => {
      const unlucky = new UnluckyLog(log, ['lost', 'acknowledgement lost']);
      const appended = await appendSurely(
        unlucky,
        batch(subject, 'a', { expectedLastSubjectSequence: 0 }),
        clock,
        quick,
      );
      expect(appended).toEqual({ sequence: 1, duplicate: true });
      expect(unlucky.tries).toBe(3);
      expect(await log.lastSequence()).toBe(1);
    });

    it('recognizes its own message when the log has forgotten the id', async () => {
      const unlucky = new UnluckyLog(log, ['acknowledgement lost', 'id forgotten', 'id forgotten']);
      const appended = await appendSurely(
        unlucky,
        batch(subject, 'a', { expectedLastSubjectSequence: 0 }),
        clock,
        { ...quick, attempts: 5 },
      );
      expect(appended).toEqual({ sequence: 1, duplicate: true });
      expect(await log.lastSequence()).toBe(1);
    });

    it('reads the log when the tries are used up', async () => {
      const unlucky = new UnluckyLog(log, ['acknowledgement lost', 'lost', 'lost']);
      const append = batch(subject, 'a', { expectedLastSubjectSequence: 0 });
      expect(await appendSurely(unlucky, append, clock, quick)).toEqual({ sequence: 1, duplicate: true });
      const silent = new UnluckyLog(log, ['lost', 'lost', 'lost']);
      expect(await rejectionOf(appendSurely(silent, batch(subject, 'b'), clock, quick))).toBeInstanceOf(
        LogUnavailable,
      );
    });

    it('says that it was deposed when a higher epoch has written', async () => {
      await log.append(batch(subject, 'mine', { expectedLastSubjectSequence: 0 }));
      await log.append(
        batch(subject, 'taken over', { headers: headersOf({ epoch: 2 }), expectedLastSubjectSequence: 1 }),
      );
      const error = await rejectionOf(
        appendSurely(log, batch(subject, 'late', { expectedLastSubjectSequence: 1 }), clock, quick),
      );
      expect(error).toBeInstanceOf(Deposed);
      expect(error).toMatchObject({ subject, epoch: 1, newerEpoch: 2 });
      expect(await log.lastSequence()).toBe(2);
    });

    it('leaves a refusal that no higher epoch explains as it is', async () => {
      await log.append(batch(subject, 'same epoch'));
      const unlucky = new UnluckyLog(log, []);
      const error = await rejectionOf(
        appendSurely(unlucky, batch(subject, 'b', { expectedLastSubjectSequence: 0 }), clock, quick),
      );
      expect(error).toBeInstanceOf(AppendRefused);
      expect(unlucky.tries).toBe(2);
    });

    it('does not insist when the log is full', async () => {
      await harness.close();
      harness = await makeLog({ maxBytes: 4_000 });
      const big = batch(subjectsOf(harness.lab).hwLog(0), 'x'.repeat(5_000));
      const unlucky = new UnluckyLog(harness.log, []);
      expect(await rejectionOf(appendSurely(unlucky, big, clock, quick))).toBeInstanceOf(LogFull);
      expect(unlucky.tries).toBe(1);
      await eventually('an empty log', async () => (await harness.log.lastSequence()) === 0);
    });
  });
}
