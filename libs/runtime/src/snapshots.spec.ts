import { UnitClosed, UnitHost, UnitJournal } from '@faultline/hosting';
import { eventually } from '../../hosting/src/testkit/eventually.testkit';
import { MemoryServicePorts } from './memory-service.testkit';
import { Snapshots } from './snapshots';

interface Counted {
  counts: Map<string, number>;
}
type Command = { kind: 'Add'; name: string };

function setUp(ports = new MemoryServicePorts(), snapshotEvents = 3) {
  ports.config.snapshotEvents = snapshotEvents;
  const snapshots = new Snapshots<Counted>(ports, 'iommu.0', 1);
  const journal = new UnitJournal(ports.log, ports.clock, 'iommu.0', 4, 'owner');
  const capture = (state: Counted): Counted => state;
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
      messages: () => [
        [{ subject: 'lab.log.test', schema: { name: 'test', version: 1 }, body: new Uint8Array(1) }],
      ],
      released: (events) => snapshots.count(events.length, host, journal, capture),
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
  return { ports, snapshots, journal, host, add, capture };
}

/** Whether there is a snapshot; the unit gets its turn meanwhile. */
async function stored(ports: MemoryServicePorts): Promise<boolean> {
  ports.clock.advance(1);
  return (await ports.snapshots.get('iommu.0')) !== undefined;
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

  it('are taken when the unit is handed over, and not when it broke or was lost', async () => {
    const { snapshots, journal, host, add, capture } = setUp(undefined, 1_000);
    await add('a');
    await snapshots.takeLast(host, journal, capture);
    expect(await snapshots.load()).toBeUndefined();
    host.close();
    await host.settled();
    await expect(host.settle([{ kind: 'Add', name: 'late' }])).rejects.toBeInstanceOf(UnitClosed);
    await snapshots.takeLast(host, journal, capture);
    expect(await snapshots.load()).toMatchObject({ sequence: 1, state: { counts: new Map([['a', 1]]) } });
  });

  it('of another version of the state, of another unit, or damaged, are thrown away', async () => {
    const { ports, snapshots, add } = setUp(undefined, 1);
    await add('a');
    await eventually('the snapshot', () => stored(ports));
    expect(await new Snapshots<Counted>(ports, 'iommu.0', 2).load()).toBeUndefined();
    const blob = await ports.snapshots.get('iommu.0');
    await ports.snapshots.put('iommu.1', blob ?? new Uint8Array(0));
    expect(await new Snapshots<Counted>(ports, 'iommu.1', 1).load()).toBeUndefined();
    await ports.snapshots.put('iommu.0', new Uint8Array([1, 2, 3]));
    expect(await snapshots.load()).toBeUndefined();
  });
});
