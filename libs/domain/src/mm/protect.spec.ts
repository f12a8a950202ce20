import type { AnyMmEvent } from './shard';
import { installs, kinds, MM, PASID, R, RW, removals, ShardHost, W, X } from './mm.testkit';
import type { PageRestricted } from './events';
import { pagesInQuarantine } from './invalidation';
import { countMm } from './stats';

function protect(host: ShardHost, start: number, end: number, permissions: number): readonly AnyMmEvent[] {
  return host.send({ kind: 'ProtectVma', mm: MM, start, end, permissions });
}

function restrictions(events: readonly AnyMmEvent[]): PageRestricted[] {
  return events.filter((event): event is PageRestricted => event.kind === 'PageRestricted');
}

describe('mprotect to fewer rights', () => {
  test('R122 restricts installed pages in place, before their area, and leaves pages that grant no more', () => {
    const host = ShardHost.withAnonymous();
    const [written] = installs(host.fault(3, W));
    host.fault(4, R);
    host.fault(900, W);
    expect(protect(host, 0, 10, R | X)).toEqual([
      { kind: 'PageRestricted', mm: MM, page: 3, frame: written?.frame, permissions: R | X },
      { kind: 'VmaProtected', mm: MM, start: 0, end: 10, permissions: R | X },
    ]);
    expect(host.shown(3)).toBe(written?.frame);
    expect(countMm(host.state)).toMatchObject({ invalidationsOpen: 1, framesQuarantined: 0, framesUsed: 2 });
  });

  test('R111 a fault for a right that was taken is INVALID at once, one for what is left is spurious', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, W);
    protect(host, 0, 10, R);
    host.fault(3, W);
    expect(host.lastResult?.members[0]?.error).toBe('permission');
    host.fault(3, R);
    expect(host.lastResult?.members[0]?.resolution).toBe('spurious');
  });

  test('all rights may go: the page stays, and grants nothing', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, W);
    expect(restrictions(protect(host, 3, 4, 0))).toMatchObject([{ page: 3, permissions: 0 }]);
    expect(host.shown(3)).toBeDefined();
    host.fault(3, R);
    expect(host.lastResult?.members[0]?.error).toBe('permission');
  });

  test('I7 rights that come back are granted only when nobody has the old ones any more', () => {
    const host = ShardHost.withAnonymous();
    const [written] = installs(host.fault(3, W));
    const gone = restrictions(protect(host, 0, 10, R));
    protect(host, 0, 10, RW);
    expect(kinds(host.fault(3, W))).toEqual([]);
    expect(countMm(host.state).runsParked).toBe(1);
    expect(kinds(host.invalidate(gone))).toEqual(['PageInvalidated']);
    expect(installs(host.drain())).toMatchObject([
      { cause: 'upgrade', frame: written?.frame, permissions: RW },
    ]);
  });

  test('D3 a frame is free only when the invalidations of its restrictions and of its removal are all complete', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, W);
    const all = [
      ...restrictions(protect(host, 0, 10, RW)),
      ...restrictions(protect(host, 0, 10, R)),
      ...removals(host.send({ kind: 'UnmapVma', mm: MM, start: 0, end: 10 })),
    ];
    expect(all).toHaveLength(3);
    expect(pagesInQuarantine(host.state)).toHaveLength(3);
    expect(countMm(host.state)).toMatchObject({ framesQuarantined: 1, invalidationsOpen: 3 });
    expect(kinds(host.invalidate(all.slice(0, 1)))).toEqual(['PageInvalidated']);
    expect(kinds(host.invalidate(all.slice(1)))).toEqual(['PageInvalidated', 'FrameFreed']);
    expect(host.invalidate(all)).toEqual([]);
    expect(countMm(host.state)).toMatchObject({ framesQuarantined: 0, invalidationsOpen: 0, framesFree: 64 });
  });

  test('the shared zero page is restricted entry by entry', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    host.fault(4, R);
    const gone = restrictions(protect(host, 3, 4, R));
    expect(gone).toMatchObject([{ page: 3, frame: 0, permissions: R }]);
    expect(kinds(host.invalidate(gone))).toEqual(['PageInvalidated']);
    expect(countMm(host.state).invalidationsOpen).toBe(0);
  });

  test('R121 a write that has to copy waits for a restriction first, and then breaks the entry', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    const gone = restrictions(protect(host, 0, 10, RW));
    expect(gone).toHaveLength(1);
    expect(kinds(host.fault(3, W))).toEqual([]);
    host.invalidate(gone);
    const broken = removals(host.drain());
    expect(broken).toMatchObject([{ cause: 'copy-on-write' }]);
    host.invalidate(broken);
    expect(installs(host.drain())).toMatchObject([{ cause: 'copy-on-write', permissions: RW }]);
  });
});

describe('mprotect to more rights', () => {
  test('R125 changes nothing installed: the next fault upgrades', () => {
    const host = ShardHost.withAnonymous({}, R);
    const [read] = installs(host.fault(3, R));
    expect(kinds(protect(host, 0, 10, RW | X))).toEqual(['VmaProtected']);
    expect(installs(host.fault(3, X))).toMatchObject([
      { cause: 'upgrade', frame: read?.frame, permissions: R | X },
    ]);
  });

  test('R7 a page that was written stays writable when a read raises it', () => {
    const host = ShardHost.withAnonymous({}, W);
    host.fault(3, W);
    protect(host, 0, 10, RW);
    expect(installs(host.fault(3, R))).toMatchObject([{ cause: 'upgrade', permissions: RW }]);
    host.fault(3, RW);
    expect(host.lastResult?.members[0]?.resolution).toBe('spurious');
  });

  test('the same rights again change nothing, and neither does a range without areas', () => {
    const host = ShardHost.withAnonymous();
    expect(protect(host, 0, 10, R | W | X)).toEqual([]);
    expect(protect(host, 5000, 5010, R)).toEqual([]);
  });

  test('areas are cut at the ends of the range', () => {
    const host = ShardHost.withArea('file-shared');
    protect(host, 10, 20, R);
    expect(host.state.durable.spaces.get(MM)?.vmas).toMatchObject([
      { start: 0, end: 10, permissions: 7, filePage: 100 },
      { start: 10, end: 20, permissions: R, filePage: 110 },
      { start: 20, end: 1000, permissions: 7, filePage: 120 },
    ]);
  });

  test('an mm that is gone has no rights to change', () => {
    const host = ShardHost.withAnonymous();
    expect(() => protect(host, 5, 5, R)).toThrow(/range-invalid/);
    host.send({ kind: 'ExitAddressSpace', mm: MM });
    expect(() => protect(host, 0, 10, R)).toThrow(/mm-exited/);
  });
});

test('a run that waits for a copy ends INVALID when the right to write goes meanwhile, and gives its frame back', () => {
  const host = ShardHost.withAnonymous({ frames: 1 });
  host.fault(3, R);
  const run = host.open([3], W, PASID);
  const broken = removals(host.drain());
  protect(host, 0, 10, R);
  host.invalidate(broken);
  host.drain();
  expect(host.resultOf(run)?.members[0]?.error).toBe('permission');
  expect(installs(host.fault(900, W))).toHaveLength(1);
});
