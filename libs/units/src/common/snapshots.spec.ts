import { FAULTLINE_VERSION, NEWEST_FORMAT } from '@faultline/contracts';
import { isLoss, KvLost, UnitOutpaced, UnitClosed, UnitHost, UnitJournal } from '@faultline/hosting';
import { eventually } from '../../../hosting/src/testkit/eventually.testkit';
import { MemoryUnitPorts } from '../testkit/memory-unit.testkit';
import { own } from './own';
import { SnapshotIndex } from './snapshot-index';
import { HistoryTrimmed, Snapshots } from './snapshots';

interface Counted {
  counts: Map<string, number>;
}
type Command = { kind: 'Add'; name: string };

const SUBJECT = 'lab.log.test';

function snapshotsOf(
  ports: MemoryUnitPorts,
  { unit = 'iommu.0', stateVersion = 1, readUpTo = (): number => 7 } = {},
): Snapshots<Counted, Counted> {
  return new Snapshots<Counted, Counted>(ports, {
    unit,
    stateVersion,
    subjects: [SUBJECT],
    capture: (state) => state,
    followed: () => [['lab.log.other', readUpTo()]],
  });
}

function setUp(ports = new MemoryUnitPorts(), snapshotEvents = 3, epoch = 4) {
  ports.config.snapshotEvents = snapshotEvents;
  const snapshots = snapshotsOf(ports);
  const journal = new UnitJournal(ports.log, ports.clock, 'iommu.0', epoch, 'owner');
  const host: UnitHost<Counted, Command, Command> = new UnitHost<Counted, Command, Command>(
    {
      decider: {
        initial: () => ({ counts: new Map() }),
        decide: (_state, command) => [command],
        evolve: (state, { name }) => {
          state.counts.set(name, (state.counts.get(name) ?? 0) + 1);
          return state;
        },
      },
      isDurable: () => true,
      messages: () => [[{ subject: SUBJECT, schema: { name: 'test', version: 1 }, body: new Uint8Array(1) }]],
      released: (_events, durable) => snapshots.count(durable, host, journal),
    },
    journal,
    ports.clock,
    () => undefined,
  );
  const add = async (name: string): Promise<void> => {
    const added = host.settle([{ kind: 'Add', name }]);
    ports.clock.advance(1);
    await added;
    ports.clock.advance(1);
  };
  return { ports, snapshots, journal, host, add };
}

/** Whether there is a snapshot; the unit gets its turn meanwhile. */
async function stored(ports: MemoryUnitPorts): Promise<boolean> {
  ports.clock.advance(1);
  return (await new SnapshotIndex(ports.snapshotIndex).get('iommu.0')) !== undefined;
}

/** Makes the state of its unit as large as about five events. */
const LARGE = 'a'.repeat(5 * 64);

/** Where the log stood, for each snapshot that is encoded from now on. */
function takenIn({ states }: MemoryUnitPorts): number[] {
  const { encode } = states;
  const taken: number[] = [];
  states.encode = (state) => {
    taken.push((state as { sequence: number }).sequence);
    return encode.call(states, state);
  };
  return taken;
}

