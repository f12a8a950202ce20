import { Deposed } from './append-surely';
import { ManualClock, MemoryLog } from './memory';
import type { LogAppend, LogMessage } from './ports';
import { takeOver } from './take-over';
import type { OutgoingMessage, UnitJournal } from './unit-journal';

const SUBJECTS = ['lab.log.iommu.0.queue.a', 'lab.log.iommu.0.queue.b', 'lab.log.iommu.0.hw'];
const BODY = new Uint8Array(1);

/** An owner of the unit as its successor meets it: what it has read, what it says first. */
function setUp(log: MemoryLog, owner: string, from = { sequence: 0, epoch: 0 }) {
  const folded: string[] = [];
  const begin = (): OutgoingMessage[] =>
    SUBJECTS.map((subject) => ({ subject, schema: { name: 'test', version: 1 }, body: BODY }));
  const fold = ({ sequence, headers }: LogMessage): void => void folded.push(`${sequence}/${headers.epoch}`);
  const how = { unit: 'iommu.0', owner, subjects: SUBJECTS, pattern: 'lab.log.iommu.0.>', from, fold, begin };
  return { folded, take: () => takeOver(log, new ManualClock(), how) };
}

const foreign = (subject: string, unit: string, epoch: number, id: string): LogAppend => ({
  subject,
  headers: { schema: 'test', version: 1, unit, epoch, cycle: 9 },
  body: BODY,
  id,
});

describe('D5 a new owner', () => {
  it('of a unit without history begins epoch 1 on every subject, the last of them last', async () => {
    const log = new MemoryLog();
    const { folded, take } = setUp(log, 'one');
    const journal = await take();
    expect(journal.epoch).toBe(1);
    expect(folded).toEqual(['1/1', '2/1', '3/1']);
    expect([1, 2, 3].map((sequence) => log.at(sequence)?.subject)).toEqual(SUBJECTS);
  });

  it('folds what was written before, and the one before can write nothing any more', async () => {
    const log = new MemoryLog();
    const before = await setUp(log, 'one').take();
    const message = { subject: SUBJECTS[0] ?? '', schema: { name: 'test', version: 1 }, body: BODY };
    await before.write([[message]]);
    const { folded, take } = setUp(log, 'two');
    const journal = await take();
    expect(journal.epoch).toBe(2);
    expect(folded).toEqual(['1/1', '2/1', '3/1', '4/1', '5/2', '6/2', '7/2']);
    for (const subject of SUBJECTS)
      await expect(before.write([[{ ...message, subject }]])).rejects.toBeInstanceOf(Deposed);
    await journal.write([[message]]);
    expect(await log.lastSequence()).toBe(8);
  });

  it('reads on from a snapshot, and knows its epoch also when the log has nothing new', async () => {
    const log = new MemoryLog();
    await setUp(log, 'one').take();
    const { folded, take } = setUp(log, 'two', { sequence: 3, epoch: 1 });
    expect((await take()).epoch).toBe(2);
    expect(folded).toEqual(['4/2', '5/2', '6/2']);
  });

  it('that finds the one before faster reads its message first, and sets the fence anew', async () => {
    const log = new MemoryLog();
    const before = await setUp(log, 'one').take();
    const { folded, take } = setUp(log, 'two');
    const real = log.append.bind(log);
    let raced = false;
    jest.spyOn(log, 'append').mockImplementation(async (append) => {
      if (append.subject === SUBJECTS[2] && append.headers.epoch === 2 && !raced) {
        raced = true;
        await before.write([
          [{ subject: SUBJECTS[2] ?? '', schema: { name: 'test', version: 1 }, body: BODY }],
        ]);
      }
      return real(append);
    });
    const journal = await take();
    expect([raced, journal.epoch]).toEqual([true, 2]);
    expect(folded).toEqual(['1/1', '2/1', '3/1', '4/2', '5/2', '6/1', '7/2']);
  });

  it('that meets another one of its own epoch, or a later one, begins a later epoch still', async () => {
    const log = new MemoryLog();
    await setUp(log, 'one').take();
    const { folded, take } = setUp(log, 'two');
    const real = log.append.bind(log);
    let met = false;
    jest.spyOn(log, 'append').mockImplementation(async (append) => {
      if (append.subject === SUBJECTS[1] && append.headers.epoch === 2 && !met) {
        met = true;
        await real(foreign(SUBJECTS[1] ?? '', 'iommu.0', 2, 'iommu.0.2.other.1.2'));
      }
      return real(append);
    });
    expect((await take()).epoch).toBe(3);
    expect(folded.slice(-3).map((each) => each.endsWith('/3'))).toEqual([true, true, true]);
  });

  it('goes on behind strangers on its subjects, whose words are not its history', async () => {
    const log = new MemoryLog();
    await log.append(foreign(SUBJECTS[2] ?? '', 'nobody', 77, 'x'));
    const { folded, take } = setUp(log, 'one');
    expect((await take()).epoch).toBe(1);
    expect(folded).toEqual(['2/1', '3/1', '4/1']);
  });

  it('D6 never takes the message of another owner of the same epoch for its own', async () => {
    const log = new MemoryLog();
    const one = setUp(log, 'one');
    const { folded, take } = setUp(log, 'two');
    const real = log.append.bind(log);
    let before: UnitJournal | undefined;
    jest.spyOn(log, 'append').mockImplementationOnce(async (append) => {
      before = await one.take();
      return real(append);
    });
    const journal = await take();
    expect([before?.epoch, journal.epoch]).toEqual([1, 2]);
    // Both tried to begin epoch 1 with a message of the same place; the other one's was in the log.
    expect(log.at(1)?.id).toBe('iommu.0.1.one.1.1');
    expect(log.at(4)?.id).toBe('iommu.0.2.two.1.1');
    expect(folded).toEqual(['1/1', '2/1', '3/1', '4/2', '5/2', '6/2']);
    const message = { subject: SUBJECTS[0] ?? '', schema: { name: 'test', version: 1 }, body: BODY };
    await expect(before?.write([[message]])).rejects.toBeInstanceOf(Deposed);
  });
});
