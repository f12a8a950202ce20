import { given } from '../kernel/decider.testkit';
import { MmCommandRefused } from './errors';
import type { MmEvent } from './events';
import { MM, PASID, R, RW, ShardHost, W, removals } from './mm.testkit';
import { createMmShard } from './shard';
import { countMm } from './stats';

const shard = createMmShard({ shard: 2, frames: 16 });
const created: MmEvent[] = [{ kind: 'AddressSpaceCreated', mm: MM }];
const bound: MmEvent[] = [
  ...created,
  { kind: 'MmPasidBound', pasid: PASID, mm: MM, generation: 1, replaces: false },
];
const area = {
  mm: MM,
  start: 10,
  end: 20,
  permissions: RW,
  backing: 'file-shared',
  file: 3,
  filePage: 50,
} as const;
const mapped: MmEvent[] = [...bound, { kind: 'VmaMapped', ...area }];

describe('owner', () => {
  test('D5 an owner begins with its epoch, which only grows', () => {
    given(shard)
      .when({ kind: 'BeginEpoch', epoch: 4 })
      .then([{ kind: 'MmOwnerChanged', shard: 2, epoch: 4 }])
      .whenRefused({ kind: 'BeginEpoch', epoch: 4 })
      .thenThrows(/stale-epoch/);
  });

  test('a new owner has no run of the one before', () => {
    const host = ShardHost.withAnonymous();
    host.open([1], W);
    host.send({ kind: 'BeginEpoch', epoch: 1 });
    expect(host.drain()).toEqual([]);
    expect(countMm(host.state).runsOpen).toBe(0);
  });
});

describe('PASIDs', () => {
  test('D2 the generation counts the uses of a PASID', () => {
    given(shard, created)
      .when({ kind: 'BindPasid', pasid: PASID, mm: MM })
      .then([{ kind: 'MmPasidBound', pasid: PASID, mm: MM, generation: 1, replaces: false }])
      .when({ kind: 'UnbindPasid', pasid: PASID })
      .then([{ kind: 'MmPasidUnbound', pasid: PASID, generation: 1 }])
      .when({ kind: 'BindPasid', pasid: PASID, mm: MM })
      .then([{ kind: 'MmPasidBound', pasid: PASID, mm: MM, generation: 2, replaces: false }]);
  });

  test('R92 a second bind of the same pair changes nothing, one of another mm is refused', () => {
    given(shard, [...bound, { kind: 'AddressSpaceCreated', mm: 9 }])
      .when({ kind: 'BindPasid', pasid: PASID, mm: MM })
      .then([])
      .whenRefused({ kind: 'BindPasid', pasid: PASID, mm: 9 })
      .thenThrows(MmCommandRefused);
  });

  test('unbinding what is not bound changes nothing', () => {
    given(shard, created).when({ kind: 'UnbindPasid', pasid: PASID }).then([]);
  });

  test('a PASID has 20 bits, and its mm has to live', () => {
    given(shard, created)
      .whenRefused({ kind: 'BindPasid', pasid: 0x10_0000, mm: MM })
      .thenThrows(/pasid-invalid/);
    given(shard, created)
      .whenRefused({ kind: 'BindPasid', pasid: 1, mm: 99 })
      .thenThrows(/mm-unknown/);
    given(shard, [...created, { kind: 'AddressSpaceExited', mm: MM }])
      .whenRefused({ kind: 'BindPasid', pasid: 1, mm: MM })
      .thenThrows(/mm-exited/);
  });
});

describe('R105 another mm takes a PASID over', () => {
  const other: MmEvent[] = [...bound, { kind: 'AddressSpaceCreated', mm: 9 }];

  test('D2 with the next generation, and without an unbind', () => {
    given(shard, other)
      .when({ kind: 'RebindPasid', pasid: PASID, mm: 9 })
      .then([{ kind: 'MmPasidBound', pasid: PASID, mm: 9, generation: 2, replaces: true }])
      .when({ kind: 'RebindPasid', pasid: PASID, mm: 9 })
      .thenLike([{ kind: 'MmPasidBound', mm: 9, generation: 3, replaces: true }]);
  });

  test('D2 requests made before are INVALID, whatever they wait for', () => {
    const host = ShardHost.withAnonymous({ frames: 1 });
    host.send({ kind: 'CreateAddressSpace', mm: 9 });
    host.map(9, 0, 1000, 'anonymous');
    host.fault(1, W);
    const waiting = host.open([2], W);
    const taken = removals(host.drain());
    host.send({ kind: 'RebindPasid', pasid: PASID, mm: 9 });
    host.invalidate(taken);
    host.drain();
    expect(host.resultOf(waiting)?.members[0]?.error).toBe('generation');
    const later = host.open([2], R, PASID, 2);
    host.drain();
    expect(host.resultOf(later)?.code).toBe(0);
    expect(host.shown(2, 9)).toBe(0);
  });

  test('a PASID that names nothing has nothing to be replaced, and the mm has to live', () => {
    given(shard, other)
      .whenRefused({ kind: 'RebindPasid', pasid: 1, mm: 9 })
      .thenThrows(/pasid-free/);
    given(shard, [...other, { kind: 'AddressSpaceExited', mm: 9 }])
      .whenRefused({ kind: 'RebindPasid', pasid: PASID, mm: 9 })
      .thenThrows(/mm-exited/);
  });
});

