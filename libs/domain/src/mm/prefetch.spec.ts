import { installs, kinds, MM, R, removals, RW, ShardHost, W, X } from './mm.testkit';
import { pagesInQuarantine } from './invalidation';
import { countMm } from './stats';
import type { MmEvent } from './events';

const pagesOf = (events: readonly MmEvent[]): number[] => installs(events).map(({ page }) => page);

describe('fault-around', () => {
  test('R120 a read of anonymous memory shows the zero page in the aligned window, and takes no frame', () => {
    const host = ShardHost.withAnonymous({ faultAround: 8 });
    const events = host.fault(13, R);
    expect(pagesOf(events)).toEqual([13, 8, 9, 10, 11, 12, 14, 15]);
    expect(installs(events).map(({ prefetched }) => prefetched)).toEqual([false, ...Array(7).fill(true)]);
    expect(
      installs(events).every(({ cause, permissions }) => cause === 'zero-page' && permissions === 5),
    ).toBe(true);
    expect(countMm(host.state)).toMatchObject({ framesUsed: 0, pagesPrefetched: 7 });
    host.fault(9, R);
    expect(host.lastResult?.members[0]?.resolution).toBe('spurious');
  });

  test('what comes along stands before the result of the member', () => {
    const host = ShardHost.withAnonymous({ faultAround: 2 });
    host.open([4], R);
    expect(kinds(host.drain())).toEqual(['PageInstalled', 'PageInstalled', 'MemberHandled', 'RunFinished']);
  });

  test('a write maps its page alone', () => {
    expect(pagesOf(ShardHost.withAnonymous({ faultAround: 8 }).fault(13, W))).toEqual([13]);
  });

  test('of a file only cached pages come along: it reads nothing and takes no frame for them', () => {
    const host = ShardHost.withArea('file-shared', { faultAround: 4 });
    host.send({ kind: 'CreateAddressSpace', mm: 8 });
    host.send({ kind: 'BindPasid', pasid: 80, mm: 8 });
    host.map(8, 0, 1000, 'file-shared');
    host.fault(5, R, 80);
    host.fault(7, RW, 80);
    expect(installs(host.fault(6, R))).toMatchObject([
      { page: 6, cause: 'file', major: true, prefetched: false },
      { page: 5, cause: 'file', major: false, prefetched: true, permissions: R | X },
      { page: 7, cause: 'file', major: false, prefetched: true, permissions: R | X },
    ]);
    expect(countMm(host.state).framesUsed).toBe(3);
  });

  test('R110 the window ends where the area ends', () => {
    const host = ShardHost.withAnonymous({ faultAround: 16 });
    host.map(MM, 1000, 1003, 'file-shared');
    host.map(MM, 1004, 1007, 'anonymous');
    expect(pagesOf(host.fault(1005, R))).toEqual([1005, 1004, 1006]);
    host.send({ kind: 'UnmapVma', mm: MM, start: 2, end: 3 });
    expect(pagesOf(host.fault(1, R))).toEqual([1, 0]);
  });

  test('R122 a page under invalidation, or in swap, is left to its own fault', () => {
    const host = ShardHost.withAnonymous({ faultAround: 4, frames: 2 });
    host.fault(1, W);
    host.fault(2, W);
    host.send({ kind: 'ReclaimPages', pages: 1 });
    host.invalidate(pagesInQuarantine(host.state));
    host.send({ kind: 'ReclaimPages', pages: 1 });
    expect(pagesOf(host.fault(3, R))).toEqual([3, 0]);
  });
});

describe('premap', () => {
  test('a write installs the other absent pages of its block, with frames of their own', () => {
    const host = ShardHost.withAnonymous({ premap: 4 });
    const events = installs(host.fault(6, W));
    expect(events).toMatchObject([
      { page: 6, prefetched: false },
      { page: 4, cause: 'zero-fill', permissions: RW | X, prefetched: true },
      { page: 5, prefetched: true },
      { page: 7, prefetched: true },
    ]);
    expect(new Set(events.map(({ frame }) => frame)).size).toBe(4);
    expect(countMm(host.state)).toMatchObject({ framesUsed: 4, pagesPrefetched: 3 });
  });

  test('pages that are there stay as they are', () => {
    const host = ShardHost.withAnonymous({ premap: 4 });
    host.fault(5, R);
    expect(host.state.durable.prefetched).toBe(3);
    expect(pagesOf(host.fault(9, W))).toEqual([9, 8, 10, 11]);
  });

  test('it takes what is free, reclaims nothing and does not wait', () => {
    const host = ShardHost.withAnonymous({ premap: 8, frames: 3 });
    expect(pagesOf(host.fault(6, W))).toEqual([6, 0, 1]);
    expect(removals(host.events)).toEqual([]);
    expect(host.lastResult?.code).toBe(0);
  });

  test('D11 a frame that is kept for others is not free', () => {
    const host = ShardHost.withAnonymous({ premap: 2, frames: 3 });
    host.fault(0, W);
    expect(countMm(host.state).framesFree).toBe(1);
    const left = removals(host.send({ kind: 'MigratePages', mm: MM, start: 0, end: 2 }));
    expect(left).toHaveLength(1);
    const run = host.open([10], W);
    expect(kinds(host.drain())).toEqual(['RunParked']);
    host.invalidate(left);
    expect(pagesOf(host.drain() as MmEvent[])).toEqual([10]);
    expect(host.resultOf(run)?.code).toBe(0);
  });

  test('R115 of a file it reads what is not cached, as one major fault each', () => {
    const host = ShardHost.withArea('file-private', { premap: 2 });
    expect(installs(host.fault(2, R))).toMatchObject([
      { page: 2, cause: 'file', major: true },
      { page: 3, cause: 'file', major: true, prefetched: true },
    ]);
    expect(installs(host.fault(4, W))).toMatchObject([
      { page: 4, cause: 'copy-on-write', permissions: RW | X },
      { page: 5, cause: 'copy-on-write', permissions: RW | X, prefetched: true },
    ]);
  });

  test('with a larger fault-around a read brings its block, and around it what costs no frame', () => {
    const host = ShardHost.withArea('file-shared', { premap: 2, faultAround: 8 });
    host.send({ kind: 'CreateAddressSpace', mm: 8 });
    host.send({ kind: 'BindPasid', pasid: 80, mm: 8 });
    host.map(8, 0, 1000, 'file-shared');
    host.fault(7, RW, 80);
    expect(installs(host.fault(2, R))).toMatchObject([
      { page: 2, major: true },
      { page: 3, major: true, prefetched: true },
      { page: 6, major: false, prefetched: true, permissions: R | X },
      { page: 7, major: false, prefetched: true, permissions: R | X },
    ]);
    expect(countMm(host.state).framesUsed).toBe(4);
  });
});

