import { ResponseCode } from '../kernel/vocabulary';
import { isDurableMmEvent } from './stats';
import { installs, kinds, MM, PASID, R, removals, RW, ShardHost } from './mm.testkit';

/** Rules of the mm that no recorded vector shows. */

describe('how a fault ends', () => {
  test('R117 a fault that has to wait is finished by the mm itself: nobody is asked to come again', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    const run = host.open([3], RW);
    const parked = host.drain();
    expect(kinds(parked)).toEqual(['PageRemoved', 'RunParked']);
    expect(host.resultOf(run)).toBeUndefined();
    host.invalidate(removals(parked));
    host.drain();
    expect(host.results.filter((result) => result.run === run)).toEqual([
      { run, code: ResponseCode.SUCCESS, members: [{ resolution: 'minor', error: 'none' }] },
    ]);
  });

  test('R117 nor is it when memory is short: the run waits for a frame, and has one end', () => {
    const host = ShardHost.withAnonymous({ frames: 1 });
    host.fault(1, RW);
    const run = host.open([2], RW);
    const parked = host.drain();
    expect(kinds(parked)).toEqual(['PageRemoved', 'RunParked']);
    host.invalidate(removals(parked));
    expect(kinds(host.drain())).toEqual(['PageInstalled', 'MemberHandled', 'RunFinished']);
    expect(host.results.map((result) => [result.run, result.code])).toEqual([
      [1, ResponseCode.SUCCESS],
      [run, ResponseCode.SUCCESS],
    ]);
  });

  test('R114 what the mm answers is Success or Invalid, whatever it is asked; never Failure', () => {
    const host = ShardHost.withAnonymous({ frames: 1, swapPages: 0 }, R);
    host.map(MM, 2000, 2100, 'anonymous', RW);
    for (const pasid of [PASID, 99, -1])
      for (const page of [1, 1500, 2001, 2002, 2003])
        for (let permissions = 0; permissions < 16; permissions += 1) {
          host.invalidate(removals(host.fault(page, permissions, pasid)));
          host.drain();
        }
    const codes = new Set(host.results.map(({ code }) => code));
    expect([...codes].sort()).toEqual([ResponseCode.SUCCESS, ResponseCode.INVALID]);
    expect(host.results.some(({ members }) => members[0]?.error === 'out-of-memory')).toBe(true);
  });
});

describe('faults against invalidations', () => {
  test('R124 a page may be made present and taken again before its group is answered with Success', () => {
    const host = ShardHost.withAnonymous();
    const run = host.open([1, 2], RW);
    host.send({ kind: 'Advance' });
    const taken = host.send({ kind: 'ReclaimPages', pages: 1 });
    expect(removals(taken)).toMatchObject([{ page: 1, cause: 'reclaim' }]);
    host.invalidate(removals(taken));
    host.drain();
    expect(host.resultOf(run)?.code).toBe(ResponseCode.SUCCESS);
    expect([host.shown(1), host.shown(2)]).toEqual([undefined, expect.any(Number)]);
  });

  test('R124 a frame that was taken shows up nowhere else before its invalidation is complete', () => {
    const host = ShardHost.withAnonymous({ frames: 1 });
    const [first] = installs(host.fault(1, RW));
    const parked = host.fault(2, RW);
    expect(installs(parked)).toEqual([]);
    expect(host.drain().filter(isDurableMmEvent)).toEqual([]);
    host.invalidate(removals(parked));
    expect(installs(host.drain())).toMatchObject([{ page: 2, frame: first?.frame }]);
  });

  test('R124 a page that was taken is made present again only when nobody holds the old translation', () => {
    const host = ShardHost.withAnonymous();
    host.fault(1, RW);
    const taken = removals(host.send({ kind: 'ReclaimPages', pages: 1 }));
    expect(installs(host.fault(1, RW))).toEqual([]);
    host.invalidate(taken);
    expect(installs(host.drain())).toMatchObject([{ page: 1, cause: 'swap-in' }]);
  });

  test('R123 removing entries waits for no fault: it is decided while runs are open, parked ones too', () => {
    const host = ShardHost.withAnonymous();
    host.fault(3, R);
    const waiting = host.open([3], RW);
    host.drain();
    const ready = host.open([4, 5], RW);
    host.send({ kind: 'Advance' });
    const gone = host.send({ kind: 'UnmapVma', mm: MM, start: 0, end: 1000 });
    expect(removals(gone)).toMatchObject([{ page: 4, cause: 'unmap' }]);
    expect([host.resultOf(waiting), host.resultOf(ready)]).toEqual([undefined, undefined]);
  });
});
