import { MM, R, RW, ShardHost, W, installs, kinds, removals } from './mm.testkit';
import { pagesInQuarantine } from './invalidation';
import { countMm } from './stats';

describe('finite frames', () => {
  test('D11 with no free frame the oldest page is taken, and the run parks until its invalidation completed', () => {
    const host = ShardHost.withAnonymous({ frames: 2 });
    host.fault(1, W);
    host.fault(2, W);
    const run = host.open([3], W);
    const parked = host.drain();
    expect(parked).toEqual([
      { kind: 'PageRemoved', mm: MM, page: 1, frame: 1, cause: 'reclaim', swapped: true },
      { kind: 'RunParked', run, cause: 'frame', mm: MM, page: 3, copying: false },
    ]);
    expect(pagesInQuarantine(host.state)).toEqual([{ mm: MM, page: 1, frame: 1 }]);
    expect(host.invalidate(removals(parked))).toEqual([{ kind: 'FrameFreed', frame: 1, mm: MM, page: 1 }]);
    expect(installs(host.drain())).toMatchObject([{ page: 3, frame: 1, cause: 'zero-fill' }]);
    expect(pagesInQuarantine(host.state)).toEqual([]);
  });

  test('R115 a page that went to swap comes back with a major fault', () => {
    const host = ShardHost.withAnonymous({ frames: 1 });
    host.fault(1, W);
    host.invalidate(removals(host.fault(2, W)));
    host.drain();
    host.invalidate(removals(host.fault(1, R)));
    expect(installs(host.drain())).toMatchObject([
      { page: 1, cause: 'swap-in', major: true, permissions: 5 },
    ]);
    expect(host.lastResult?.members[0]?.resolution).toBe('major');
    expect(installs(host.fault(1, W))).toMatchObject([{ page: 1, cause: 'upgrade', permissions: 7 }]);
  });

  test('the page faulted on last is taken last', () => {
    const host = ShardHost.withArea('file-shared', { frames: 2 });
    host.fault(1, R);
    host.fault(2, R);
    host.fault(1, W);
    expect(removals(host.fault(3, R)).map((event) => event.page)).toEqual([2]);
  });

  test('a reclaim takes a batch, so that not every fault has to wait', () => {
    const host = ShardHost.withAnonymous({ frames: 8, reclaimBatch: 4 });
    for (let page = 0; page < 8; page += 1) host.fault(page, W);
    const taken = removals(host.fault(100, W));
    expect(taken.map((event) => event.page)).toEqual([0, 1, 2, 3]);
    host.invalidate(taken);
    expect(kinds(host.drain())).toEqual(['PageInstalled', 'MemberHandled', 'RunFinished']);
    for (let page = 101; page < 104; page += 1) expect(removals(host.fault(page, W))).toEqual([]);
  });

  test('a page cache page goes from all its mappings, and is free only after the last invalidation', () => {
    const host = ShardHost.withArea('file-shared', { frames: 1 });
    host.send({ kind: 'CreateAddressSpace', mm: 8 });
    host.send({ kind: 'BindPasid', pasid: 80, mm: 8 });
    host.map(8, 0, 1000, 'file-shared');
    host.fault(1, RW);
    host.fault(1, R, 80);
    const taken = removals(host.fault(2, R));
    expect(taken).toMatchObject([
      { mm: MM, page: 1, swapped: false },
      { mm: 8, page: 1, swapped: false },
    ]);
    expect(kinds(host.invalidate(taken.slice(0, 1)))).toEqual(['PageInvalidated']);
    expect(kinds(host.drain())).toEqual([]);
    expect(kinds(host.invalidate(taken.slice(1)))).toEqual(['FrameFreed']);
    expect(installs(host.drain())).toMatchObject([{ page: 2, major: true }]);
  });

  test('an idle page of the page cache is taken without any invalidation', () => {
    const host = ShardHost.withArea('file-shared', { frames: 1 });
    host.fault(1, R);
    host.invalidate(removals(host.send({ kind: 'UnmapVma', mm: MM, start: 1, end: 2 })));
    expect(kinds(host.fault(2, R))).toEqual(['FrameFreed', 'PageInstalled']);
  });

  test('parked runs get freed frames in the order of their opening', () => {
    const host = ShardHost.withAnonymous({ frames: 1 });
    host.fault(1, W);
    const runs = [host.open([10], W), host.open([11], W), host.open([12], W)];
    const done: number[] = [];
    for (let round = 0; round < 10 && done.length < 3; round += 1) {
      for (const event of host.drain()) if (event.kind === 'RunFinished') done.push(event.result.run);
      host.invalidate(pagesInQuarantine(host.state));
    }
    expect(done).toEqual(runs);
  });

  test('a freed frame is kept for the run that waits, whatever comes later', () => {
    const host = ShardHost.withAnonymous({ frames: 1 });
    host.fault(1, W);
    const first = host.open([10], W);
    const taken = removals(host.drain());
    host.invalidate(taken);
    const second = host.open([11], W);
    host.drain();
    expect(host.resultOf(first)?.code).toBe(0);
    expect(host.resultOf(second)).toBeUndefined();
  });

  test('D11 a run that waits for a frame does not block those that need none', () => {
    const host = ShardHost.withAnonymous({ frames: 1 });
    host.fault(1, W);
    host.fault(2, W);
    expect(installs(host.fault(3, R))).toMatchObject([{ cause: 'zero-page' }]);
    expect(countMm(host.state)).toMatchObject({ runsParked: 1, framesQuarantined: 1 });
  });

  test('R121 a copy has its frame before the entry is cleared', () => {
    const host = ShardHost.withAnonymous({ frames: 1 });
    host.fault(1, R);
    const copier = host.open([1], W);
    const broken = removals(host.drain());
    const other = host.open([2], W);
    expect(kinds(host.drain())).toEqual(['RunParked']);
    host.invalidate(broken);
    host.drain();
    expect(host.resultOf(copier)?.code).toBe(0);
    host.invalidate(pagesInQuarantine(host.state));
    host.drain();
    expect(host.resultOf(other)?.code).toBe(0);
  });
});