describe('snapshots', () => {
  it('are taken after so many events, with where the log then stood, and hold no later event', async () => {
    const { ports, snapshots, add } = setUp();
    for (const name of ['a', 'b']) await add(name);
    expect(await snapshots.load()).toBeUndefined();
    await add('b');
    await eventually('the snapshot', () => stored(ports));
    await add('c');
    expect(await snapshots.load()).toMatchObject({
      sequence: 3,
      epoch: 4,
      state: {
        counts: new Map([
          ['a', 1],
          ['b', 2],
        ]),
      },
    });
  });

  it('of a large state are taken less often, since each costs by its size', async () => {
    const { ports, add } = setUp(undefined, 2);
    const taken = takenIn(ports);
    for (const name of [LARGE, 'b']) await add(name);
    await eventually('the first one', () => stored(ports));
    // Five events are waited for, for its size, and a part of one, for what it holds itself.
    for (const name of 'cdefg') await add(name);
    expect(taken).toEqual([2]);
    for (const name of 'hij') await add(name);
    expect(taken).toEqual([2, 8]);
  });

  it('of a large state are not taken more often by the next owner', async () => {
    const first = setUp(undefined, 2);
    const { ports } = first;
    for (const name of [LARGE, 'b']) await first.add(name);
    await eventually('the snapshot', () => stored(ports));
    const taken = takenIn(ports);
    const next = setUp(ports, 2, 5);
    await next.snapshots.load();
    next.journal.follow(SUBJECT, 2);
    for (const name of 'cdefg') await next.add(name);
    expect(taken).toEqual([]);
    for (const name of 'hi') await next.add(name);
    expect(taken).toEqual([8]);
  });

  it('D13 of a unit that only reads on, and writes nothing, let go of what it has read', async () => {
    const { ports, journal, host } = setUp();
    host.close();
    let readUpTo = 7;
    const snapshots = snapshotsOf(ports, { readUpTo: () => readUpTo });
    const index = new SnapshotIndex(ports.snapshotIndex);
    for (readUpTo of [100, 200, 300]) {
      await snapshots.takeLast(host, journal);
      expect((await index.get('iommu.0'))?.read).toEqual({ [SUBJECT]: 0, 'lab.log.other': readUpTo });
    }
    expect(await ports.snapshots.names('')).toHaveLength(1);
  });

  it('are taken when the unit is handed over, and not when it broke or was lost', async () => {
    const { snapshots, journal, host, add } = setUp(undefined, 1_000);
    await add('a');
    await snapshots.takeLast(host, journal);
    expect(await snapshots.load()).toBeUndefined();
    host.close();
    await host.settled();
    await expect(host.settle([{ kind: 'Add', name: 'late' }])).rejects.toBeInstanceOf(UnitClosed);
    await snapshots.takeLast(host, journal);
    expect(await snapshots.load()).toMatchObject({ sequence: 1, state: { counts: new Map([['a', 1]]) } });
  });

  it('of another version of the state, of another unit, or damaged, are thrown away', async () => {
    const { ports, snapshots, add } = setUp(undefined, 1);
    await add('a');
    await eventually('the snapshot', () => stored(ports));
    expect(await snapshotsOf(ports, { stateVersion: 2 }).load()).toBeUndefined();
    const index = new SnapshotIndex(ports.snapshotIndex);
    const entry = await index.get('iommu.0');
    if (!entry) throw new Error('there is no entry');
    await index.advance({ ...entry, unit: 'iommu.1' });
    expect(await snapshotsOf(ports, { unit: 'iommu.1' }).load()).toBeUndefined();
    await ports.snapshots.put(entry.blob, new Uint8Array([1, 2, 3]));
    expect(await snapshots.load()).toBeUndefined();
    await ports.snapshots.delete(entry.blob);
    expect(await snapshots.load()).toBeUndefined();
  });

  it('are none where somebody deleted the index, which is no reason not to begin', async () => {
    const { ports, add, snapshots } = setUp(undefined, 1);
    await add('a');
    await eventually('the snapshot', () => stored(ports));
    ports.snapshotIndex.get = () => Promise.reject(new KvLost('SNAPSHOT_INDEX', 'it is not there'));
    expect(await snapshots.load()).toBeUndefined();
  });

  it('say in the index up to where a new owner needs nothing of the log any more', async () => {
    const { ports, add } = setUp(undefined, 2);
    for (const name of ['a', 'b']) await add(name);
    await eventually('the snapshot', () => stored(ports));
    const [entry] = [...(await new SnapshotIndex(ports.snapshotIndex).all()).values()];
    expect(entry).toMatchObject({
      unit: 'iommu.0',
      read: { [SUBJECT]: 2, 'lab.log.other': 7 },
      madeBy: FAULTLINE_VERSION,
    });
  });

  it('leave one blob a unit behind them, also after an owner that died in between', async () => {
    const { ports, add, snapshots } = setUp(undefined, 1);
    await ports.snapshots.put('iommu.0/3/99', new Uint8Array(1));
    await ports.snapshots.put('iommu.00/1/1', new Uint8Array(1));
    for (const [place, name] of ['a', 'b', 'c'].entries()) {
      await add(name);
      await eventually(`snapshot ${place + 1}`, async () => {
        ports.clock.advance(1);
        return (await snapshots.load())?.sequence === place + 1;
      });
    }
    await eventually('the blobs', async () => {
      ports.clock.advance(1);
      const [name, ...others] = await ports.snapshots.names('iommu.0/');
      return name?.startsWith('iommu.0/4/') && others.length === 0;
    });
    expect(await snapshots.load()).toMatchObject({ sequence: 3 });
    expect(await ports.snapshots.names('iommu.00/')).toEqual(['iommu.00/1/1']);
  });

  it('D13 of an owner that was frozen while it stored one do not replace those of the next owner', async () => {
    const ports = new MemoryUnitPorts();
    const late = setUp(ports, 1_000, 4);
    const next = setUp(ports, 1_000, 5);
    next.host.close();
    await next.snapshots.takeLast(next.host, next.journal);
    late.host.close();
    await late.snapshots.takeLast(late.host, late.journal);
    expect(await late.snapshots.load()).toMatchObject({ epoch: 5 });
    expect(await ports.snapshots.names('')).toEqual(['iommu.0/5/1']);
  });
});

