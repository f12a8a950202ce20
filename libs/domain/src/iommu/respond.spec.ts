import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import { reachPosition } from './iommu';
import { LiveIommu, pageRequest, result, testIommu } from './iommu.testkit';
import { oldestWaitingSequence, pendingGroups } from './queries';
import { hasReadyResults } from './respond';

function withGroups(count: number, overrides = {}, config = {}): LiveIommu {
  const live = new LiveIommu(testIommu({ priQueueEntries: 64, ...config }));
  for (let request = 1; request <= count; request += 1) live.send(pageRequest(request, overrides));
  live.drain();
  return live;
}

describe('responding', () => {
  it('R61 answers a group with the number of its last member', () => {
    expect(withGroups(1).send(result(1), 77)).toEqual([
      {
        kind: 'GroupResponded',
        group: 1,
        groupEpoch: 1,
        device: 1,
        segment: 0,
        groupId: 1,
        pasid: NO_PASID,
        code: ResponseCode.SUCCESS,
        model: 'pri',
        cause: 'handled',
        respondedAtMicros: 77,
      },
    ]);
  });

  it('R86 the response carries the PASID iff the device wants it and the request had one', () => {
    expect(withGroups(1, { device: 2 }).send(result(1))).toMatchObject([{ pasid: 7 }]);
    expect(withGroups(1, { device: 2, pasid: NO_PASID }).send(result(1))).toMatchObject([
      { pasid: NO_PASID },
    ]);
  });

  it('I2 a second result for the same group is dropped', () => {
    const live = withGroups(1);
    live.send(result(1));
    expect(live.send(result(1))).toEqual([
      { kind: 'ResultDropped', group: 1, groupEpoch: 1, reason: 'duplicate' },
    ]);
  });

  it('D1 a result for a group that never was is dropped, even if its number and epoch look near', () => {
    const live = withGroups(1);
    for (const [group, epoch] of [
      [2, 1],
      [0, 1],
      [1, 2],
      [1, 0],
    ] as const) {
      expect(live.send(result(group, { epoch }))).toMatchObject([
        { kind: 'ResultDropped', reason: 'unknown' },
      ]);
    }
  });

  it('D1 groups of an older owner are answered under their own epoch, next to those of the new one', () => {
    const live = withGroups(2);
    live.send({ kind: 'BeginEpoch', epoch: 4 });
    live.send(pageRequest(3));
    expect(live.drain()).toMatchObject([{ group: 1 }]);
    expect(live.send(result(1, { epoch: 4 }))).toMatchObject([
      { kind: 'GroupResponded', groupEpoch: 4, groupId: 3 },
    ]);
    expect(live.send(result(1))).toMatchObject([{ kind: 'GroupResponded', groupEpoch: 1, groupId: 1 }]);
    expect(live.send(result(3))).toMatchObject([{ kind: 'ResultDropped', reason: 'unknown' }]);
    expect(pendingGroups(live.state).map((group) => group.groupId)).toEqual([2]);
  });

  it('D8 answers only when the replica has reached every mapping of the group', () => {
    const live = withGroups(2);
    const positions = [
      { shard: 0, sequence: 5 },
      { shard: 1, sequence: 9 },
    ];
    expect(live.send(result(1, { positions, sequence: 31 }))).toMatchObject([{ kind: 'ResultWaiting' }]);
    expect(live.send(result(1, { positions, sequence: 32 }))).toMatchObject([{ kind: 'ResultDropped' }]);
    expect(oldestWaitingSequence(live.state)).toBe(31);
    reachPosition(live.state, 1, 9);
    reachPosition(live.state, 0, 4);
    expect(hasReadyResults(live.state)).toBe(false);
    reachPosition(live.state, 0, 5);
    expect(live.send({ kind: 'RespondNext' })).toMatchObject([{ kind: 'GroupResponded', group: 1 }]);
    expect(hasReadyResults(live.state)).toBe(false);
    expect(oldestWaitingSequence(live.state)).toBeUndefined();
    expect(live.send({ kind: 'RespondNext' })).toEqual([]);
  });

  it('D8 a group that is discarded while its result waits is never answered', () => {
    const live = withGroups(1);
    live.send(result(1, { positions: [{ shard: 0, sequence: 5 }] }));
    live.send({ kind: 'DetachDevice', device: 1 });
    reachPosition(live.state, 0, 5);
    expect(hasReadyResults(live.state)).toBe(false);
  });

  it('rule 19 reused group ids: each group still gets one answer', () => {
    const live = withGroups(2, { groupId: 4, device: 2 });
    live.send(result(2));
    live.send(result(1));
    expect(live.state.durable.iopf.devices.get(2)?.pending).toEqual([]);
    expect(pendingGroups(live.state)).toEqual([]);
  });

  it('rule 19 a record that another group has taken is made up for, also when the PASIDs differ', () => {
    const live = new LiveIommu(testIommu());
    live.send(pageRequest(1, { groupId: 4, device: 2, pasid: NO_PASID }));
    live.send(pageRequest(2, { groupId: 4, device: 2 }));
    live.drain();
    expect(live.send(result(2))).toMatchObject([{ kind: 'GroupResponded', pasid: 7 }]);
    expect(live.send(result(1))).toMatchObject([{ kind: 'GroupResponded', pasid: NO_PASID }]);
    expect(live.state.durable.iopf.devices.get(2)?.pending).toEqual([]);
  });

  it('rule 21 under its switch: NEEDS_PASID without PASID is never answered and its record stays', () => {
    const live = withGroups(1, { device: 2, pasid: NO_PASID }, { neverAnswerWithoutNeededPasid: true });
    expect(live.send(result(1))).toMatchObject([{ kind: 'GroupDiscarded', cause: 'needs-pasid' }]);
    expect(live.state.durable.iopf.devices.get(2)?.pending).toHaveLength(1);
  });
});

it('D8 a result that waits does not keep that of another group waiting', () => {
  const live = withGroups(2);
  live.send(result(1, { positions: [{ shard: 0, sequence: 5 }] }));
  expect(live.send(result(2))).toMatchObject([{ kind: 'GroupResponded', group: 2 }]);
  expect(live.send(result(1))).toEqual([
    { kind: 'ResultDropped', group: 1, groupEpoch: 1, reason: 'duplicate' },
  ]);
});
