import { entryFrame, entryPermissions, NO_ENTRY } from '../kernel/page-entry';
import type { MmEvent } from '../mm/events';
import { foldMm } from './iommu';
import { testIommu } from './iommu.testkit';
import { createReplica, evolvePosition, evolveReplica, firstUnreached, walk } from './replica';

const installed = (page: number, frame: number): MmEvent => ({
  kind: 'PageInstalled',
  mm: 4,
  page,
  frame,
  permissions: 7,
  cause: 'file',
  major: true,
  prefetched: false,
});

describe('the page-table replica', () => {
  it('R120 shows what the shards have installed, the largest numbers included', () => {
    const replica = createReplica(1);
    evolveReplica(replica, installed(2 ** 52 - 1, 2 ** 44));
    const entry = walk(replica, 4, 2 ** 52 - 1);
    expect([entryFrame(entry), entryPermissions(entry)]).toEqual([2 ** 44, 7]);
    expect(walk(replica, 4, 1)).toBe(NO_ENTRY);
  });

  it('R122 forgets removed pages, and R101 a whole mm when it exits', () => {
    const replica = createReplica(1);
    evolveReplica(replica, installed(1, 10));
    evolveReplica(replica, installed(2, 20));
    evolveReplica(replica, {
      kind: 'PageRemoved',
      mm: 4,
      page: 1,
      frame: 10,
      cause: 'unmap',
      swapped: false,
    });
    expect(walk(replica, 4, 1)).toBe(NO_ENTRY);
    expect(walk(replica, 4, 2)).not.toBe(NO_ENTRY);
    evolveReplica(replica, { kind: 'AddressSpaceExited', mm: 4 });
    expect(walk(replica, 4, 2)).toBe(NO_ENTRY);
  });

  it('R122 shows what is left of a restricted page, which may be nothing', () => {
    const replica = createReplica(1);
    evolveReplica(replica, installed(1, 10));
    const restricted = { kind: 'PageRestricted', mm: 4, page: 1, frame: 10 } as const;
    evolveReplica(replica, { ...restricted, permissions: 1 });
    expect(entryPermissions(walk(replica, 4, 1))).toBe(1);
    evolveReplica(replica, { ...restricted, permissions: 0 });
    expect(entryPermissions(walk(replica, 4, 1))).toBe(0);
  });

  it('D8 positions only go on', () => {
    const replica = createReplica(2);
    evolvePosition(replica, 1, 8);
    evolvePosition(replica, 1, 3);
    expect(firstUnreached(replica, [{ shard: 1, sequence: 8 }])).toBeUndefined();
    expect(
      firstUnreached(replica, [
        { shard: 1, sequence: 8 },
        { shard: 0, sequence: 1 },
      ]),
    ).toEqual({
      shard: 0,
      sequence: 1,
    });
  });
});

describe('an IOMMU whose devices work for some address spaces only', () => {
  const folded = (reach: ReadonlySet<number> | null) => {
    const state = testIommu({ reach }).initial();
    foldMm(state, installed(1, 10));
    foldMm(state, { ...installed(1, 20), mm: 5 } as MmEvent);
    return [...state.volatile.replica.tables.keys()];
  };

  it('R120 has the page tables of these, and of all where nothing is said', () => {
    expect([folded(new Set([5])), folded(null)]).toEqual([[5], [4, 5]]);
  });
});

describe('a replica at its beginning', () => {
  it('D8 has reached nothing of any shard', () => {
    expect(createReplica(2).positions).toEqual([0, 0]);
  });

  it('R122 has nothing to forget of an mm that it never heard of', () => {
    const replica = createReplica(1);
    const removed = {
      kind: 'PageRemoved',
      mm: 4,
      page: 1,
      frame: 10,
      cause: 'unmap',
      swapped: false,
    } as const;
    evolveReplica(replica, removed);
    expect(walk(replica, 4, 1)).toBe(NO_ENTRY);
  });
});
