import type { Decider } from '@faultline/domain';
import {
  Deposed,
  LogFull,
  LogReadFailed,
  LogUnavailable,
  UnitHost,
  UnitJournal,
  type OutgoingMessage,
  type UnitPlan,
} from '.';
import { ManualClock, MemoryLog } from './memory';
import { eventually } from './testkit/eventually.testkit';

/** A unit that adds up numbers: the smallest thing that has state, durable and volatile events, and says no. */
type Command = { kind: 'Add'; amount: number } | { kind: 'Peek' } | { kind: 'Flush' } | { kind: 'Break' };
type Event = { kind: 'Added'; amount: number } | { kind: 'Peeked'; total: number } | { kind: 'Flushed' };
class TooMuch extends Error {}

const decider: Decider<{ total: number; flushes: number }, Command, Event> = {
  initial: () => ({ total: 0, flushes: 0 }),
  decide: (state, command) => {
    if (command.kind === 'Break') throw new Error('an invariant broke');
    if (command.kind === 'Peek') return [{ kind: 'Peeked', total: state.total }];
    if (command.kind === 'Flush') return state.total % 2 === 1 ? [{ kind: 'Flushed' }] : [];
    if (command.amount > 100) throw new TooMuch(`${command.amount} is too much`);
    return [{ kind: 'Added', amount: command.amount }];
  },
  evolve: (state, event) => {
    if (event.kind === 'Added') state.total += event.amount;
    if (event.kind === 'Flushed') {
      state.total += 1;
      state.flushes += 1;
    }
    return state;
  },
};

/** Somebody else writes as the unit, in an epoch of theirs. */
async function appendAs(log: MemoryLog, epoch: number): Promise<void> {
  await log.append({
    subject: 'lab.log.test',
    headers: { schema: 'test', version: 1, unit: 'unit', epoch, cycle: 1 },
    body: new Uint8Array(1),
    id: 'another',
  });
}

function setUp(change: Partial<UnitPlan<{ total: number; flushes: number }, Command, Event>> = {}) {
  const log = new MemoryLog({});
  const clock = new ManualClock();
  const released: Event[][] = [];
  const failures: Error[] = [];
  const body = (events: readonly Event[]): OutgoingMessage => ({
    subject: 'lab.log.test',
    schema: { name: 'test', version: 1 },
    body: new TextEncoder().encode(JSON.stringify(events)),
  });
  const journal = new UnitJournal(log, clock, 'unit', 1, 'owner');
  const host = new UnitHost<{ total: number; flushes: number }, Command, Event>(
    {
      decider,
      isDurable: (event) => event.kind !== 'Peeked',
      isRefusal: (error) => error instanceof TooMuch,
      messages: (events) => [[body(events)]],
      released: (events) => released.push([...events]),
      ...change,
    },
    journal,
    clock,
    (error) => failures.push(error),
  );
  return { log, clock, released, failures, journal, host };
}

const add = (amount: number): Command => ({ kind: 'Add', amount });

