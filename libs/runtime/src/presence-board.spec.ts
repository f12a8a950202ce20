import type { Presence } from '@faultline/contracts';
import { PresenceBoard } from './presence-board';

const presence = (instance: string, state: Presence['state'], more: Partial<Presence> = {}): Presence => ({
  service: 'iommu',
  instance,
  session: `first of ${instance}`,
  pid: 1,
  state,
  units: [],
  deadLetters: 0,
  ...more,
});

describe('the presence board', () => {
  test('everybody is ready when each has said so', async () => {
    const board = new PresenceBoard(() => undefined);
    let ready = false;
    const waiting = board.complete(() => board.missing(['a', 'b'])).then(() => (ready = true));
    board.post(presence('a', 'ready'));
    board.post(presence('b', 'waiting'));
    expect(board.missing(['a', 'b', 'c'])).toEqual(['b (waiting)', 'c (not heard of)']);
    await Promise.resolve();
    expect(ready).toBe(false);
    board.post(presence('b', 'ready'));
    await waiting;
  });

  test('an instance that cannot go on is told of with its reason', () => {
    const failures: Presence[] = [];
    const board = new PresenceBoard((failed) => failures.push(failed));
    board.post(presence('mm-handler', 'ready'));
    board.post(presence('mm-handler', 'failed', { reason: 'the log is full' }));
    expect(failures).toMatchObject([{ instance: 'mm-handler', reason: 'the log is full' }]);
  });

  test('who is silent is late after two heartbeats, and gone with the lease, or at its own word', () => {
    let now = 0;
    const board = new PresenceBoard(
      () => undefined,
      () => now,
    );
    const standings = (leaseMillis: number) =>
      board.sightings(leaseMillis).map(({ presence: { instance }, standing }) => `${instance} ${standing}`);
    for (const instance of ['b', 'a']) board.post(presence(instance, 'ready'));
    now = 1_900;
    expect(standings(3_000)).toEqual(['a here', 'b here']);
    board.post(presence('b', 'ready'));
    now = 2_200;
    expect(standings(3_000)).toEqual(['a late', 'b here']);
    expect(board.sightings(3_000)[0]).toMatchObject({ heardAgoMillis: 2_200, presence: { instance: 'a' } });
    // However short a lease is, nobody is gone who was not late.
    expect(standings(300)).toEqual(['a gone', 'b here']);
    now = 3_000;
    expect(standings(3_000)).toEqual(['a gone', 'b here']);
    board.post(presence('b', 'left'));
    board.post(presence('a', 'ready'));
    expect(standings(3_000)).toEqual(['a here', 'b gone']);
  });

  test('who is forgotten is nobody, with all that was counted by processes that are no more', () => {
    let now = 0;
    const board = new PresenceBoard(
      () => undefined,
      () => now,
    );
    board.post(presence('a', 'left', { deadLetters: 1 }));
    board.post(presence('b', 'ready', { deadLetters: 2 }));
    now = 50_000;
    board.post(presence('b', 'ready', { deadLetters: 4, session: 'second of b' }));
    board.forget(60_000);
    expect([board.heardOf, board.deadLetters]).toEqual([2, 5]);
    now = 60_000;
    board.forget(60_000);
    expect([board.knows('a'), board.knows('b'), board.heardOf, board.deadLetters]).toEqual([
      ...[false, true, 1, 4],
    ]);
    expect(board.sightings(3_000).map(({ presence: { instance } }) => instance)).toEqual(['b']);
  });

  test('here is who said so lately, and neither failed nor left', () => {
    let now = 0;
    const board = new PresenceBoard(
      () => undefined,
      () => now,
    );
    board.post(presence('silent', 'ready'));
    now = 3_000;
    board.post(presence('talking', 'stopping'));
    board.post(presence('gone', 'left'));
    board.post(presence('broken', 'failed'));
    expect(board.here().map(({ instance }) => instance)).toEqual(['silent', 'talking']);
    now = 5_000;
    expect(board.here().map(({ instance }) => instance)).toEqual(['talking']);
  });

  test('dead letters and repaired queues add up over instances, and over the processes that had the name of one', () => {
    const board = new PresenceBoard(() => undefined);
    board.post(presence('a', 'ready', { deadLetters: 1 }));
    board.post(presence('a', 'ready', { deadLetters: 3 }));
    board.post(presence('b', 'ready', { deadLetters: 2 }));
    expect(board.deadLetters).toBe(5);
    board.post(presence('b', 'ready', { deadLetters: 2, repairedQueues: 2 }));
    expect(board.repairedQueues).toBe(2);
    board.post(presence('b', 'ready', { session: 'second of b', deadLetters: 0 }));
    expect([board.deadLetters, board.repairedQueues]).toEqual([5, 2]);
    board.post(presence('b', 'ready', { session: 'second of b', deadLetters: 4, repairedQueues: 1 }));
    expect([board.deadLetters, board.repairedQueues]).toEqual([9, 3]);
  });

  test('what workers were used for is what each process last said, and is waited for until all of them have spoken', async () => {
    let now = 1_000;
    const board = new PresenceBoard(
      () => undefined,
      () => now,
    );
    const worker = (woken: number) => ({ servers: 2, woken, switched: 0, busyMicros: 5, queueLocks: {} });
    board.post(presence('a', 'ready', { worker: worker(1) }));
    board.post(presence('b', 'ready', { worker: worker(2) }));
    board.post(presence('c', 'ready'));
    let heard = false;
    now = 1_500;
    void board.workersHeard().then(() => (heard = true));
    now = 2_000;
    board.post(presence('a', 'ready', { worker: worker(3) }));
    board.post(presence('c', 'ready'));
    await Promise.resolve();
    expect(heard).toBe(false);
    board.post(presence('b', 'ready', { worker: worker(4) }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toBe(true);
    expect(board.workers.map(({ instance, woken }) => [instance, woken])).toEqual([
      ['a', 3],
      ['b', 4],
    ]);
  });
});