describe('snapshots while instances of the version before are there', () => {
  it('are not stored when those could not use them: they could not take over behind a log that was trimmed', async () => {
    const ports = new MemoryUnitPorts();
    ports.config.format = { ...ports.config.format, states: { ...ports.config.format.states, iommu: 0 } };
    const { snapshots, journal, host, add } = setUp(ports, 1);
    await add('a');
    host.close();
    await host.settled();
    await snapshots.takeLast(host, journal);
    expect(await ports.snapshots.names('')).toEqual([]);
    ports.config.format = NEWEST_FORMAT;
    await snapshots.takeLast(host, journal);
    expect(await ports.snapshots.names('')).toHaveLength(1);
  });
});

describe('D13 a unit whose history was trimmed', () => {
  const ownIt = (ports: MemoryUnitPorts, snapshots: Snapshots<Counted, Counted>): Promise<unknown> =>
    own(ports, {
      unit: 'iommu.0',
      subjects: [SUBJECT],
      pattern: SUBJECT,
      from: { sequence: 0, epoch: 0 },
      snapshots,
      fold: () => undefined,
      begin: () => [],
    });

  async function trimmed(): Promise<MemoryUnitPorts> {
    const { ports, add } = setUp(undefined, 4);
    for (const name of ['a', 'b', 'c', 'd']) await add(name);
    await eventually('the snapshot', () => stored(ports));
    await ports.log.trim(new Map([[SUBJECT, 4]]));
    return ports;
  }

  it('is not begun anew by a version that cannot use its snapshot: it says which version can', async () => {
    const ports = await trimmed();
    const index = new SnapshotIndex(ports.snapshotIndex);
    const entry = await index.get('iommu.0');
    if (!entry) throw new Error('there is no entry');
    const blob = (await ports.snapshots.get(entry.blob)) ?? new Uint8Array(0);
    await ports.snapshots.put('iommu.0/5/1', blob);
    await index.advance({ ...entry, blob: 'iommu.0/5/1', epoch: 5, madeBy: '0.0.9' });
    const snapshots = snapshotsOf(ports, { stateVersion: 2 });
    expect(await snapshots.load()).toBeUndefined();
    const refusal = await ownIt(ports, snapshots).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(HistoryTrimmed);
    expect(String(refusal)).toMatch(
      /iommu\.0 cannot be recovered: the log was trimmed, and its snapshot is of version 1 of the state, this Faultline has 2: let Faultline 0\.0\.9 go on until the run has ended/,
    );
  });

  it('is not begun anew without its snapshot either', async () => {
    const ports = await trimmed();
    await ports.snapshots.delete((await ports.snapshots.names(''))[0] ?? '');
    const snapshots = snapshotsOf(ports);
    expect(await snapshots.load()).toBeUndefined();
    await expect(ownIt(ports, snapshots)).rejects.toThrow(
      /the object store does not have it.*begin another laboratory/,
    );
  });

  it('is left to the owner that took a snapshot since', async () => {
    const ports = await trimmed();
    const snapshots = snapshotsOf(ports);
    await snapshots.load();
    const index = new SnapshotIndex(ports.snapshotIndex);
    const entry = await index.get('iommu.0');
    if (entry) await index.advance({ ...entry, epoch: 9, blob: 'iommu.0/9/9' });
    const refusal = await ownIt(ports, snapshots).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(UnitOutpaced);
    expect(isLoss(refusal)).toBe(true);
  });
});
