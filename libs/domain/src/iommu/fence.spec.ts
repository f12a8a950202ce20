import { ResponseCode } from '../kernel/vocabulary';
import type { IommuCommand } from './commands';
import { foldMm } from './iommu';
import {
  attachDevice,
  LiveIommu,
  pageRequest,
  READ_WRITE,
  refold,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { acceptedRequest, isFenced, isIdle, openStalls, pendingGroups, ringRecords } from './queries';

const fence = (device: number): IommuCommand => ({ kind: 'FenceDevice', device, cause: 'requested' });
const seen = (device: number, request: number, segmentEpoch = 1): IommuCommand => ({
  kind: 'SeeDeviceReset',
  segment: 0,
  segmentEpoch,
  request,
  device,
});

/** Page 1 of the mm that PASID 7 names is present. */
function install(live: LiveIommu): void {
  foldMm(live.state, {
    kind: 'PageInstalled',
    mm: 7,
    page: 1,
    frame: 5,
    permissions: READ_WRITE,
    cause: 'zero-fill',
    major: false,
    prefetched: false,
  });
}

/** Device 1 has a group, a partial and a record in the ring; device 2 a group; device 3 two stalls, one of them in a group. */
function busy(): LiveIommu {
  const live = new LiveIommu(testIommu({ priQueueEntries: 16, eventQueueEntries: 4 }));
  live.send(pageRequest(1));
  live.send(pageRequest(2, { groupId: 9, last: false }));
  live.send(pageRequest(3, { device: 2 }));
  live.send(stalledAccess(4));
  live.drain();
  live.send(pageRequest(5));
  live.send(pageRequest(6, { device: 2 }));
  live.send(stalledAccess(7));
  return live;
}

describe('a device that is cut off', () => {
  it('R142 has everything it had open closed without an answer, and nobody else has', () => {
    const live = busy();
    expect(live.send(fence(1), 90)).toMatchObject([
      { kind: 'DeviceFenced', device: 1, cause: 'requested', atMicros: 90 },
      { kind: 'FaultRefused', request: 5, reason: 'fenced', answered: false },
      { kind: 'PartialsDiscarded', device: 1, count: 1, cause: 'fenced' },
      { kind: 'GroupDiscarded', group: 1, device: 1, cause: 'fenced' },
    ]);
    expect(ringRecords(live.state).map(({ request }) => request)).toEqual([6, 7]);
    expect(pendingGroups(live.state).map(({ device }) => device)).toEqual([2, 3]);
    expect(openStalls(live.state)).toHaveLength(2);
    expect(live.send(result(1))).toMatchObject([{ kind: 'ResultDropped', reason: 'duplicate' }]);
    expect(refold(live.decider, live.log).durable).toEqual(live.state.durable);
  });

  it('R142 a stalling master loses its held transactions, also those that are being retried', () => {
    const live = busy();
    live.send(result(3));
    const cut = live.log.filter((event) => event.kind !== 'StallRecorded' || event.round === 0);
    const successor = new LiveIommu(live.decider, cut);
    expect(successor.state.durable.retrying).toHaveLength(1);
    expect(successor.send(fence(3))).toMatchObject([
      { kind: 'DeviceFenced', device: 3 },
      { kind: 'FaultRefused', request: 7, reason: 'fenced', answered: false },
      { kind: 'StallEnded', request: 7, outcome: 'aborted' },
      { kind: 'StallEnded', request: 4, outcome: 'aborted' },
    ]);
    expect(openStalls(successor.state)).toEqual([]);
  });

  it('R142 misses every translation and gets no answer until its reset was seen', () => {
    const live = new LiveIommu();
    const translate = {
      kind: 'Translate',
      translation: 1,
      device: 1,
      pasid: 7,
      page: 1,
      permissions: READ_WRITE,
    } as const;
    live.send(fence(1));
    live.send(fence(3));
    install(live);
    expect(live.send(translate)).toMatchObject([{ status: 'success', permissions: 0, iotlbHit: false }]);
    expect(live.send(pageRequest(1))).toMatchObject([
      { kind: 'PageRequestDropped', cause: 'fenced', answered: false, code: 0, generation: 1 },
    ]);
    expect(live.send(stalledAccess(2))).toMatchObject([
      { kind: 'StallEnded', outcome: 'aborted', code: ResponseCode.FAILURE },
    ]);
    expect([1, 2, 3, 99].filter((device) => isFenced(live.state, device))).toEqual([1, 3]);
    expect(isIdle(live.state)).toBe(false);
    expect(live.send(seen(1, 3))).toEqual([
      { kind: 'DeviceResetSeen', segment: 0, segmentEpoch: 1, request: 3, device: 1 },
    ]);
    live.send(seen(3, 4));
    expect(isIdle(live.state)).toBe(true);
    expect(live.send(translate)).toMatchObject([{ status: 'success', permissions: READ_WRITE }]);
    expect(live.send(pageRequest(5))).toMatchObject([{ kind: 'PageRequestQueued' }]);
  });

  it('stays so when it is cut off again; one that is not attached cannot be', () => {
    const live = new LiveIommu(testIommu(), []);
    live.send({ kind: 'BindPasid', device: 1, pasid: 7, mm: 7, shard: 0, generation: 1 });
    expect(live.send(fence(1))).toEqual([]);
    expect(live.send(fence(2))).toEqual([]);
    live.send(attachDevice(1));
    expect(live.send(fence(1))).toHaveLength(1);
    expect(live.send(fence(1))).toEqual([]);
  });
});

describe('the reset message of a device', () => {
  it('R142 has a number like a request: it is seen once, and not in an older epoch', () => {
    const live = new LiveIommu();
    live.send(fence(1));
    live.send(seen(1, 1));
    expect(acceptedRequest(live.state, 0, 1)).toBe(1);
    live.send(fence(1));
    expect(live.send(seen(1, 1))).toEqual([]);
    expect(isFenced(live.state, 1)).toBe(true);
    live.send({ kind: 'SeeSegmentEpoch', segment: 0, segmentEpoch: 2 });
    expect(live.send(seen(1, 2))).toEqual([]);
  });

  it('D9 a new epoch of the segment is a reset of all its devices', () => {
    const live = busy();
    live.send(attachDevice(21, { segment: 1 }));
    for (const device of [1, 21]) live.send(fence(device));
    const events = live.send(seen(2, 1, 2));
    expect(events[0]).toEqual({ kind: 'SegmentResetSeen', segment: 0, segmentEpoch: 2 });
    expect(events.at(-1)).toMatchObject({ kind: 'DeviceResetSeen', segmentEpoch: 2, request: 1 });
    expect([1, 2, 21].map((device) => isFenced(live.state, device))).toEqual([false, false, true]);
    expect(pendingGroups(live.state)).toEqual([]);
  });

  it('R21 of a device that was not cut off closes what it had open', () => {
    const live = busy();
    expect(live.send(seen(2, 8))).toMatchObject([
      { kind: 'DeviceResetSeen', device: 2 },
      { kind: 'FaultRefused', request: 6, reason: 'fenced' },
      { kind: 'GroupDiscarded', device: 2, cause: 'reset' },
    ]);
  });

  it('R104 of a device that is gone is taken all the same, since later requests follow it', () => {
    const live = new LiveIommu();
    live.send({ kind: 'DetachDevice', device: 1 });
    expect(live.send(seen(1, 1))).toMatchObject([{ kind: 'DeviceResetSeen' }]);
    expect(live.send(pageRequest(2, { device: 2 }))).toMatchObject([{ kind: 'PageRequestQueued' }]);
  });
});

describe('an access that the bus pushes back', () => {
  /** All tags of device 3 are in use. */
  function full(): LiveIommu {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    const device = live.state.durable.devices.get(3);
    const held = openStalls(live.state)[0];
    for (let tag = 0; held && tag <= 0xffff; tag += 1) device?.stalls.set(tag, held);
    live.send(stalledAccess(2));
    return live;
  }

  it('R40 keeps every later request of its segment waiting, and is taken first when a tag is free', () => {
    const live = full();
    expect(live.send(pageRequest(3))).toEqual([]);
    expect(live.send(seen(1, 3))).toEqual([]);
    expect(live.send(pageRequest(1, { segment: 5, segmentEpoch: 1 }))).toHaveLength(2);
    live.state.durable.devices.get(3)?.stalls.delete(77);
    expect(live.send(stalledAccess(2))).toMatchObject([{ kind: 'StallDeferred', request: 2, groupId: 77 }]);
    expect(live.send(pageRequest(3))).toMatchObject([{ kind: 'PageRequestQueued' }]);
  });

  it('D9 is forgotten with the epoch of its segment', () => {
    const live = full();
    live.send({ kind: 'SeeSegmentEpoch', segment: 0, segmentEpoch: 2 });
    expect(live.send(pageRequest(3, { segmentEpoch: 2 }))).toMatchObject([{ kind: 'PageRequestQueued' }]);
  });
});
