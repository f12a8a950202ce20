import { NO_PASID, Permission } from '../kernel/vocabulary';
import { EVERY_DEVICE } from './atc';
import { deviceCounters, isSegmentIdle, segmentCounters } from './counters';
import { Driven, grant, issue, miss, only, priDevice, respond } from './device.testkit';
import type { SegmentEvent } from './events';

/** Rules that a device keeps and no recorded vector shows: what it does with answers and with invalidations. */

const RW = Permission.READ | Permission.WRITE;
const turn = { kind: 'TakeTurn' } as const;
const driven = (changes = {}) => new Driven({ segment: 3, devices: [priDevice(changes)] });
const invalidate = (page: number, pages = 1) =>
  ({ kind: 'InvalidateAtc', device: EVERY_DEVICE, pasid: 7, page, pages }) as const;
const reset = { kind: 'ResetDevice', device: 1, epoch: 0 } as const;
const kinds = (events: readonly SegmentEvent[]): string[] => events.map(({ kind }) => kind);

/** A device with so many accesses whose page requests are outstanding: request n has index n - 1. */
function faulted(accesses = 1, changes = {}): Driven {
  const device = driven({ pagesPerGroup: 1, ...changes });
  for (let at = 0; at < accesses; at += 1) device.do(issue(at), miss(at + 1));
  device.do(turn);
  return device;
}

describe('page requests and their answers', () => {
  it('R8 a page request names one page, with index, last flag and rights, and no byte in it', () => {
    const device = driven({ pagesPerGroup: 2 });
    device.do(issue(0, { offset: 0xabc, permissions: RW }), issue(1, { pasid: NO_PASID }), miss(1), miss(2));
    const sent = only(device.do(turn), 'PageRequestSent');
    expect(sent).toMatchObject([
      { pasid: 7, page: 100, groupId: 0, last: true, permissions: RW },
      { pasid: NO_PASID, page: 101, groupId: 1, last: true, permissions: Permission.READ },
    ]);
    for (const request of sent) expect(request).not.toHaveProperty('offset');
  });

  it('R12 one response settles every member of its group, and a second one finds nothing to settle', () => {
    const device = faulted(3, { pagesPerGroup: 3 });
    expect(deviceCounters(device.state, 1)).toMatchObject({ outstanding: 3, outstandingGroups: 1 });
    expect(only(device.do(respond(0, 1)), 'AccessEnded').map(({ access }) => access)).toEqual([0, 1, 2]);
    expect(deviceCounters(device.state, 1)).toMatchObject({
      outstanding: 0,
      outstandingGroups: 0,
      pending: 0,
    });
    expect(kinds(device.do(respond(0, 1)))).toEqual(['ResponseUnexpected']);
  });

  it('R128 Success: each member translates anew, from its own page on', () => {
    const device = faulted(2, { pagesPerGroup: 2 });
    expect(only(device.do(respond(0, 0)), 'TranslationRequested')).toMatchObject([
      { access: 0, page: 100 },
      { access: 1, page: 101 },
    ]);
    expect(isSegmentIdle(device.state)).toBe(false);
  });

  it('R128 Invalid: the work of this group fails, that of others goes on', () => {
    const device = faulted(2);
    expect(only(device.do(respond(0, 1)), 'AccessEnded')).toMatchObject([{ access: 0, outcome: 'invalid' }]);
    device.do(respond(1, 0));
    expect(only(device.do(grant(3)), 'AccessEnded')).toMatchObject([{ access: 1, outcome: 'completed' }]);
  });

  it('R128 Failure: the interface is down, and every group with it', () => {
    const device = faulted(2);
    const events = device.do(respond(0, 2));
    expect(only(events, 'PriInterfaceFailed')).toHaveLength(1);
    expect(only(events, 'AccessEnded').map(({ access, outcome }) => [access, outcome])).toEqual([
      [0, 'failure'],
      [1, 'failure'],
    ]);
  });

  it('R131 a Success says nothing of a page: the device asks the IOMMU, and may miss again', () => {
    const device = faulted();
    device.do(respond(0, 0));
    expect(kinds(device.do(miss(2)))).toEqual(['TranslationReturned', 'AccessRetried']);
    expect(only(device.do(turn), 'PageRequestSent')).toMatchObject([{ access: 0, round: 1 }]);
  });

  it('R133 a device may translate a page again while its request for it is outstanding; the answer is still due', () => {
    const device = faulted();
    device.do(issue(1, { page: 100 }));
    expect(only(device.do(grant(2)), 'AccessHit')).toMatchObject([{ access: 1 }]);
    expect(deviceCounters(device.state, 1)).toMatchObject({ outstanding: 1, outstandingGroups: 1 });
    device.do(respond(0, 0));
    expect(only(device.do(grant(3)), 'AccessEnded')).toMatchObject([{ access: 0, outcome: 'completed' }]);
  });

  it('R19 R21 an interface that failed comes back with a reset, which clears the failure and gives all credits back', () => {
    const device = faulted(2, { credits: 2 });
    device.do(respond(0, 2));
    expect(only(device.do(issue(5)), 'AccessEnded')).toMatchObject([{ outcome: 'failure' }]);
    device.do(reset);
    expect(deviceCounters(device.state, 1)).toMatchObject({ outstanding: 0, outstandingGroups: 0 });
    device.do(issue(6), issue(7), issue(8), miss(3), miss(4), miss(5));
    expect(only(device.do(turn), 'PageRequestSent').map(({ access }) => access)).toEqual([6, 7]);
  });

  it('R22 each device has an interface of its own: one goes down, its neighbour in the segment works on', () => {
    const both = new Driven({ segment: 3, devices: [priDevice(), priDevice({ device: 2 })] });
    both.do(issue(0), issue(0, { device: 2 }), miss(1), miss(2), turn);
    expect(only(both.do(respond(0, 2, 7, 1)), 'AccessEnded')).toMatchObject([
      { device: 1, outcome: 'failure' },
    ]);
    both.do(respond(0, 0, 7, 2));
    expect(only(both.do(grant(3)), 'AccessEnded')).toMatchObject([{ device: 2, outcome: 'completed' }]);
  });
});