describe('UnitHost', () => {
  it('what arrives in one turn is one append, and nobody learns of it before the log holds it', async () => {
    const { log, clock, released, host } = setUp();
    const append = jest.spyOn(log, 'append');
    host.submit([add(1)]);
    host.submit([add(2)]);
    clock.advance(0);
    expect(host.state.total).toBe(3);
    expect(released).toEqual([]);
    await eventually('the release', () => released.length === 1);
    expect(append).toHaveBeenCalledTimes(1);
    expect(released.flat()).toEqual([
      { kind: 'Added', amount: 1 },
      { kind: 'Added', amount: 2 },
    ]);
  });

  it('says of each turn how much of it is in the log', async () => {
    const durable: number[] = [];
    const { clock, host } = setUp({ released: (events, count) => durable.push(events.length, count) });
    host.submit([add(1)]);
    clock.advance(0);
    // These two turns are decided while the first is written, and written together.
    host.submit([{ kind: 'Peek' }, add(2), { kind: 'Peek' }, add(3)]);
    clock.advance(0);
    host.submit([{ kind: 'Peek' }]);
    clock.advance(0);
    await eventually('the release', () => durable.length === 6);
    expect(durable).toEqual([1, 1, 4, 2, 1, 0]);
  });

  it('settle resolves with the events of its own commands, after the append', async () => {
    const { log, clock, host } = setUp();
    host.submit([add(1)]);
    const settled = host.settle([add(2), { kind: 'Peek' }]);
    clock.advance(0);
    expect(await settled).toEqual([
      { kind: 'Added', amount: 2 },
      { kind: 'Peeked', total: 3 },
    ]);
    expect(await log.lastSequence()).toBe(1);
  });

  it('turns decided while an append is in flight are the next append', async () => {
    const { log, clock, host } = setUp();
    const append = jest.spyOn(log, 'append');
    const first = host.settle([add(1)]);
    clock.advance(0);
    host.submit([add(2)]);
    clock.advance(0);
    const last = host.settle([add(4)]);
    clock.advance(0);
    expect(host.state.total).toBe(7);
    await first;
    await last;
    expect(append).toHaveBeenCalledTimes(2);
  });

  it('a turn without durable events still waits for the appends before it: a repeated command is not confirmed early', async () => {
    const { log, clock, host } = setUp();
    let letThrough: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (letThrough = resolve));
    const real = log.append.bind(log);
    jest.spyOn(log, 'append').mockImplementation(async (message) => (await gate, real(message)));
    const order: string[] = [];
    const durable = host.settle([add(1)]).then(() => order.push('durable'));
    clock.advance(0);
    const volatile = host.settle([{ kind: 'Peek' }]).then(() => order.push('volatile'));
    clock.advance(0);
    await Promise.resolve();
    expect(order).toEqual([]);
    letThrough();
    await Promise.all([durable, volatile]);
    expect(order).toEqual(['durable', 'volatile']);
  });

  it('conclude runs in every turn, and its events are written with the turn', async () => {
    const { clock, host } = setUp({ conclude: (_state, apply) => apply({ kind: 'Flush' }) });
    const settled = host.settle([add(1)]);
    clock.advance(0);
    await settled;
    expect(host.state).toEqual({ total: 2, flushes: 1 });
  });

  it('perform answers at once beside an append, and refuses what would have to be logged', () => {
    const { clock, host } = setUp();
    host.submit([add(5)]);
    clock.advance(0);
    expect(host.perform({ kind: 'Peek' })).toEqual([{ kind: 'Peeked', total: 5 }]);
    expect(() => host.perform(add(1))).toThrow(/durable/);
  });

  it('a refused command is told to its asker; others in the turn and later ones go on', async () => {
    const { clock, host, failures } = setUp();
    const good = host.settle([add(1)]);
    const bad = host.settle([add(101)]);
    clock.advance(0);
    await expect(bad).rejects.toThrow('101 is too much');
    expect(await good).toHaveLength(1);
    const later = host.settle([add(2)]);
    clock.advance(0);
    await later;
    expect(host.state.total).toBe(3);
    expect(failures).toEqual([]);
  });

  it.each([
    ['refuses nothing by what it knew', 2, Deposed],
    ['but one that writes itself is none', 1, TooMuch],
  ])('D4 D6 an owner of which the log shows a newer one %s', async (_what, epoch, told) => {
    const { log, clock, host, journal, failures } = setUp();
    journal.follow('lab.log.test', 0);
    await appendAs(log, epoch);
    const bad = host.settle([add(101)]);
    clock.advance(0);
    await expect(bad).rejects.toBeInstanceOf(told);
    expect(failures.map((error) => error.name)).toEqual(epoch === 2 ? ['Deposed'] : []);
  });

  it('D4 what it answers as the owner it answers only when the log shows no newer one', async () => {
    const { log, host, journal, failures } = setUp();
    journal.follow('lab.log.test', 0);
    expect(await host.asOwner(() => 'mine')).toBe('mine');
    await appendAs(log, 2);
    await expect(host.asOwner(() => 'mine')).rejects.toBeInstanceOf(Deposed);
    await expect(host.asOwner(() => Promise.reject(new TooMuch('by what it knew')))).rejects.toBeInstanceOf(
      Deposed,
    );
    expect(failures).toHaveLength(1);
  });

  it('waits for a log that cannot be asked', async () => {
    const { log, clock, host, journal } = setUp();
    journal.follow('lab.log.test', 0);
    const asked = jest.spyOn(log, 'last').mockRejectedValueOnce(new LogReadFailed('lab.log.test', 'away'));
    let answer: string | undefined;
    void host.asOwner(() => 'mine').then((mine) => (answer = mine));
    await eventually('the question', () => asked.mock.calls.length === 1);
    expect(answer).toBeUndefined();
    await eventually('the answer', () => {
      clock.advance(100_000);
      return answer === 'mine';
    });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('asks the log only where nothing that it wrote since proves that it is the owner', async () => {
    const { log, clock, host, journal } = setUp();
    journal.follow('lab.log.test', 0);
    const asked = jest.spyOn(log, 'last');
    await host.asOwner(async () => {
      const added = host.settle([add(1)]);
      clock.advance(0);
      await added;
    });
    expect(asked).not.toHaveBeenCalled();
    // This one was on its way when the question came: a newer owner may have begun behind it.
    const before = host.settle([add(1)]);
    clock.advance(0);
    await host.asOwner(() => before);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('a broken invariant ends the unit: everyone who waits is told, nothing more is written', async () => {
    const { log, clock, host, failures } = setUp();
    const waiting = host.settle([{ kind: 'Break' }]);
    clock.advance(0);
    await expect(waiting).rejects.toThrow('an invariant broke');
    expect(failures.map((error) => error.message)).toEqual(['an invariant broke']);
    await expect(host.settle([add(1)])).rejects.toThrow('an invariant broke');
    expect(await log.lastSequence()).toBe(0);
  });

  it('D6 a deposed owner stops: its waiting commands fail and it says why', async () => {
    const { log, clock, host, failures } = setUp();
    await appendAs(log, 2);
    const settled = host.settle([add(1)]);
    clock.advance(0);
    await expect(settled).rejects.toBeInstanceOf(Deposed);
    expect(failures[0]).toBeInstanceOf(Deposed);
  });

  it('a log that is full or away stalls the unit and loses nothing', async () => {
    const { log, clock, host, failures } = setUp();
    const real = log.append.bind(log);
    jest
      .spyOn(log, 'append')
      .mockImplementationOnce(() => Promise.reject(new LogFull('lab.log.test')))
      .mockImplementationOnce(() => Promise.reject(new LogUnavailable('lab.log.test')))
      .mockImplementation(real);
    let done = false;
    const settled = host.settle([add(1)]).then(() => (done = true));
    await eventually('the append', () => {
      clock.advance(300_000);
      return done;
    });
    await settled;
    expect(await log.lastSequence()).toBe(1);
    expect(failures).toEqual([]);
  });
});