test.each([0, 3, -4, 1.5, 2 ** 17])('a window of %d pages is refused', (pages) => {
  expect(() => new ShardHost({ premap: pages })).toThrow(/power of two/);
  expect(() => new ShardHost({ faultAround: pages })).toThrow(/power of two/);
});

describe('populating (MAP_POPULATE)', () => {
  const populate = (host: ShardHost, start: number, end: number) =>
    installs(host.send({ kind: 'PopulatePages', mm: MM, start, end }));

  test('R120 private memory that may be written is there as after a write, and no access faults on it', () => {
    const host = ShardHost.withAnonymous();
    expect(populate(host, 3, 6)).toMatchObject(
      [3, 4, 5].map((page) => ({ page, cause: 'zero-fill', permissions: RW | X, prefetched: true })),
    );
    expect(countMm(host.state)).toMatchObject({ framesUsed: 3, pagesPrefetched: 3 });
    host.fault(4, W);
    expect(host.lastResult?.members[0]?.resolution).toBe('spurious');
    expect(populate(host, 0, 6).map(({ page }) => page)).toEqual([0, 1, 2]);
  });

  test('what may not be written shows the zero page, and a shared file is read and not made dirty', () => {
    expect(populate(ShardHost.withAnonymous({}, R), 0, 2)).toMatchObject([
      { cause: 'zero-page', permissions: R },
      { cause: 'zero-page', permissions: R },
    ]);
    const file = ShardHost.withArea('file-shared');
    expect(populate(file, 0, 1)).toMatchObject([{ cause: 'file', major: true, permissions: R | X }]);
    expect(installs(file.fault(0, W))).toMatchObject([{ cause: 'upgrade', prefetched: false }]);
    const own = ShardHost.withArea('file-private');
    expect(populate(own, 0, 1)).toMatchObject([{ cause: 'copy-on-write', permissions: RW | X }]);
    expect(populate(ShardHost.withAnonymous({}, 0), 0, 4)).toEqual([]);
  });

  test('another process that shows the same file finds it in the page cache, and has it mapped around a fault', () => {
    const host = ShardHost.withArea('file-shared', { faultAround: 4 });
    host.send({ kind: 'CreateAddressSpace', mm: 8 });
    host.send({ kind: 'BindPasid', pasid: 80, mm: 8 });
    host.map(8, 0, 1000, 'file-shared');
    populate(host, 4, 8);
    const shown = installs(host.fault(5, R, 80));
    expect(pagesOf(shown)).toEqual([5, 4, 6, 7]);
    expect(shown.some(({ major }) => major)).toBe(false);
    expect(countMm(host.state).framesUsed).toBe(4);
  });

  test('it ends with the area and with the free frames, and takes nothing away for it', () => {
    const host = ShardHost.withAnonymous({ frames: 2 });
    host.fault(0, W);
    expect(populate(host, 0, 1000).map(({ page }) => page)).toEqual([1]);
    expect(removals(host.events)).toEqual([]);
    const other = ShardHost.withAnonymous();
    other.map(MM, 1000, 1003, 'anonymous');
    expect(populate(other, 998, 1002).map(({ page }) => page)).toEqual([998, 999]);
    expect(populate(other, 2000, 2001)).toEqual([]);
  });

  test('R122 pages in swap, or under invalidation, are left to their own faults', () => {
    const host = ShardHost.withAnonymous({ frames: 3 });
    host.fault(1, W);
    host.fault(2, W);
    host.send({ kind: 'ReclaimPages', pages: 1 });
    host.invalidate(pagesInQuarantine(host.state));
    host.send({ kind: 'ReclaimPages', pages: 1 });
    expect(populate(host, 0, 4).map(({ page }) => page)).toEqual([0, 3]);
  });
});
