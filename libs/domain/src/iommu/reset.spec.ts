import {
  attachDevice,
  LiveIommu,
  pageRequest,
  refold,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { isIdle, openStalls, pendingGroups, ringRecords } from './queries';

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
