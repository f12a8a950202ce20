import { Permission } from '../kernel/vocabulary';
import type { IommuEvent } from './events';
import {
  ofKind,
  pageRequest as message,
  perform,
  ready as readyHardware,
  testHardware,
} from './hardware/hardware.testkit';
import { LiveIommu, owner, pageRequest, refold, result, stalledAccess, testIommu } from './iommu.testkit';
import { countIommu, pendingGroups, ringRecords } from './queries';

const { EXECUTE } = Permission;
const wide = (): LiveIommu => new LiveIommu(testIommu({ priQueueEntries: 16, eventQueueEntries: 16 }));
const requestsOf = (live: LiveIommu): number[] => ringRecords(live.state).map(({ request }) => request);

/** Rules of the rings that no recorded vector shows: what they take, and who reads them. */

describe('what the ring takes', () => {
  it('R43 stop markers, members that are not last, and requests for nothing use a slot each', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1, { permissions: 0 }));
    live.send(pageRequest(2, { last: false }));
    live.send(pageRequest(3, { permissions: EXECUTE, last: false }));
    expect(requestsOf(live)).toEqual([1, 2, 3]);
    expect(live.send(pageRequest(4))).toMatchObject([{ kind: 'RingOverflowSet' }, { cause: 'overflow' }]);
  });

  it('R54 a group whose first members were lost looks like a smaller one, and is answered like that', () => {
    const live = new LiveIommu();
    for (let request = 1; request <= 3; request += 1) live.send(pageRequest(request));
    expect(live.send(pageRequest(4, { groupId: 9, last: false }))).toMatchObject([
      { kind: 'RingOverflowSet' },
      { kind: 'PageRequestDropped', answered: false },
    ]);
    live.drain();
    live.send(pageRequest(5, { groupId: 9 }));
    const [headless] = live.drain();
    expect(headless?.members.map(({ request }) => request)).toEqual([5]);
    expect(live.send(result(4))).toMatchObject([{ kind: 'GroupResponded', groupId: 9 }]);
  });

  it('R70 a message that is offered and a record that is readable are two things: what was dropped never reaches the driver', () => {
    const live = new LiveIommu();
    for (let request = 1; request <= 5; request += 1) live.send(pageRequest(request));
    live.drain();
    const readable = live.log.filter(({ kind }) => kind === 'PageRequestQueued');
    const offered = live.log.filter(({ kind }) => kind.startsWith('PageRequest'));
    expect([offered.length, readable.length]).toEqual([5, 3]);
    expect(pendingGroups(live.state).map(({ groupId }) => groupId)).toEqual([1, 2, 3]);
  });

  it('R70 an overflow is an event: no fold infers it from a full ring, and the log alone brings it back', () => {
    const live = new LiveIommu();
    for (let request = 1; request <= 4; request += 1) live.send(pageRequest(request));
    expect(countIommu(refold(live.decider, live.log))).toMatchObject({ priRecords: 3, overflow: true });
    const without = live.log.filter(({ kind }) => kind !== 'RingOverflowSet');
    expect(countIommu(refold(live.decider, without))).toMatchObject({ priRecords: 3, overflow: false });
  });
});

describe('reading the ring', () => {
  const acknowledge = {
    kind: 'AcknowledgeInterrupts',
    pageRequest: true,
    fault: false,
    command: false,
  } as const;
  const read = { kind: 'ConsumeRecords', count: 1 } as const;

  it('R71 software that clears the pending interrupt before it reads loses no wake-up', () => {
    const { events, state } = perform(testHardware(), readyHardware, message(), acknowledge, message(), read);
    expect(ofKind(events, 'InterruptRaised')).toHaveLength(2);
    expect(state.pending.pageRequest).toBe(true);
  });

  it('R71 in the other order a record lies in the ring and nothing tells of it', () => {
    const { events, state } = perform(testHardware(), readyHardware, message(), read, message(), acknowledge);
    expect(ofKind(events, 'InterruptRaised')).toHaveLength(1);
    expect(state.queue.head).not.toBe(state.queue.tail);
    expect(state.pending.pageRequest).toBe(false);
  });

  it('R71 a pass reads until head and tail meet, with what came in the middle of it', () => {
    const live = wide();
    live.send(pageRequest(1));
    live.send(stalledAccess(2));
    live.send({ kind: 'DrainNext' });
    live.send(pageRequest(3));
    expect(live.drain().map(({ members }) => members[0]?.request)).toEqual([3, 2]);
    expect(requestsOf(live)).toEqual([]);
  });

  it('R72 a head that moves once for a batch keeps the ring full meanwhile; one that moves with each record does not', () => {
    const full = perform(testHardware(), readyHardware, message(), message(), message()).events;
    const batch = perform(testHardware(), [...readyHardware, ...full], message());
    expect(ofKind(batch.events, 'PageRequestRefused')).toMatchObject([{ cause: 'queue-full' }]);
    const each = perform(testHardware(), [...readyHardware, ...full], read, message());
    expect(ofKind(each.events, 'PageRequestRefused')).toEqual([]);
  });

  it('R72 the head moves past a record only with the event that says what became of it', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 8, generation: 'G2' }));
    live.send(pageRequest(1, { last: false, groupId: 4 }));
    live.send(pageRequest(2, { groupId: 4 }));
    live.send(pageRequest(3, { permissions: 0 }));
    live.send(pageRequest(4, { pasid: 99 }));
    for (const [left, kind] of [
      [3, 'FaultParked'],
      [2, 'GroupQueued'],
      [1, 'StopMarkerDropped'],
      [0, 'FaultRefused'],
    ] as const) {
      expect(live.send({ kind: 'DrainNext' })).toMatchObject([{ kind }]);
      expect(requestsOf(live)).toHaveLength(left);
    }
  });

  it('R136 records are read in the order in which they came, whatever their device, around the end of the ring', () => {
    const live = new LiveIommu();
    const order: (number | undefined)[] = [];
    for (let request = 1; request <= 9; request += 1) {
      live.send(pageRequest(request, { device: 1 + (request % 2) }));
      // One record always stays, while head and tail go round the four slots.
      if (request > 1) order.push(headRequest(live.send({ kind: 'DrainNext' })));
    }
    for (const group of live.drain()) order.push(group.members[0]?.request);
    expect(order).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('R137 each record is read once: a new reader goes on where the log of the one before ends', () => {
    const first = wide();
    for (let request = 1; request <= 4; request += 1)
      first.send(pageRequest(request, { last: request % 2 === 0, groupId: 5 }));
    first.send({ kind: 'DrainNext' });
    const second = new LiveIommu(first.decider, [...first.log, { ...owner, epoch: 2 } as IommuEvent]);
    const members = second.drain().map((group) => group.members.map(({ request }) => request));
    expect(members).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('R137 nobody reads past the head: the fold refuses a second reader’s event', () => {
    const live = wide();
    live.send(pageRequest(1, { last: false }));
    live.send(pageRequest(2, { last: false }));
    const parked = {
      kind: 'FaultParked',
      segment: 0,
      segmentEpoch: 1,
      request: 2,
      device: 1,
      groupId: 2,
    } as const;
    expect(() => live.decider.evolve(live.state, parked)).toThrow(/not at the ring's head/);
  });
});

function headRequest(events: readonly { kind: string }[]): number | undefined {
  const [group] = events as readonly { members?: { request: number }[] }[];
  return group?.members?.[0]?.request;
}
