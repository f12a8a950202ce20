import { ResponseCode } from '../kernel/vocabulary';
import { foldMm } from './iommu';
import { attachDevice, bound, LiveIommu, ready, result, stalledAccess, testIommu } from './iommu.testkit';
import { acceptedRequest, openStalls, ringRecords } from './queries';

function install(live: LiveIommu, page: number, permissions = 3): void {
  foldMm(live.state, {
    kind: 'PageInstalled',
    mm: 7,
    page,
    frame: 40,
    permissions,
    cause: 'zero-fill',
    major: false,
    prefetched: false,
  });
}

describe('stalled accesses', () => {
  it('R32 a missing translation holds the access and records it with a tag and its byte', () => {
    const live = new LiveIommu();
    expect(live.send(stalledAccess(1), 9)).toMatchObject([
      {
        kind: 'StallRecorded',
        request: 1,
        groupId: 0,
        offset: 8,
        last: true,
        deferred: false,
        writtenAtMicros: 9,
      },
    ]);
    expect(live.drain()).toMatchObject([{ model: 'stall', groupId: 0, members: [{ request: 1 }] }]);
  });

  it('D10 an access that translates at once is accepted without a durable event', () => {
    const live = new LiveIommu();
    install(live, 0x101);
    const before = live.log.length;
    expect(live.send(stalledAccess(1))).toMatchObject([
      { kind: 'StalledAccessTranslated', request: 1, device: 3 },
    ]);
    expect(live.send(stalledAccess(1))).toEqual([]);
    expect(live.log).toHaveLength(before);
    expect(acceptedRequest(live.state, 0, 1)).toBe(1);
    expect(openStalls(live.state)).toEqual([]);
  });

  it('R31 configuration errors terminate: no such device is FAILURE, no binding is INVALID', () => {
    const live = new LiveIommu();
    expect(live.send(stalledAccess(1, { device: 42 }))).toMatchObject([
      { kind: 'StallEnded', outcome: 'aborted', code: ResponseCode.FAILURE, rounds: 0 },
    ]);
    expect(live.send(stalledAccess(2, { pasid: 99 }))).toMatchObject([
      { kind: 'StallEnded', outcome: 'aborted', code: ResponseCode.INVALID },
    ]);
    expect(live.send(stalledAccess(2, { pasid: 99 }))).toEqual([]);
  });

  it('R39 a full event queue loses no stall: records come when there is room, in order', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    expect(live.send(stalledAccess(2))).toMatchObject([{ kind: 'StallDeferred', request: 2, groupId: 1 }]);
    live.send({ kind: 'DrainNext' });
    expect(live.send(stalledAccess(3))).toMatchObject([{ kind: 'StallDeferred', request: 3 }]);
    expect(live.send({ kind: 'FinishDrain' }, 50)).toMatchObject([
      { kind: 'StallRecorded', request: 2, groupId: 1, deferred: true, writtenAtMicros: 50 },
    ]);
    expect(live.drain().map((group) => group.members[0]?.request)).toEqual([2, 3]);
    expect(openStalls(live.state)).toHaveLength(3);
    expect(live.log.some((event) => event.kind === 'RingOverflowSet')).toBe(false);
  });

  it('R35 SUCCESS retries it as if it had just arrived: translated, it is completed', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    live.drain();
    install(live, 0x101);
    expect(live.send(result(1), 70)).toMatchObject([
      { kind: 'GroupResponded', model: 'stall', code: ResponseCode.SUCCESS },
      { kind: 'StallEnded', outcome: 'completed', request: 1, rounds: 1, endedAtMicros: 70 },
    ]);
    expect(openStalls(live.state)).toEqual([]);
  });

  it('R35 SUCCESS without enough permission stalls again: new tag, next round, same request', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    live.drain();
    install(live, 0x101, 1);
    expect(live.send(result(1))).toMatchObject([
      { kind: 'GroupResponded' },
      { kind: 'StallRecorded', request: 1, groupId: 1, round: 1 },
    ]);
    expect(openStalls(live.state)).toHaveLength(1);
    expect(live.drain()).toMatchObject([{ group: 2, groupId: 1 }]);
    install(live, 0x101);
    expect(live.send(result(2))).toMatchObject([{}, { kind: 'StallEnded', rounds: 2 }]);
  });

  it.each([ResponseCode.INVALID, ResponseCode.FAILURE])('R36 code %s aborts it', (code) => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    live.drain();
    expect(live.send(result(1, { code }))).toMatchObject([
      { kind: 'GroupResponded', code },
      { kind: 'StallEnded', outcome: 'aborted', code },
    ]);
  });

  it('R33 a tag is not used again before its end, also when the counter has wrapped', () => {
    const live = new LiveIommu(testIommu({ eventQueueEntries: 8 }));
    live.send(stalledAccess(1));
    const device = live.state.durable.devices.get(3);
    if (device) device.nextTag = 0xffff;
    expect(live.send(stalledAccess(2))).toMatchObject([{ groupId: 0xffff }]);
    expect(live.send(stalledAccess(3))).toMatchObject([{ groupId: 1 }]);
  });

  it('R40 without a free tag the access is not accepted, so that its segment sends it again', () => {
    const live = new LiveIommu();
    const device = live.state.durable.devices.get(3);
    live.send(stalledAccess(1));
    const held = openStalls(live.state)[0];
    for (let tag = 0; held && tag <= 0xffff; tag += 1) device?.stalls.set(tag, held);
    expect(live.send(stalledAccess(2))).toEqual([
      { kind: 'StalledAccessRefused', segment: 0, segmentEpoch: 1, request: 2 },
    ]);
    expect(acceptedRequest(live.state, 0, 1)).toBe(1);
  });

  it('D10 an answered stall whose outcome the log lacks is retried by the next owner', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    live.drain();
    live.send(result(1));
    const cut = live.log.filter((event) => event.kind !== 'StallRecorded' || event.round === 0);
    const successor = new LiveIommu(live.decider, cut);
    install(successor, 0x101);
    successor.settle();
    expect(successor.log.at(-1)).toMatchObject({ kind: 'StallEnded', outcome: 'completed', request: 1 });
  });

  it('R37 the record of a transaction that is gone is refused without an answer', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    live.send({ kind: 'DetachDevice', device: 3 });
    expect(ringRecords(live.state)).toHaveLength(1);
    expect(live.send({ kind: 'DrainNext' })).toMatchObject([{ kind: 'FaultRefused', answered: false }]);
    expect(openStalls(live.state)).toEqual([]);
  });
});

