import {
  attachDevice,
  attached,
  bound,
  LiveIommu,
  pageRequest,
  ready,
  refold,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { isIdle, openStalls, pendingGroups, ringRecords } from './queries';
import { isVoid } from './reset';

describe('a new segment epoch', () => {
  function busy(): LiveIommu {
    const live = new LiveIommu(testIommu());
    live.send(pageRequest(1));
    live.send(pageRequest(2, { last: false }));
    live.send(stalledAccess(3));
    live.drain();
    live.send(stalledAccess(4));
    live.send(stalledAccess(5));
    for (let request = 6; request <= 8; request += 1) live.send(pageRequest(request));
    return live;
  }

  it('D9 closes the old epoch: partials, ring records, groups and stalls, then takes the new request', () => {
    const live = busy();
    const events = live.send(pageRequest(1, { segmentEpoch: 2 }), 40);
    expect(events).toMatchObject([
      { kind: 'SegmentResetSeen', segment: 0, segmentEpoch: 2 },
      { kind: 'PartialsDiscarded', device: 1, count: 1, cause: 'reset' },
      { kind: 'GroupDiscarded', group: 1, cause: 'reset' },
      { kind: 'GroupDiscarded', group: 2, cause: 'reset' },
      { kind: 'StallEnded', request: 3, outcome: 'aborted' },
      { kind: 'StallEnded', request: 4, outcome: 'aborted' },
      { kind: 'StallEnded', request: 5, outcome: 'aborted' },
      { kind: 'PageRequestQueued', request: 1, segmentEpoch: 2 },
    ]);
    expect(ringRecords(live.state)).toMatchObject([{ segmentEpoch: 2 }]);
    expect(openStalls(live.state)).toEqual([]);
    expect(pendingGroups(live.state)).toEqual([]);
    expect(refold(live.decider, live.log).durable).toEqual(live.state.durable);
  });

  it('D9 leaves other segments alone, and late results of the old epoch are dropped', () => {
    const live = busy();
    live.send(attachDevice(11, { segment: 1 }));
    live.send({ kind: 'SeeSegmentEpoch', segment: 1, segmentEpoch: 1 });
    expect(pendingGroups(live.state)).toHaveLength(2);
    live.send({ kind: 'SeeSegmentEpoch', segment: 0, segmentEpoch: 2 });
    expect(live.send(result(1))).toMatchObject([{ kind: 'ResultDropped', reason: 'duplicate' }]);
    expect(live.send({ kind: 'SeeSegmentEpoch', segment: 0, segmentEpoch: 2 })).toEqual([]);
    expect(isIdle(live.state)).toBe(true);
  });

  it('R104 a device that goes away closes what it had open, each once', () => {
    const live = busy();
    live.send({ kind: 'DetachDevice', device: 3 });
    const events = live.send({ kind: 'DetachDevice', device: 1 });
    expect(events.map((event) => event.kind)).toEqual([
      'PartialsDiscarded',
      'GroupDiscarded',
      'PasidUnbound',
      'DeviceDetached',
    ]);
    live.drain();
    expect(isIdle(live.state)).toBe(true);
    expect(live.send({ kind: 'DetachDevice', device: 1 })).toEqual([]);
  });

  it('D4 an owner epoch that is not newer is nobody', () => {
    const live = busy();
    expect(live.send({ kind: 'BeginEpoch', epoch: 1 })).toEqual([]);
    expect(live.send({ kind: 'BeginEpoch', epoch: 2 })).toMatchObject([
      { kind: 'IommuOwnerChanged', epoch: 2 },
    ]);
  });
});

describe('a new epoch of one segment beside another segment', () => {
  const others = [
    attached(11, { segment: 1 }),
    attached(13, { segment: 1, model: 'stall' }),
    bound(11, 7),
    bound(13, 7),
  ];
  const other = { segment: 1, segmentEpoch: 1 } as const;

  /** Segment 1 is at its first epoch, like segment 0. */
  function beside(config = {}): LiveIommu {
    const live = new LiveIommu(testIommu(config), [...ready, ...others]);
    live.send({ kind: 'SeeSegmentEpoch', segment: 1, segmentEpoch: 1 });
    return live;
  }

  it('D9 the older epochs of that segment are over, and nothing else is', () => {
    const record = (segment: number, segmentEpoch: number) => ({
      ...pageRequest(1, { segment, segmentEpoch }),
      generation: 1,
      writtenAtMicros: 0,
    });
    expect(
      [record(4, 2), record(4, 3), record(5, 2), record(4, 4)].map((each) => isVoid(each, 4, 3)),
    ).toEqual([...[true, false, false, false]]);
  });

  it('D9 takes out of rings, partial lists and groups what is of that segment', () => {
    const live = beside({ priQueueEntries: 16, eventQueueEntries: 4 });
    live.send(pageRequest(1));
    live.send(pageRequest(1, { ...other, device: 11, groupId: 5 }));
    live.send(pageRequest(2, { ...other, device: 11, groupId: 6, last: false }));
    live.send(stalledAccess(3, { ...other, device: 13 }));
    live.drain();
    live.send(pageRequest(2));
    live.send(pageRequest(4, { ...other, device: 11 }));
    live.send(stalledAccess(5, { ...other, device: 13 }));
    expect(live.send({ kind: 'SeeSegmentEpoch', segment: 0, segmentEpoch: 2 })).toMatchObject([
      { kind: 'SegmentResetSeen', segment: 0 },
      { kind: 'GroupDiscarded', device: 1 },
    ]);
    expect(ringRecords(live.state).map(({ segment, request }) => [segment, request])).toEqual([
      [1, 4],
      [1, 5],
    ]);
    expect(pendingGroups(live.state).map(({ device }) => device)).toEqual([11, 13]);
    expect(openStalls(live.state).map(({ request }) => request)).toEqual([3, 5]);
    expect(live.state.durable.iopf.devices.get(11)).toMatchObject({
      partial: [{ request: 2 }],
      pending: [{ groupId: 5 }],
    });
  });

  it('D9 its event alone takes the records of the older epoch from wherever they wait', () => {
    const live = beside();
    live.send(stalledAccess(1));
    live.send(pageRequest(2));
    live.drain();
    live.send(stalledAccess(3));
    live.send(stalledAccess(4));
    live.send(stalledAccess(1, { ...other, device: 13 }));
    live.decider.evolve(live.state, { kind: 'SegmentResetSeen', segment: 0, segmentEpoch: 2 });
    expect(ringRecords(live.state)).toEqual([]);
    expect(live.state.durable.deferred).toMatchObject([{ segment: 1, request: 1 }]);
    const pending = [...live.state.durable.iopf.devices.values()].flatMap((device) => device.pending);
    expect(pending).toEqual([]);
  });

  it('R50 D9 its first request finds the ring full of records of others', () => {
    const live = beside();
    live.send(pageRequest(1));
    live.send(pageRequest(1, { ...other, device: 11 }));
    live.send(pageRequest(2, { ...other, device: 11 }));
    expect(live.send(pageRequest(1, { segmentEpoch: 2 })).at(-1)).toMatchObject({
      kind: 'PageRequestQueued',
    });
    live.send(pageRequest(2, { segmentEpoch: 2 }));
    const full = beside();
    for (const request of [1, 2, 3]) full.send(pageRequest(request, { ...other, device: 11 }));
    expect(full.send(pageRequest(1, { segmentEpoch: 2 }))).toMatchObject([
      { kind: 'SegmentResetSeen' },
      { kind: 'RingOverflowSet' },
      { kind: 'PageRequestDropped', cause: 'overflow' },
    ]);
  });

  it('R39 D9 its first stall lines up behind stalls of others, and behind no others', () => {
    const alone = beside();
    alone.send(stalledAccess(1));
    alone.send(stalledAccess(2));
    expect(alone.send(stalledAccess(1, { segmentEpoch: 2 })).at(-1)).toMatchObject({ kind: 'StallRecorded' });
    const empty = beside();
    expect(empty.send(stalledAccess(1, { segmentEpoch: 2 })).at(-1)).toMatchObject({ kind: 'StallRecorded' });
    const behind = beside();
    behind.send(stalledAccess(1));
    behind.send(stalledAccess(2));
    behind.send(stalledAccess(1, { ...other, device: 13 }));
    expect(behind.send(stalledAccess(1, { segmentEpoch: 2 })).at(-1)).toMatchObject({
      kind: 'StallDeferred',
    });
    const full = beside();
    full.send(stalledAccess(1, { ...other, device: 13 }));
    expect(full.send(stalledAccess(1, { segmentEpoch: 2 })).at(-1)).toMatchObject({ kind: 'StallDeferred' });
  });
});