describe('stall and PRI side by side, as the device sees them', () => {
  const master = () => driven({ model: 'stall', credits: 1 });
  const end = {
    kind: 'EndStalledAccess',
    device: 1,
    request: 1,
    outcome: 'completed',
    code: 0,
    rounds: 1,
  } as const;

  it('R130 who holds the work: a device with PRI sends no access before it may, a master has it on the bus at once', () => {
    expect(kinds(driven().do(issue(0)))).toEqual(['AccessStarted', 'TranslationRequested']);
    expect(kinds(master().do(issue(0)))).toEqual(['AccessStarted', 'StalledAccessSent']);
  });

  it('R130 what limits it: credits a function with PRI, and nothing of its own a master behind a stalling IOMMU', () => {
    const function_ = driven({ credits: 1 });
    function_.do(issue(0), issue(1), miss(1), miss(2));
    expect(only(function_.do(turn), 'PageRequestSent')).toHaveLength(1);
    expect(only(master().do(issue(0), issue(1), turn), 'StalledAccessSent')).toHaveLength(2);
  });

  it('R130 an answer that is forgotten: a credit and an index are gone, a transaction is held, and neither comes back by itself', () => {
    const function_ = faulted(2, { credits: 1 });
    for (let turns = 0; turns < 10; turns += 1) expect(function_.do(turn)).toEqual([]);
    expect(deviceCounters(function_.state, 1)).toMatchObject({
      outstanding: 1,
      outstandingGroups: 1,
      waiting: 1,
    });
    const stalled = master();
    stalled.do(issue(0));
    for (let turns = 0; turns < 10; turns += 1) expect(stalled.do(turn)).toEqual([]);
    expect(segmentCounters(stalled.state).pending).toBe(1);
  });

  it('R130 an answer that comes twice: an unexpected index for PRI, no effect on a stall', () => {
    const function_ = faulted();
    expect(kinds(function_.do(respond(0, 1), respond(0, 1)).slice(-1))).toEqual(['ResponseUnexpected']);
    const stalled = master();
    expect(only(stalled.do(issue(0), end), 'AccessEnded')).toHaveLength(1);
    expect(stalled.do(end)).toEqual([]);
  });
});

describe('invalidations', () => {
  it('R26 behind the completion nothing in the range is used: neither what was cached nor what was under way', () => {
    const device = driven();
    device.do(issue(0), grant(1), issue(1, { page: 100 }), issue(2, { page: 105 }));
    device.do(invalidate(100, 8));
    expect(kinds(device.do(issue(3, { page: 100 })))).toEqual(['AccessStarted', 'TranslationRequested']);
    expect(only(device.do(grant(2)), 'TranslationReturned')).toMatchObject([{ access: 2, verdict: 'stale' }]);
    expect(only(device.do(grant(3, RW, 77), grant(4, RW, 78)), 'AccessHit')).toMatchObject([
      { access: 3, frame: 77 },
      { access: 2, frame: 78 },
    ]);
  });

  it('R123 R141 an invalidation completes at once, with every credit in use and no answer in sight', () => {
    const device = faulted(2, { credits: 1, atcEntries: 4 });
    device.do(issue(5, { page: 300 }), grant(3));
    expect(kinds(device.do(invalidate(0, 0)))).toEqual(['AtcInvalidated']);
    expect(kinds(device.do(issue(6, { page: 300 })))).toEqual(['AccessStarted', 'TranslationRequested']);
    expect(deviceCounters(device.state, 1)).toMatchObject({ outstanding: 1, waiting: 1 });
  });
});
