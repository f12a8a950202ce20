import { EVERY_PASID } from '../device/atc';
import { ResponseCode } from '../kernel/vocabulary';
import { bound, LiveIommu, pageRequest, ready, testIommu } from './iommu.testkit';
import { countIommu, isDrained, pendingGroups } from './queries';

const next = { kind: 'DrainNext' } as const;

describe('draining the page request ring', () => {
  it('R80 closes a group with all its members in order of arrival, others interleaved', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }));
    live.send(pageRequest(1, { groupId: 5, last: false }));
    live.send(pageRequest(2, { groupId: 6, last: false }));
    live.send(pageRequest(3, { groupId: 5, last: false }));
    live.send(pageRequest(4, { groupId: 5, device: 2 }));
    live.send(pageRequest(5, { groupId: 5 }));
    const groups = live.drain(90);
    expect(groups.map((group) => group.members.map((member) => member.request))).toEqual([[4], [1, 3, 5]]);
    expect(groups[1]).toMatchObject({
      group: 2,
      groupId: 5,
      device: 1,
      queue: 'iommu-0',
      queuedAtMicros: 90,
      order: 0,
    });
    expect(countIommu(live.state)).toMatchObject({ partials: 1, pendingGroups: 2 });
  });

  it('R79 a non-last member waits, one event for it', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1, { last: false }));
    expect(live.send(next)).toEqual([
      { kind: 'FaultParked', segment: 0, segmentEpoch: 1, request: 1, device: 1, groupId: 1 },
    ]);
  });

  it('R75 a stop marker is dropped before reporting', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1, { permissions: 0 }));
    expect(live.send(next)).toMatchObject([{ kind: 'StopMarkerDropped', request: 1, pasid: 7 }]);
  });

  it('R98 a request of a device that is gone is answered INVALID, a non-last one only dropped (rule 29)', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1, { last: false }));
    live.send(pageRequest(2));
    live.send({ kind: 'DetachDevice', device: 1 });
    expect(live.send(next)).toMatchObject([{ kind: 'FaultRefused', reason: 'no-handler', answered: false }]);
    expect(live.send(next)).toMatchObject([
      { kind: 'FaultRefused', answered: true, code: ResponseCode.INVALID },
    ]);
    expect(live.send(next)).toEqual([]);
  });

  it('R88 recovery drops all partial groups, then clears the flag', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1, { last: false, device: 1 }));
    live.send(pageRequest(2, { last: false, device: 2 }));
    live.send(pageRequest(3));
    live.send(pageRequest(4));
    expect(live.send({ kind: 'FinishDrain' })).toEqual([]);
    for (let i = 0; i < 3; i += 1) live.send(next);
    expect(live.send({ kind: 'FinishDrain' })).toEqual([
      { kind: 'PartialsDiscarded', device: -1, pasid: EVERY_PASID, count: 2, cause: 'overflow' },
      { kind: 'RingOverflowCleared', model: 'pri' },
    ]);
    expect(live.send(pageRequest(5))).toMatchObject([{ kind: 'PageRequestQueued' }]);
  });

  it('R53 after recovery a reused index makes a new group without the corpse of the old one', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1, { groupId: 9, last: false }));
    live.send(pageRequest(2));
    live.send(pageRequest(3));
    live.send(pageRequest(4, { groupId: 9 }));
    live.drain();
    live.send(pageRequest(5, { groupId: 9 }));
    expect(live.drain()[0]?.members.map((member) => member.request)).toEqual([5]);
  });

  it('R135 names the queue by the mm of the last member', () => {
    const live = new LiveIommu(testIommu({ topology: 'per-domain' }), [...ready, bound(1, 8, { mm: 80 })]);
    live.send(pageRequest(1, { groupId: 3, last: false }));
    live.send(pageRequest(2, { groupId: 3, pasid: 8 }));
    live.send(pageRequest(3, { pasid: 99 }));
    expect(live.drain().map((group) => group.queue)).toEqual(['mm-80', 'mm-none']);
  });

  it('D2 is drained when no ring record and no member of any group has the PASID', () => {
    const live = new LiveIommu(testIommu(), [...ready, bound(1, 8)]);
    live.send(pageRequest(1, { groupId: 3, pasid: 8, last: false }));
    live.send(pageRequest(2, { groupId: 3, pasid: 7 }));
    expect(isDrained(live.state, 1, 8)).toBe(false);
    live.drain();
    expect(pendingGroups(live.state)).toHaveLength(1);
    expect(isDrained(live.state, 1, 8)).toBe(false);
    live.send({ kind: 'AdmitResult', group: 1, epoch: 1, device: 1, code: 0, positions: [], sequence: 1 });
    expect(isDrained(live.state, 1, 8)).toBe(true);
  });
});