describe('R116 out of memory is INVALID', () => {
  test('with no frame at all', () => {
    const host = ShardHost.withAnonymous({ frames: 0 });
    host.fault(1, W);
    expect(host.lastResult?.members).toEqual([{ resolution: 'invalid', error: 'out-of-memory' }]);
  });

  test('with swap full, and again possible after an unmap', () => {
    const host = ShardHost.withAnonymous({ frames: 1, swapPages: 1 });
    host.fault(1, W);
    host.invalidate(removals(host.fault(2, W)));
    host.drain();
    host.fault(3, W);
    expect(host.lastResult?.members[0]?.error).toBe('out-of-memory');
    host.send({ kind: 'UnmapVma', mm: MM, start: 1, end: 2 });
    host.invalidate(removals(host.fault(3, W)));
    host.drain();
    expect(host.lastResult?.members[0]?.resolution).toBe('minor');
  });
});

describe('the clock', () => {
  const withFile = (frames: number) => ShardHost.withArea('file-shared', { frames, reclaim: 'clock' });

  test('takes frames in the order of their installation, and a second fault saves one once', () => {
    const host = ShardHost.withArea('file-shared', { frames: 4, reclaim: 'clock', premap: 2 });
    host.fault(0, R);
    host.fault(2, R);
    // 0 and 2 were faulted on, 1 and 3 came along.
    expect(removals(host.send({ kind: 'ReclaimPages', pages: 1 }))).toMatchObject([{ page: 1 }]);
    expect(removals(host.send({ kind: 'ReclaimPages', pages: 1 }))).toMatchObject([{ page: 3 }]);
    expect(removals(host.send({ kind: 'ReclaimPages', pages: 2 }))).toMatchObject([{ page: 0 }, { page: 2 }]);
  });

  test('has nothing better to take when every frame was faulted on, and then begins at the oldest', () => {
    const host = withFile(3);
    for (const page of [1, 2, 3]) host.fault(page, R);
    expect(removals(host.fault(4, R))).toMatchObject([{ page: 1 }]);
    host.invalidate(pagesInQuarantine(host.state));
    host.drain();
    // The hand went round: 2 and 3 have lost their second chance, until a fault comes.
    host.fault(2, W);
    expect(removals(host.fault(5, R))).toMatchObject([{ page: 3 }]);
  });

  test('differs from lru: a fault does not move a frame behind later ones for good', () => {
    const pressed = (reclaim: 'lru' | 'clock') => {
      const host = ShardHost.withArea('file-shared', { frames: 3, reclaim });
      for (const page of [1, 2, 3]) host.fault(page, R);
      host.fault(1, W);
      host.send({ kind: 'ReclaimPages', pages: 1 });
      return removals(host.events).map(({ page }) => page);
    };
    expect(pressed('lru')).toEqual([2]);
    expect(pressed('clock')).toEqual([1]);
  });
});

describe('memory pressure by hand', () => {
  test('takes as many pages as it is told, and what there is', () => {
    const host = ShardHost.withAnonymous({ frames: 4 });
    for (const page of [1, 2, 3]) host.fault(page, W);
    expect(removals(host.send({ kind: 'ReclaimPages', pages: 2 })).map(({ page }) => page)).toEqual([1, 2]);
    expect(removals(host.send({ kind: 'ReclaimPages', pages: 9 })).map(({ page }) => page)).toEqual([3]);
    expect(host.send({ kind: 'ReclaimPages', pages: 1 })).toEqual([]);
  });

  test.each([0, -1, 1.5, Number.NaN])('%d pages are refused', (pages) => {
    const host = ShardHost.withAnonymous();
    expect(() => host.send({ kind: 'ReclaimPages', pages })).toThrow(/count-invalid/);
  });
});
