import { ZERO_FRAME } from './config';
import { MM, PASID, R, RW, ShardHost, W, X, installs, kinds, removals } from './mm.testkit';

const SECOND = { mm: 8, pasid: 80 };

/** A second mm, bound, that shows the same file pages as the first at the same pages. */
function withSecond(host: ShardHost, backing: 'file-shared' | 'file-private'): ShardHost {
  host.send({ kind: 'CreateAddressSpace', mm: SECOND.mm });
  host.send({ kind: 'BindPasid', pasid: SECOND.pasid, mm: SECOND.mm });
  host.map(SECOND.mm, 0, 1000, backing);
  return host;
}

describe('anonymous memory', () => {
  test('R120 a read shows the shared zero page, read-only, and takes no frame', () => {
    const host = ShardHost.withAnonymous({ frames: 0 });
    expect(host.fault(3, R)).toEqual([
      {
        kind: 'PageInstalled',
        mm: MM,
        page: 3,
        frame: ZERO_FRAME,
        permissions: R | X,
        cause: 'zero-page',
        major: false,
        prefetched: false,
      },
    ]);
    expect(host.lastResult?.members[0]?.resolution).toBe('minor');
  });

  test('R120 a write shows a private zeroed page, writable', () => {
    const host = ShardHost.withAnonymous();
    expect(host.fault(3, W)).toEqual([
      {
        kind: 'PageInstalled',
        mm: MM,
        page: 3,
        frame: 1,
        permissions: RW | X,
        cause: 'zero-fill',
        major: false,
        prefetched: false,
      },
    ]);
  });

  test('R121 a write to the zero page clears the entry, and writes the copy only after its invalidation', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    const run = host.open([3], RW);
    const parked = host.drain();
    expect(parked).toEqual([
      { kind: 'PageRemoved', mm: MM, page: 3, frame: ZERO_FRAME, cause: 'copy-on-write', swapped: false },
      { kind: 'RunParked', run, cause: 'invalidation', mm: MM, page: 3, copying: true },
    ]);
    expect(host.resultOf(run)).toBeUndefined();

    expect(kinds(host.invalidate(removals(parked)))).toEqual(['PageInvalidated']);
    expect(installs(host.drain())).toEqual([
      {
        kind: 'PageInstalled',
        mm: MM,
        page: 3,
        frame: 1,
        permissions: RW | X,
        cause: 'copy-on-write',
        major: false,
        prefetched: false,
      },
    ]);
    expect(host.resultOf(run)?.members).toEqual([{ resolution: 'minor', error: 'none' }]);
  });

  test('R121 only the copied page of a run counts as a copy', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    host.open([3, 4], RW);
    host.invalidate(removals(host.drain()));
    expect(installs(host.drain()).map((event) => event.cause)).toEqual(['copy-on-write', 'zero-fill']);
  });

  test('R121 the invalidation of one zero page entry does not complete that of another', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    host.fault(4, R);
    host.fault(3, RW);
    host.fault(4, RW);
    host.invalidate([{ mm: MM, page: 4, frame: ZERO_FRAME }]);
    expect(installs(host.drain()).map((event) => event.page)).toEqual([4]);
  });

  test('R126 faults on a page whose entry is being invalidated wait, and then find the copy', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    const broken = host.fault(3, RW);
    const reader = host.open([3], R);
    expect(kinds(host.drain())).toEqual(['RunParked']);
    host.invalidate(removals(broken));
    host.drain();
    expect(host.resultOf(reader)?.members).toEqual([{ resolution: 'spurious', error: 'none' }]);
  });

  test('R124 other runs go on while one waits for its invalidation', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    host.fault(3, RW);
    expect(installs(host.fault(9, RW))).toHaveLength(1);
  });
});

describe('files mapped shared', () => {
  test('R115 the first touch of a file page in the shard is major, then all are minor and show the same frame', () => {
    const host = withSecond(ShardHost.withArea('file-shared'), 'file-shared');
    const [first] = installs(host.fault(3, R));
    expect(first).toMatchObject({ cause: 'file', major: true, permissions: R | X });
    expect(host.lastResult?.members[0]?.resolution).toBe('major');
    const [second] = installs(host.fault(3, R, SECOND.pasid));
    expect(second).toMatchObject({ cause: 'file', major: false, frame: first?.frame, mm: SECOND.mm });
    expect(host.lastResult?.members[0]?.resolution).toBe('minor');
  });

  test('R115 with readFileAsMajor off a first touch is minor', () => {
    const host = ShardHost.withArea('file-shared', { readFileAsMajor: false });
    expect(installs(host.fault(3, R))).toMatchObject([{ cause: 'file', major: false }]);
  });

  test('R7, R125 the first write upgrades in place: same frame, no invalidation', () => {
    const host = ShardHost.withArea('file-shared');
    const [read] = installs(host.fault(3, R));
    expect(host.fault(3, W)).toEqual([
      {
        kind: 'PageInstalled',
        mm: MM,
        page: 3,
        frame: read?.frame,
        permissions: RW | X,
        cause: 'upgrade',
        major: false,
        prefetched: false,
      },
    ]);
  });

  test('R7 write is granted by mapping: another mm has to fault for it as well', () => {
    const host = withSecond(ShardHost.withArea('file-shared'), 'file-shared');
    host.fault(3, RW);
    expect(installs(host.fault(3, R, SECOND.pasid))).toMatchObject([{ permissions: R | X }]);
    expect(installs(host.fault(3, W, SECOND.pasid))).toMatchObject([{ cause: 'upgrade' }]);
  });

  test('a page of the page cache survives its last mapping', () => {
    const host = ShardHost.withArea('file-shared');
    const [read] = installs(host.fault(3, R));
    const gone = host.send({ kind: 'UnmapVma', mm: MM, start: 0, end: 1000 });
    expect(kinds(host.invalidate(removals(gone)))).toEqual(['PageInvalidated']);
    host.map(MM, 0, 1000, 'file-shared');
    expect(installs(host.fault(3, R))).toMatchObject([{ major: false, frame: read?.frame }]);
  });
});

describe('files mapped privately', () => {
  test('R121 a read shows the page cache page read-only, a write then copies after the invalidation', () => {
    const host = withSecond(ShardHost.withArea('file-private'), 'file-private');
    const [read] = installs(host.fault(3, R));
    host.fault(3, R, SECOND.pasid);
    const broken = host.fault(3, W);
    expect(removals(broken)).toMatchObject([{ mm: MM, page: 3, cause: 'copy-on-write', frame: read?.frame }]);
    host.invalidate(removals(broken));
    const [copy] = installs(host.drain());
    expect(copy).toMatchObject({ cause: 'copy-on-write', major: false, permissions: RW | X });
    expect(copy?.frame).not.toBe(read?.frame);
    expect(host.shown(3, SECOND.mm)).toBe(read?.frame);
  });

  test('R115, R121 a first touch by write reads the file and shows a copy', () => {
    const host = ShardHost.withArea('file-private');
    expect(host.fault(3, RW)).toMatchObject([{ cause: 'copy-on-write', major: true, permissions: RW | X }]);
    expect(host.lastResult?.members[0]?.resolution).toBe('major');
  });

  test('R115 a first touch by write of a cached file page is minor', () => {
    const host = withSecond(ShardHost.withArea('file-private'), 'file-shared');
    host.fault(3, R, SECOND.pasid);
    expect(host.fault(3, RW, PASID)).toMatchObject([{ cause: 'copy-on-write', major: false }]);
  });
});