describe('areas', () => {
  test('an area over an existing one is refused, beside it is not', () => {
    const start = given(shard, mapped);
    for (const [from, to] of [
      [5, 11],
      [19, 30],
      [12, 13],
      [0, 100],
    ] as const) {
      start.whenRefused({ kind: 'MapVma', ...area, start: from, end: to }).thenThrows(/range-taken/);
    }
    start
      .when({ kind: 'MapVma', ...area, start: 5, end: 10 })
      .thenLike([{ kind: 'VmaMapped', start: 5, end: 10 }])
      .when({ kind: 'MapVma', ...area, start: 20, end: 21 })
      .thenLike([{ kind: 'VmaMapped', start: 20, end: 21 }]);
  });

  test('anonymous memory has no file, and areas no privileged bit', () => {
    given(shard, bound)
      .when({ kind: 'MapVma', ...area, backing: 'anonymous', permissions: 15 })
      .thenLike([{ kind: 'VmaMapped', file: 0, filePage: 0, permissions: 7 }]);
  });

  test.each([
    [5, 5],
    [6, 5],
    [-1, 5],
    [0.5, 5],
    [0, 2 ** 52 + 1],
  ])('a range [%d, %d) is refused', (start, end) => {
    given(shard, bound)
      .whenRefused({ kind: 'MapVma', ...area, start, end })
      .thenThrows(/range-invalid/);
  });

  test('unmapping the middle of an area leaves its two ends, showing the same file pages', () => {
    given(shard, mapped)
      .when({ kind: 'UnmapVma', mm: MM, start: 13, end: 15 })
      .then([{ kind: 'VmaUnmapped', mm: MM, start: 13, end: 15 }])
      .thenState((state) => {
        expect(state.durable.spaces.get(MM)?.vmas).toMatchObject([
          { start: 10, end: 13, filePage: 50 },
          { start: 15, end: 20, filePage: 55 },
        ]);
      });
  });

  test('unmapping where nothing is changes nothing', () => {
    given(shard, mapped).when({ kind: 'UnmapVma', mm: MM, start: 20, end: 30 }).then([]);
  });

  test('R122 unmapping removes the pages first, in order, and their frames are in quarantine', () => {
    const host = ShardHost.withAnonymous();
    for (const page of [5, 3, 4, 9]) host.fault(page, W);
    const events = host.send({ kind: 'UnmapVma', mm: MM, start: 3, end: 6 });
    expect(events).toMatchObject([
      { kind: 'PageRemoved', page: 3, cause: 'unmap', swapped: false },
      { kind: 'PageRemoved', page: 4 },
      { kind: 'PageRemoved', page: 5 },
      { kind: 'VmaUnmapped', start: 3, end: 6 },
    ]);
    expect(countMm(host.state)).toMatchObject({ framesQuarantined: 3, framesUsed: 1 });
    host.invalidate(removals(events));
    expect(countMm(host.state)).toMatchObject({ framesQuarantined: 0, framesUsed: 1 });
  });

  test('R122 a page mapped again waits until its old translation is gone', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, W);
    const events = host.send({ kind: 'UnmapVma', mm: MM, start: 3, end: 4 });
    host.map(MM, 3, 4, 'anonymous', R);
    expect(host.fault(3, R)).toEqual([]);
    host.invalidate(removals(events));
    expect(host.drain()).toMatchObject([{ kind: 'PageInstalled', page: 3, permissions: R }, {}, {}]);
  });

  test('a removed entry is completed once, and an unknown one never', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, W);
    const [removal] = removals(host.send({ kind: 'UnmapVma', mm: MM, start: 3, end: 4 }));
    if (removal === undefined) throw new Error('nothing was removed');
    expect(host.invalidate([{ ...removal, frame: 40 }])).toEqual([]);
    expect(host.invalidate([removal, removal])).toEqual([
      { kind: 'FrameFreed', frame: removal.frame, mm: MM, page: 3 },
    ]);
    expect(host.invalidate([removal])).toEqual([]);
  });
});

describe('exit', () => {
  test('R101 exit removes all pages, then ends the mm, once', () => {
    const host = ShardHost.withAnonymous();
    host.fault(4, R);
    host.fault(3, W);
    const events = host.send({ kind: 'ExitAddressSpace', mm: MM });
    expect(events).toMatchObject([
      { kind: 'PageRemoved', page: 3, cause: 'exit' },
      { kind: 'PageRemoved', page: 4, cause: 'exit' },
      { kind: 'AddressSpaceExited', mm: MM },
    ]);
    expect(host.send({ kind: 'ExitAddressSpace', mm: MM })).toEqual([]);
    host.invalidate(removals(events));
    expect(countMm(host.state)).toMatchObject({ framesFree: 64, invalidationsOpen: 0 });
  });

  test('the number of an mm is not used twice', () => {
    given(shard, created)
      .whenRefused({ kind: 'CreateAddressSpace', mm: MM })
      .thenThrows(/mm-exists/);
    given(shard, created)
      .whenRefused({ kind: 'ExitAddressSpace', mm: 99 })
      .thenThrows(/mm-unknown/);
  });

  test('R101 a run in flight ends INVALID', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    const run = host.open([3], RW);
    const broken = removals(host.drain());
    host.send({ kind: 'ExitAddressSpace', mm: MM });
    host.invalidate(broken);
    host.drain();
    expect(host.resultOf(run)?.members).toEqual([{ resolution: 'invalid', error: 'not-bound' }]);
    expect(host.state.volatile.reserved).toBe(0);
  });
});
