import { nextGroup, ownerOf, serialIn, serialOf } from './identity';
import { LiveIommu, pageRequest, ready, result, testIommu } from './iommu.testkit';

/** Owner 1 closed two groups, owner 4 one; nobody is answered. */
function twoOwners(): LiveIommu {
  const live = new LiveIommu(testIommu({ priQueueEntries: 16 }));
  for (const request of [1, 2]) live.send(pageRequest(request));
  live.drain();
  live.send({ kind: 'BeginEpoch', epoch: 4 });
  live.send(pageRequest(3));
  live.drain();
  return live;
}

describe('the identity of a group', () => {
  it('D1 is its number in the epoch of the owner that closed it, and its serial goes on over all of them', () => {
    const { durable } = twoOwners().state;
    const owners = [1, 2, 3].map((serial) => ({ serial, ...ownerOf(durable, serial) }));
    expect(owners.map(({ serial, epoch, base }) => ({ epoch, group: serial - base }))).toEqual([
      { epoch: 1, group: 1 },
      { epoch: 1, group: 2 },
      { epoch: 4, group: 1 },
    ]);
    expect([serialOf(durable, 1, 2), serialOf(durable, 4, 1), serialIn(durable, 4, 7)]).toEqual([2, 3, 9]);
    expect(nextGroup(durable)).toBe(2);
  });

  it.each([
    ['a number below the first of its owner', 4, 0],
    ['a number that the next owner began with', 1, 3],
    ['a number that is not given yet', 4, 2],
    ['an epoch that no owner had', 2, 1],
  ])('D1 %s names no group', (_name, epoch, group) => {
    const live = twoOwners();
    expect(serialOf(live.state.durable, epoch, group)).toBe(0);
    expect(live.send(result(group, { epoch }))).toMatchObject([{ kind: 'ResultDropped', reason: 'unknown' }]);
  });

  it('D1 without any owner the epoch is 0', () => {
    const live = new LiveIommu(testIommu(), ready.slice(1));
    live.send(pageRequest(1));
    expect(live.drain()).toMatchObject([{ group: 1, groupEpoch: 0 }]);
    expect(live.send(result(1, { epoch: 0 }))).toMatchObject([{ kind: 'GroupResponded', groupEpoch: 0 }]);
  });

  it('D1 a serial that no owner gave is a defect', () => {
    const { durable } = twoOwners().state;
    expect(() => ownerOf(durable, 0)).toThrow('no group has serial 0');
    expect(() => serialIn(durable, 2, 1)).toThrow('group 1 is of epoch 2, which no owner had');
  });
});
