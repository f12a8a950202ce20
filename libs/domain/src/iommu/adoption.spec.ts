import { EVERY_PASID } from '../device/atc';
import { ResponseCode } from '../kernel/vocabulary';
import { nextResponseDeadline } from './expiry';
import type { AnyIommuEvent, IommuEvent } from './events';
import { newProgress } from './evolve-requests';
import { foldMm } from './iommu';
import {
  attachDevice,
  bound,
  LiveIommu,
  pageRequest,
  ready,
  refold,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { acceptedRequest, isFenced, isIdle, openStalls, pendingGroups, ringRecords } from './queries';

const decider = () => testIommu({ priQueueEntries: 64, eventQueueEntries: 4 });

/** The log of an owner that died before it could write the `hw` message of its last cycle: queue messages alone are left (D5). */
function cutAfter(
  live: LiveIommu,
  cycleFrom: number,
  survives = (_group: number): boolean => true,
): IommuEvent[] {
  return live.log.filter(
    (event, place) => place < cycleFrom || (event.kind === 'GroupQueued' && survives(event.group)),
  );
}

/** The owner that folds such a log. */
function successorOf(log: readonly IommuEvent[], epoch = 2): LiveIommu {
  const successor = new LiveIommu(decider(), structuredClone(log));
  successor.send({ kind: 'BeginEpoch', epoch });
  return successor;
}

const kindsOf = (events: readonly AnyIommuEvent[]): string[] => events.map(({ kind }) => kind);
const adoptedOf = (live: LiveIommu, segment = 0): number[] => [
  ...(live.state.durable.segments.get(segment)?.adopted ?? []),
];

describe('D5 an adopted request', () => {
  it('is known by number also in a segment of which nothing else is known', () => {
    const live = new LiveIommu(
      decider(),
      ready.filter(({ kind }) => kind !== 'SegmentResetSeen'),
    );
    const from = live.log.length;
    for (const request of [1, 2, 3]) live.send(pageRequest(request));
    live.drain();
    const successor = successorOf(cutAfter(live, from, (group) => group === 2));
    const again = [1, 2, 3].map((request) => kindsOf(successor.send(pageRequest(request))));
    expect(again).toEqual([['SegmentResetSeen', 'PageRequestQueued'], [], ['PageRequestQueued']]);
    expect(successor.state.durable.segments.get(0)).toEqual(newProgress(1, 3));
  });

  it('D9 of a newer epoch of its segment waits for that epoch, so that what the older one has open is closed', () => {
    const live = new LiveIommu(decider());
    live.send(pageRequest(8));
    live.drain();
    live.send(pageRequest(9, { groupId: 2 }));
    const from = live.log.length;
    for (const request of [1, 2]) live.send(pageRequest(request, { segmentEpoch: 2 }));
    live.drain();
    const successor = successorOf(cutAfter(live, from, (group) => group === 3));
    expect(successor.state.durable.segments.get(0)).toMatchObject({
      epoch: 1,
      ahead: { epoch: 2, adopted: new Set([2]) },
    });
    expect(pendingGroups(successor.state)).toHaveLength(2);
    const heard = successor.send(pageRequest(2, { segmentEpoch: 2 }));
    expect(kindsOf(heard)).toEqual(['SegmentResetSeen', 'GroupDiscarded']);
    expect(pendingGroups(successor.state)).toMatchObject([{ members: [{ request: 2, segmentEpoch: 2 }] }]);
    expect(ringRecords(successor.state)).toEqual([]);
    expect(successor.send(pageRequest(9))).toEqual([]);
    expect(kindsOf(successor.send(pageRequest(1, { segmentEpoch: 2 })))).toEqual(['PageRequestQueued']);
    expect(kindsOf(successor.send(result(1)))).toEqual(['ResultDropped']);
    expect(kindsOf(successor.send(result(3)))).toEqual(['GroupResponded']);
  });

  it('of an epoch that is over says nothing of the current one', () => {
    const live = new LiveIommu(decider());
    live.send(pageRequest(3));
    const [queued] = live.drain();
    if (queued === undefined) throw new Error('a group');
    const successor = successorOf([
      ...ready,
      { kind: 'SegmentResetSeen', segment: 0, segmentEpoch: 2 },
      queued,
    ]);
    expect(adoptedOf(successor)).toEqual([]);
    expect(kindsOf(successor.send(pageRequest(3, { segmentEpoch: 2 })))).toEqual(['PageRequestQueued']);
  });

  it('that was in a ring already is no news', () => {
    const live = new LiveIommu(decider());
    live.send(pageRequest(1));
    live.send(pageRequest(2));
    const from = live.log.length;
    live.drain();
    expect(adoptedOf(successorOf(cutAfter(live, from, (group) => group === 2)))).toEqual([]);
  });

  it('D10 is accepted also behind an access that translates at once at the new owner', () => {
    const live = new LiveIommu(decider());
    const from = live.log.length;
    live.send(stalledAccess(1));
    live.send(stalledAccess(2));
    live.drain();
    const successor = successorOf(cutAfter(live, from, (group) => group === 2));
    expect(adoptedOf(successor)).toEqual([2]);
    foldMm(successor.state, {
      kind: 'PageInstalled',
      ...{
        mm: 7,
        page: 0x101,
        frame: 40,
        permissions: 3,
        cause: 'zero-fill',
        major: false,
        prefetched: false,
      },
    });
    expect([1, 2].map((request) => kindsOf(successor.send(stalledAccess(request))))).toEqual([
      ['StalledAccessTranslated'],
      [],
    ]);
    expect(acceptedRequest(successor.state, 0, 1)).toBe(2);
  });

  it('says nothing of those before it, whatever becomes of it: they may have been lost with the same cycle', () => {
    const live = new LiveIommu(decider());
    const from = live.log.length;
    live.send(stalledAccess(4));
    live.drain();
    const successor = successorOf(cutAfter(live, from));
    expect(adoptedOf(successor)).toEqual([4]);
    expect(kindsOf(successor.send(result(1, { device: 3, code: ResponseCode.INVALID })))).toEqual([
      'GroupResponded',
      'StallEnded',
    ]);
    const progress = () => successor.state.durable.segments.get(0);
    expect(progress()).toEqual({ ...newProgress(1, 0), adopted: new Set([4]) });
    expect([1, 2, 3, 4].map((request) => kindsOf(successor.send(stalledAccess(request))))).toEqual([
      ['StallRecorded'],
      ['StallRecorded'],
      ['StallRecorded'],
      [],
    ]);
    successor.send(stalledAccess(5));
    expect(progress()).toEqual(newProgress(1, 5));
  });

  it('R142 does not hide the reset of its device, which was lost with the same cycle', () => {
    const reset = { kind: 'SeeDeviceReset', segment: 0, segmentEpoch: 1, request: 1, device: 3 } as const;
    const live = new LiveIommu(decider());
    live.send({ kind: 'FenceDevice', device: 3, cause: 'requested' });
    const from = live.log.length;
    live.send(reset);
    live.send(stalledAccess(2));
    live.drain();
    const successor = successorOf(cutAfter(live, from));
    expect(isFenced(successor.state, 3)).toBe(true);
    successor.send(result(1, { device: 3, code: ResponseCode.FAILURE }));
    expect(kindsOf(successor.send(reset))).toEqual(['DeviceResetSeen']);
    expect(isIdle(successor.state)).toBe(true);
  });
});

describe('D5 an adopted group', () => {
  it('of a stall holds its transaction, though the dead owner could not say that it stalled', () => {
    const live = new LiveIommu(decider());
    const from = live.log.length;
    live.send(stalledAccess(1));
    live.drain();
    const successor = successorOf(cutAfter(live, from));
    expect(openStalls(successor.state)).toMatchObject([{ request: 1, device: 3, groupId: 0 }]);
    expect(successor.send(result(1, { device: 3, code: ResponseCode.FAILURE }))).toMatchObject([
      { kind: 'GroupResponded', model: 'stall' },
      { kind: 'StallEnded', request: 1, outcome: 'aborted' },
    ]);
    expect(isIdle(successor.state)).toBe(true);
  });

  it('of a stall takes its record out of the event queue, from behind others too', () => {
    const live = new LiveIommu(decider());
    for (const request of [1, 2, 3]) live.send(stalledAccess(request));
    const from = live.log.length;
    live.drain();
    const successor = successorOf(cutAfter(live, from, (group) => group === 2));
    expect(ringRecords(successor.state).map(({ request }) => request)).toEqual([1, 3]);
    expect(successor.drain().map(({ members }) => members[0]?.request)).toEqual([1, 3]);
    expect(pendingGroups(successor.state)).toHaveLength(3);
  });

  it('of a stall that had waited for room waits no more', () => {
    const live = new LiveIommu(decider());
    for (const request of [1, 2, 3, 4, 5]) live.send(stalledAccess(request));
    const from = live.log.length;
    live.drain();
    const successor = successorOf(cutAfter(live, from));
    expect(successor.state.durable.deferred).toEqual([]);
    expect(successor.drain()).toEqual([]);
    expect(pendingGroups(successor.state)).toHaveLength(5);
    expect(openStalls(successor.state)).toHaveLength(5);
  });

  it('of a stall that was retried is the outcome of the retry', () => {
    const live = new LiveIommu(decider());
    live.send(stalledAccess(1));
    live.drain();
    live.send(result(1, { device: 3 }));
    const answered = live.log.filter((event) => event.kind !== 'StallRecorded' || event.round === 0);
    const second = successorOf(answered);
    const from = second.log.length;
    second.settle();
    second.drain();
    const third = successorOf(cutAfter(second, from), 3);
    expect(third.state.durable.retrying).toEqual([]);
    expect(openStalls(third.state)).toMatchObject([{ request: 1, round: 1 }]);
    expect(pendingGroups(third.state)).toHaveLength(1);
  });

  it('of a stall whose answer was lost with the retry ends once, and the answer lets nothing go', () => {
    const live = new LiveIommu(decider());
    live.send(stalledAccess(1));
    live.drain();
    const from = live.log.length;
    live.send(result(1, { device: 3 }));
    live.drain();
    const successor = successorOf(cutAfter(live, from));
    expect(openStalls(successor.state)).toMatchObject([{ request: 1, round: 1 }]);
    expect(pendingGroups(successor.state)).toHaveLength(2);
    // It is read again, since nobody could say that it was read.
    expect(kindsOf(successor.send(result(1, { device: 3 })))).toEqual(['GroupResponded']);
    expect(openStalls(successor.state)).toMatchObject([{ request: 1, round: 1 }]);
    expect(kindsOf(successor.send(result(2, { device: 3, code: ResponseCode.FAILURE })))).toEqual([
      'GroupResponded',
      'StallEnded',
    ]);
    expect(isIdle(successor.state)).toBe(true);
  });

  it('of a device whose attachment was lost too is answered, and never is overdue', () => {
    const live = new LiveIommu(decider());
    const from = live.log.length;
    live.send(attachDevice(9, { model: 'stall', responseTimeoutMicros: 5 }));
    live.send({ kind: 'BindPasid', device: 9, pasid: 7, mm: 7, shard: 0, generation: 1 });
    live.send(stalledAccess(1, { device: 9 }));
    live.drain();
    const successor = successorOf(cutAfter(live, from));
    expect(pendingGroups(successor.state)).toMatchObject([{ device: 9 }]);
    expect(successor.send({ kind: 'ExpireGroups' }, 1000)).toEqual([]);
    expect(nextResponseDeadline(successor.state)).toBeUndefined();
    expect(kindsOf(successor.send(result(1, { device: 9 })))).toEqual(['GroupResponded']);
    expect(isIdle(successor.state)).toBe(true);
  });

  it('has members: a queue message without any is broken', () => {
    const live = new LiveIommu(decider());
    live.send(pageRequest(1));
    const [queued] = live.drain();
    if (queued === undefined) throw new Error('a group');
    expect(() => refold(decider(), [...ready, { ...queued, members: [] }])).toThrow('group 1 has no member');
  });
});

describe('D10 answered stalls whose outcomes the log lacks', () => {
  /** Three stalls of devices 3 and 4, answered; no outcome reached the log. */
  function retrying(): LiveIommu {
    const live = new LiveIommu(decider(), [...ready]);
    live.send(attachDevice(4, { model: 'stall' }));
    live.send({ kind: 'BindPasid', device: 4, pasid: 7, mm: 7, shard: 0, generation: 1 });
    for (const [request, device] of [
      [1, 3],
      [2, 4],
      [3, 3],
    ] as const)
      live.send(stalledAccess(request, { device }));
    live.drain();
    for (const group of [1, 2, 3]) live.send(result(group));
    return successorOf(
      live.log.filter(
        (event) => (event.kind !== 'StallRecorded' && event.kind !== 'StallDeferred') || event.round === 0,
      ),
    );
  }
  const requestsOf = (live: LiveIommu): number[] => live.state.durable.retrying.map(({ request }) => request);

  it('are something to do, so that the IOMMU is not idle', () => {
    const live = retrying();
    expect(requestsOf(live)).toEqual([1, 2, 3]);
    expect(ringRecords(live.state)).toEqual([]);
    expect(pendingGroups(live.state)).toEqual([]);
    expect(isIdle(live.state)).toBe(false);
  });

  it('R142 end with their device, each its own', () => {
    const live = retrying();
    expect(kindsOf(live.send({ kind: 'FenceDevice', device: 4, cause: 'requested' }))).toEqual([
      'DeviceFenced',
      'StallEnded',
    ]);
    expect(requestsOf(live)).toEqual([1, 3]);
    expect(kindsOf(live.send({ kind: 'DetachDevice', device: 3 }))).toEqual([
      ...['StallEnded', 'StallEnded', 'PasidUnbound', 'DeviceDetached'],
    ]);
    expect(requestsOf(live)).toEqual([]);
    expect(live.send({ kind: 'RetryNext' })).toEqual([]);
  });

  it('are not touched by a stall that comes in between', () => {
    const live = retrying();
    live.send(stalledAccess(4));
    expect(requestsOf(live)).toEqual([1, 2, 3]);
    live.send({ kind: 'RetryNext' });
    expect(requestsOf(live)).toEqual([2, 3]);
  });

  it('R127 are aborted where nothing is bound to the PASID any more', () => {
    const live = retrying();
    live.send({ kind: 'BeginTeardown', device: 3, pasid: 7, cause: 'unbind' });
    const finish = {
      kind: 'FinishTeardownStep',
      device: 3,
      pasid: 7,
      generation: 1,
      outcome: 'done',
    } as const;
    live.send({ ...finish, step: 'stop' });
    expect(live.send({ kind: 'RetryNext' })).toMatchObject([
      { kind: 'StallEnded', request: 1, outcome: 'aborted', code: ResponseCode.INVALID },
    ]);
  });

  it.each<[string, AnyIommuEvent]>([
    ['is cut off', { kind: 'DeviceFenced', device: 3, cause: 'requested', atMicros: 0 }],
    ['is gone', { kind: 'DeviceDetached', device: 3 }],
  ])(
    'R31 are aborted with FAILURE where their device %s, also if the log could not say that they ended',
    (_name, event) => {
      const live = retrying();
      live.decider.evolve(live.state, event);
      expect(live.send({ kind: 'RetryNext' })).toMatchObject([
        { kind: 'StallEnded', request: 1, outcome: 'aborted', code: ResponseCode.FAILURE },
      ]);
    },
  );
});

describe('PartialsDiscarded', () => {
  it('R99 of device 0 is of that device alone', () => {
    const live = new LiveIommu(decider(), [...ready]);
    live.send(attachDevice(0));
    for (const [request, device] of [
      [1, 0],
      [2, 1],
    ] as const)
      live.send(pageRequest(request, { device, last: false }));
    live.drain();
    expect(live.send({ kind: 'FenceDevice', device: 0, cause: 'requested' })).toMatchObject([
      { kind: 'DeviceFenced' },
      { kind: 'PartialsDiscarded', device: 0, pasid: EVERY_PASID, count: 1 },
    ]);
    const left = [...live.state.durable.iopf.devices.values()].flatMap(({ partial }) => partial);
    expect(left.map(({ device }) => device)).toEqual([1]);
  });
});

it('D8 the page of an adopted stall may be there by the time of its answer', () => {
  const live = new LiveIommu(decider(), [...ready, bound(3, 8)]);
  const from = live.log.length;
  live.send(stalledAccess(1, { page: 5 }));
  live.drain();
  const successor = successorOf(cutAfter(live, from));
  foldMm(successor.state, {
    kind: 'PageInstalled',
    mm: 7,
    page: 5,
    frame: 1,
    permissions: 3,
    cause: 'zero-fill',
    major: false,
    prefetched: false,
  });
  expect(successor.send(result(1, { device: 3 }))).toMatchObject([
    { kind: 'GroupResponded', code: ResponseCode.SUCCESS },
    { kind: 'StallEnded', outcome: 'completed' },
  ]);
});
