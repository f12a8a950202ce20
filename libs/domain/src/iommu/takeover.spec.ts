import type { IommuEvent } from './events';
import { attachDevice, LiveIommu, pageRequest, result, stalledAccess, testIommu } from './iommu.testkit';
import { isIdle, openStalls, pendingGroups, ringRecords } from './queries';

const decider = () => testIommu({ priQueueEntries: 64, eventQueueEntries: 8 });

/** What a successor folds when the owner died between its queue messages and its `hw` message (D5). */
function orphaned(live: LiveIommu, cycleFrom: number): LiveIommu {
  const kept: IommuEvent[] = live.log.filter(
    (event, place) => place < cycleFrom || event.kind === 'GroupQueued',
  );
  const successor = new LiveIommu(decider(), structuredClone(kept));
  successor.send({ kind: 'BeginEpoch', epoch: 2 });
  return successor;
}

describe('D5 queue messages whose hw message is missing', () => {
  it('are adopted: their requests are not queued again, all others are', () => {
    const live = new LiveIommu(decider());
    const from = live.log.length;
    const sent = [
      pageRequest(1, { device: 42 }),
      pageRequest(2, { groupId: 5, last: false }),
      pageRequest(3, { groupId: 5 }),
      pageRequest(4, { last: false }),
    ];
    for (const command of sent) live.send(command);
    live.drain();
    const successor = orphaned(live, from);
    const again = sent.map((command) => successor.send(command).map((event) => event.kind));
    expect(again).toEqual([['PageRequestDropped'], [], [], ['PageRequestQueued']]);
    expect(successor.drain()).toEqual([]);
    expect(pendingGroups(successor.state)).toHaveLength(1);
    expect(successor.send(result(1))).toMatchObject([{ kind: 'GroupResponded', groupEpoch: 1, groupId: 5 }]);
    expect(successor.send(pageRequest(5))).toMatchObject([{ kind: 'PageRequestQueued' }]);
    expect(successor.state.durable.segments.get(0)?.adopted.size).toBe(0);
  });

  it('take their members out of the rings where an earlier cycle had put them', () => {
    const live = new LiveIommu(decider());
    live.send(pageRequest(1, { groupId: 5, last: false }));
    live.send(pageRequest(2, { groupId: 6, last: false }));
    live.send(pageRequest(3, { groupId: 5 }));
    live.send(stalledAccess(4));
    const from = live.log.length;
    live.drain();
    const successor = orphaned(live, from);
    expect(ringRecords(successor.state).map((record) => record.request)).toEqual([2]);
    expect(openStalls(successor.state)).toMatchObject([{ request: 4 }]);
    successor.send(pageRequest(5, { groupId: 6 }));
    expect(successor.drain()).toMatchObject([{ group: 1, members: [{ request: 2 }, { request: 5 }] }]);
    for (const group of [1, 2]) successor.send(result(group, { code: 1 }));
    successor.send(result(1, { epoch: 2 }));
    expect(isIdle(successor.state)).toBe(true);
  });

  it('keep their numbers when a group between them is lost', () => {
    const live = new LiveIommu(decider());
    const from = live.log.length;
    for (let request = 1; request <= 3; request += 1) live.send(pageRequest(request));
    live.drain();
    const kept = live.log.filter(
      (event, place) => place < from || (event.kind === 'GroupQueued' && event.group !== 2),
    );
    const successor = new LiveIommu(decider(), kept);
    successor.send({ kind: 'BeginEpoch', epoch: 2 });
    expect(successor.send(result(3))).toMatchObject([{ kind: 'GroupResponded', groupId: 3 }]);
    expect(successor.send(pageRequest(2))).toMatchObject([{ kind: 'PageRequestQueued' }]);
    expect(successor.drain()).toMatchObject([{ group: 1, groupId: 2 }]);
  });

  it('may even name a device that the dead owner had attached in the lost message', () => {
    const live = new LiveIommu(decider());
    const from = live.log.length;
    live.send(attachDevice(9));
    live.send(pageRequest(1, { device: 9 }));
    live.drain();
    const successor = orphaned(live, from);
    expect(successor.send(result(1))).toMatchObject([{ kind: 'GroupResponded', device: 9, segment: 0 }]);
    successor.send(attachDevice(9));
    expect(successor.send(pageRequest(2, { device: 9 }))).toMatchObject([{ kind: 'PageRequestQueued' }]);
    expect(successor.drain()).toHaveLength(1);
  });
});