describe('what a held access says of itself', () => {
  it('R32 it is last in its group, of the binding as it is, recorded or waiting for room', () => {
    const live = new LiveIommu(testIommu(), [...ready, bound(3, 8, { generation: 5 })]);
    const facts = { last: true, generation: 5, pasid: 8, offset: 8, round: 0 };
    expect(live.send(stalledAccess(1, { pasid: 8, last: false }))).toMatchObject([
      { kind: 'StallRecorded', ...facts },
    ]);
    expect(live.send(stalledAccess(2, { pasid: 8, last: false }))).toMatchObject([
      { kind: 'StallDeferred', ...facts },
    ]);
  });

  it('R31 a device of the page request model does not stall', () => {
    const live = new LiveIommu();
    expect(live.send(stalledAccess(1, { device: 1 }))).toMatchObject([
      { kind: 'StallEnded', outcome: 'aborted', code: ResponseCode.FAILURE },
    ]);
  });

  it('R31 an access that asks for nothing stalls like any other while its page is missing', () => {
    const live = new LiveIommu();
    expect(live.send(stalledAccess(1, { permissions: 0 }))).toMatchObject([{ kind: 'StallRecorded' }]);
    install(live, 0x102);
    expect(live.send(stalledAccess(2, { permissions: 0 }))).toMatchObject([
      { kind: 'StalledAccessTranslated' },
    ]);
  });

  it('R37 the record of a transaction that is gone says that nobody handles it', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    live.send({ kind: 'DetachDevice', device: 3 });
    live.send(attachDevice(3, { model: 'stall' }));
    live.send({ kind: 'BindPasid', device: 3, pasid: 7, mm: 7, shard: 0, generation: 2 });
    live.send(stalledAccess(2));
    expect(live.send({ kind: 'DrainNext' })).toMatchObject([
      { kind: 'FaultRefused', request: 1, reason: 'no-handler', answered: false, code: ResponseCode.FAILURE },
    ]);
    expect(openStalls(live.state)).toMatchObject([{ request: 2 }]);
  });

  it('D10 there is nothing to retry where no answered stall lacks its outcome', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    expect(live.send({ kind: 'RetryNext' })).toEqual([]);
  });
});
