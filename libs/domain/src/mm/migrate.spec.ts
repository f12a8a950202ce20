import { installs, kinds, MM, PASID, R, removals, RW, ShardHost, W, X } from './mm.testkit';
import type { AnyMmEvent } from './shard';
import { countMm } from './stats';

function migrate(host: ShardHost, start: number, end: number): readonly AnyMmEvent[] {
  return host.send({ kind: 'MigratePages', mm: MM, start, end });
}

test('R122 a page leaves its frame, and arrives in another after the invalidation', () => {
  const host = ShardHost.withAnonymous();
  const [written] = installs(host.fault(3, W));
  const left = removals(migrate(host, 0, 10));
  expect(left).toEqual([
    { kind: 'PageRemoved', mm: MM, page: 3, frame: written?.frame, cause: 'migrate', swapped: false },
  ]);
  expect(countMm(host.state)).toMatchObject({ pagesMigrating: 1, framesQuarantined: 1 });
  const arrived = host.invalidate(left);
  expect(arrived).toMatchObject([
    { kind: 'PageInstalled', page: 3, cause: 'migrate', permissions: RW | X, major: false },
    { kind: 'FrameFreed', page: 3, frame: written?.frame },
  ]);
  expect(installs(arrived)[0]?.frame).not.toBe(written?.frame);
  expect(countMm(host.state)).toMatchObject({ pagesMigrating: 0, framesUsed: 1, framesFree: 63 });
});

test('D11 faults on a page under way park, and find it where it arrived', () => {
  const host = ShardHost.withAnonymous();
  host.fault(3, W);
  const left = removals(migrate(host, 3, 4));
  const run = host.open([3], RW);
  expect(host.drain()).toMatchObject([{ kind: 'RunParked', cause: 'invalidation', page: 3 }]);
  host.invalidate(left);
  host.drain();
  expect(host.resultOf(run)?.members).toEqual([{ resolution: 'spurious', error: 'none' }]);
});

test('several pages that arrive together take one frame each', () => {
  const host = ShardHost.withAnonymous({ frames: 6 });
  for (const page of [1, 2, 3]) host.fault(page, W);
  host.invalidate(removals(migrate(host, 0, 10)));
  expect(new Set([1, 2, 3].map((page) => host.shown(page))).size).toBe(3);
  expect(countMm(host.state)).toMatchObject({ framesUsed: 3, framesFree: 3, invalidationsOpen: 0 });
});

test('a page moves only with a free frame kept for it, and nobody else gets that frame', () => {
  const host = ShardHost.withAnonymous({ frames: 4 });
  for (const page of [1, 2, 3]) host.fault(page, W);
  const left = removals(migrate(host, 0, 10));
  expect(left.map(({ page }) => page)).toEqual([1]);
  expect(removals(migrate(host, 0, 10))).toEqual([]);
  expect(installs(host.fault(50, W))).toEqual([]);
  expect(countMm(host.state)).toMatchObject({ runsParked: 1 });
  expect(kinds(host.invalidate(left))).toEqual(['PageInstalled', 'FrameFreed']);
  expect(installs(host.drain())).toMatchObject([{ page: 50 }]);
});

test('the zero page and pages of the page cache stay', () => {
  const anonymous = ShardHost.withAnonymous();
  anonymous.fault(3, R);
  expect(migrate(anonymous, 0, 10)).toEqual([]);
  const file = ShardHost.withArea('file-shared');
  file.fault(3, W);
  expect(migrate(file, 0, 10)).toEqual([]);
});

test('R122 a page whose area is unmapped on the way does not arrive, and the kept frame is free at once', () => {
  const host = ShardHost.withAnonymous({ frames: 2 });
  host.fault(3, W);
  const left = removals(migrate(host, 3, 4));
  const waiting = host.open([50], W);
  expect(kinds(host.drain())).toEqual(['RunParked']);
  host.send({ kind: 'UnmapVma', mm: MM, start: 3, end: 4 });
  expect(installs(host.drain())).toMatchObject([{ page: 50 }]);
  expect(host.resultOf(waiting)?.code).toBe(0);
  expect(kinds(host.invalidate(left))).toEqual(['FrameFreed']);
  expect(countMm(host.state)).toMatchObject({ pagesMigrating: 0, framesUsed: 1, framesFree: 1 });
});

test('a new area over a page under way begins empty', () => {
  const host = ShardHost.withAnonymous();
  host.fault(3, W);
  const left = removals(migrate(host, 3, 4));
  host.send({ kind: 'UnmapVma', mm: MM, start: 3, end: 4 });
  host.map(MM, 3, 4, 'anonymous');
  expect(kinds(host.fault(3, W))).toEqual([]);
  expect(kinds(host.invalidate(left))).toEqual(['FrameFreed']);
  expect(installs(host.drain())).toMatchObject([{ page: 3, cause: 'zero-fill' }]);
});

test('R101 of an mm that exits nothing arrives, and runs that waited end INVALID', () => {
  const host = ShardHost.withAnonymous();
  host.fault(3, W);
  const left = removals(migrate(host, 3, 4));
  const run = host.open([3], W);
  host.drain();
  host.send({ kind: 'ExitAddressSpace', mm: MM });
  expect(kinds(host.invalidate(left))).toEqual(['FrameFreed']);
  host.drain();
  expect(host.resultOf(run)?.members[0]?.error).toBe('not-bound');
  expect(countMm(host.state)).toMatchObject({ framesFree: 64, pagesMigrating: 0, invalidationsOpen: 0 });
});

test('a page arrives with what its area still grants, and with no more than it had', () => {
  const host = ShardHost.withAnonymous({}, RW);
  host.fault(3, W);
  host.fault(4, W);
  const left = removals(migrate(host, 0, 10));
  host.send({ kind: 'ProtectVma', mm: MM, start: 3, end: 4, permissions: R });
  host.send({ kind: 'ProtectVma', mm: MM, start: 4, end: 5, permissions: RW | X });
  expect(installs(host.invalidate(left))).toMatchObject([
    { page: 3, permissions: R },
    { page: 4, permissions: RW },
  ]);
});

test('a page that was restricted and then moved arrives after both invalidations', () => {
  const host = ShardHost.withAnonymous();
  host.fault(3, W);
  const restricted = host
    .send({ kind: 'ProtectVma', mm: MM, start: 3, end: 4, permissions: R })
    .filter((event) => event.kind === 'PageRestricted');
  const left = removals(migrate(host, 3, 4));
  expect(kinds(host.invalidate(left))).toEqual(['PageInvalidated']);
  expect(kinds(host.invalidate(restricted))).toEqual(['PageInstalled', 'FrameFreed']);
});

test('R108 a PASID unbound while runs wait: they end INVALID', () => {
  const host = ShardHost.withAnonymous();
  host.fault(3, W);
  const left = removals(migrate(host, 3, 4));
  const run = host.open([3, 4], W);
  host.drain();
  host.send({ kind: 'UnbindPasid', pasid: PASID });
  host.invalidate(left);
  host.drain();
  expect(host.resultOf(run)?.members).toEqual([
    { resolution: 'invalid', error: 'not-bound' },
    { resolution: 'skipped', error: 'none' },
  ]);
});
