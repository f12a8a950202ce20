import { NO_PASID, Permission, ResponseCode } from '../kernel/vocabulary';
import { MM, PASID, R, RW, ShardHost, W, X, kinds } from './mm.testkit';

/** The error of the only member of a run for `page`. */
function errorOf(host: ShardHost, page: number, permissions: number, pasid = PASID, generation = 1): string {
  const run = host.open([page], permissions, pasid, generation);
  host.drain();
  const result = host.resultOf(run);
  if (result?.code === ResponseCode.INVALID) return result.members[0]?.error ?? 'missing';
  return result?.code === ResponseCode.SUCCESS ? 'success' : 'missing';
}

describe('checks before a fault is handled', () => {
  test('R107 a fault without PASID is INVALID', () => {
    expect(errorOf(ShardHost.withAnonymous(), 1, R, NO_PASID)).toBe('no-pasid');
  });

  test('R108 a PASID that names nothing is INVALID', () => {
    expect(errorOf(ShardHost.withAnonymous(), 1, R, 99)).toBe('not-bound');
  });

  test('R101, R108 after the mm exited faults of its PASID are INVALID, though it is bound', () => {
    const host = ShardHost.withAnonymous();
    host.send({ kind: 'ExitAddressSpace', mm: MM });
    expect(errorOf(host, 1, R)).toBe('not-bound');
    expect(host.state.durable.pasids.get(PASID)?.bound).toBe(true);
  });

  test('D2 a member of an earlier or later generation is INVALID', () => {
    const host = ShardHost.withAnonymous();
    host.send({ kind: 'UnbindPasid', pasid: PASID });
    host.send({ kind: 'BindPasid', pasid: PASID, mm: MM });
    expect(errorOf(host, 1, R, PASID, 1)).toBe('generation');
    expect(errorOf(host, 1, R, PASID, 3)).toBe('generation');
    expect(errorOf(host, 1, R, PASID, 0)).toBe('generation');
    expect(errorOf(host, 1, R, PASID, 2)).toBe('success');
  });

  test('R110 the area contains the page exactly: start inclusive, end exclusive, no stack growth', () => {
    const host = ShardHost.withAnonymous();
    host.map(MM, 2000, 2010, 'anonymous');
    expect(errorOf(host, 1999, R)).toBe('no-vma');
    expect(errorOf(host, 2000, R)).toBe('success');
    expect(errorOf(host, 2009, R)).toBe('success');
    expect(errorOf(host, 2010, R)).toBe('no-vma');
  });

  test.each([R, W, X, R | W, R | X, W | X, R | W | X])(
    'R111 an area with bits %i grants their subsets and nothing else',
    (granted) => {
      for (let required = 0; required < 8; required += 1) {
        const host = ShardHost.withAnonymous({}, granted);
        expect(errorOf(host, 3, required)).toBe((required & ~granted) === 0 ? 'success' : 'permission');
      }
    },
  );

  test('R111 a request with none of r, w, x passes on every area and faults as a read', () => {
    const host = ShardHost.withAnonymous({}, 0);
    expect(errorOf(host, 3, 0)).toBe('success');
    expect(host.events).toContainEqual(expect.objectContaining({ cause: 'zero-page', permissions: 0 }));
  });

  test('R112 the privileged bit is not checked and does not bypass the others', () => {
    const host = ShardHost.withAnonymous({}, R);
    expect(errorOf(host, 3, R | Permission.PRIVILEGED)).toBe('success');
    expect(errorOf(host, 3, W | Permission.PRIVILEGED)).toBe('permission');
  });

  test('R111 the check comes before the page tables: a refused fault changes nothing durable', () => {
    const host = ShardHost.withAnonymous({}, R);
    expect(host.fault(3, W)).toEqual([]);
  });
});

describe('runs', () => {
  test('R118 the first error stops the group, and pages installed before stay', () => {
    const host = ShardHost.withAnonymous();
    const run = host.open([1, 2, 5000, 3], RW);
    host.drain();
    expect(host.resultOf(run)).toEqual({
      run,
      code: ResponseCode.INVALID,
      members: [
        { resolution: 'minor', error: 'none' },
        { resolution: 'minor', error: 'none' },
        { resolution: 'invalid', error: 'no-vma' },
        { resolution: 'skipped', error: 'none' },
      ],
    });
    expect([1, 2, 3, 5000].filter((page) => host.shown(page) !== undefined)).toEqual([1, 2]);
  });

  test('R119 a page that is there with the permission is spurious, and nothing durable happens', () => {
    const host = ShardHost.withAnonymous();
    host.fault(1, RW);
    expect(host.fault(1, R)).toEqual([]);
    expect(host.lastResult?.members).toEqual([{ resolution: 'spurious', error: 'none' }]);
  });

  test('R126 of two runs that fault on one page both succeed and one installs', () => {
    const host = ShardHost.withAnonymous();
    host.open([1], RW);
    host.open([1], RW);
    const events = host.drain();
    expect(kinds(events).filter((kind) => kind === 'PageInstalled')).toHaveLength(1);
    expect(host.results.map((result) => result.members[0]?.resolution)).toEqual(['minor', 'spurious']);
  });

  test('each Advance handles one member of the oldest run', () => {
    const host = ShardHost.withAnonymous();
    host.open([1, 2], RW);
    host.open([3], RW);
    expect(kinds(host.send({ kind: 'Advance' }))).toEqual(['PageInstalled', 'MemberHandled']);
    expect(kinds(host.send({ kind: 'Advance' }))).toEqual(['PageInstalled', 'MemberHandled', 'RunFinished']);
    expect(kinds(host.send({ kind: 'Advance' }))).toEqual(['PageInstalled', 'MemberHandled', 'RunFinished']);
    expect(host.send({ kind: 'Advance' })).toEqual([]);
  });

  test('R109 the layout may change between two members of one run', () => {
    const host = ShardHost.withAnonymous();
    const run = host.open([1, 2], RW);
    host.send({ kind: 'Advance' });
    host.send({ kind: 'UnmapVma', mm: MM, start: 2, end: 3 });
    host.drain();
    expect(host.resultOf(run)?.members[1]).toEqual({ resolution: 'invalid', error: 'no-vma' });
  });

  test('a run without members succeeds', () => {
    const host = ShardHost.withAnonymous();
    const run = host.open([], RW);
    host.drain();
    expect(host.resultOf(run)).toEqual({ run, code: ResponseCode.SUCCESS, members: [] });
  });
});
