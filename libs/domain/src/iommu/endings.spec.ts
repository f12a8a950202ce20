import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import { heldStall, lastMember } from './endings';
import type { GroupDiscarded, GroupHeld, GroupResponded } from './events';
import {
  attachDevice,
  attached,
  LiveIommu,
  pageRequest,
  ready,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { isIdle, openStalls, pendingGroups } from './queries';

const roomy = () => testIommu({ priQueueEntries: 64, eventQueueEntries: 8 });

/** Groups of one request each, closed in this order: their devices, PASIDs and group ids. */
function closing(
  groups: readonly { device?: number; pasid?: number; groupId: number }[],
  live = new LiveIommu(roomy()),
): LiveIommu {
  groups.forEach((group, place) => live.send(pageRequest(place + 1, group)));
  live.drain();
  return live;
}

const pendingOf = (live: LiveIommu, device: number): number[] =>
  (live.state.durable.iopf.devices.get(device)?.pending ?? []).map(({ serial }) => serial);

const discarded = (group: number, device = 1): GroupDiscarded => ({
  kind: 'GroupDiscarded',
  group,
  groupEpoch: 1,
  device,
  cause: 'fenced',
});

describe('the pending record that an answer consumes', () => {
  it('rule 19 goes by number and PASID where the device wants the PASID', () => {
    const live = closing([
      { device: 2, pasid: 7, groupId: 4 },
      { device: 2, pasid: 9, groupId: 4 },
    ]);
    live.send(result(2));
    expect(pendingOf(live, 2)).toEqual([1]);
  });

  it('rule 19 is the one left with its number, where another group has taken its own', () => {
    const live = closing([
      { device: 2, groupId: 9 },
      { device: 2, pasid: NO_PASID, groupId: 4 },
      { device: 2, groupId: 4 },
    ]);
    live.send(result(3));
    expect(pendingOf(live, 2)).toEqual([1, 3]);
    live.send(result(2));
    expect(pendingOf(live, 2)).toEqual([1]);
  });
});

describe('a group that ends without an answer', () => {
  it('D9 takes its own pending record along, not an older one with the same number', () => {
    const live = closing([{ groupId: 4 }, { groupId: 4 }, { groupId: 5 }]);
    live.decider.evolve(live.state, discarded(2));
    expect(pendingOf(live, 1)).toEqual([1, 3]);
    live.decider.evolve(live.state, discarded(1));
    expect(pendingOf(live, 1)).toEqual([3]);
  });

  it('rule 19 takes the one left with its number along, where an answer has taken its own', () => {
    const live = closing([{ groupId: 5 }, { groupId: 4 }, { groupId: 4 }]);
    live.send(result(3));
    expect(pendingOf(live, 1)).toEqual([1, 3]);
    live.decider.evolve(live.state, discarded(2));
    expect(pendingOf(live, 1)).toEqual([1]);
  });

  it.each([
    ['told twice', discarded(1)],
    ['of a device that is not there', discarded(2, 99)],
  ])('I1 changes nothing else: %s', (_name, event) => {
    const live = closing([{ groupId: 4 }, { groupId: 5 }]);
    live.decider.evolve(live.state, discarded(1));
    live.decider.evolve(live.state, event);
    expect(pendingOf(live, 1)).toEqual([2]);
  });
});

describe('the tag of an answered stall', () => {
  const acknowledged = (overrides: Partial<GroupResponded> = {}): GroupResponded => ({
    kind: 'GroupResponded',
    group: 1,
    groupEpoch: 1,
    device: 3,
    segment: 0,
    groupId: 0,
    pasid: NO_PASID,
    code: ResponseCode.SUCCESS,
    model: 'stall',
    cause: 'handled',
    respondedAtMicros: 0,
    ...overrides,
  });

  function stalled(): LiveIommu {
    const live = new LiveIommu(roomy());
    live.send(stalledAccess(1));
    live.drain();
    return live;
  }

  it('D10 is free, and its transaction between its answer and the outcome of its retry', () => {
    const live = stalled();
    live.decider.evolve(live.state, acknowledged());
    expect(live.state.durable.devices.get(3)?.stalls.size).toBe(0);
    expect(live.state.durable.retrying).toMatchObject([{ request: 1 }]);
    live.decider.evolve(live.state, acknowledged());
    expect(live.state.durable.retrying).toHaveLength(1);
  });

  it.each([
    ['a device that is not there', { device: 99 }],
    ['a tag that names nothing', { groupId: 5 }],
  ])('R37 acknowledging it has no effect for %s', (_name, overrides) => {
    const live = stalled();
    live.decider.evolve(live.state, acknowledged(overrides));
    expect(live.state.durable.retrying).toEqual([]);
    expect(openStalls(live.state)).toMatchObject([{ request: 1 }]);
  });

  it('R37 acknowledging it has no effect on another transaction that has it by then', () => {
    const live = stalled();
    const [held] = openStalls(live.state);
    if (held === undefined) throw new Error('a held transaction');
    const other = { ...held, request: 2 };
    live.state.durable.devices.get(3)?.stalls.set(0, other);
    expect([heldStall(live.state, held), heldStall(live.state, other)]).toEqual([undefined, other]);
    live.decider.evolve(live.state, acknowledged());
    expect(openStalls(live.state)).toEqual([other]);
    expect(live.state.durable.retrying).toEqual([]);
  });

  it('R86 carries no PASID, whatever the device says of page responses', () => {
    const live = new LiveIommu(roomy());
    live.send(attachDevice(4, { model: 'stall', responsePasidRequired: true }));
    live.send({ kind: 'BindPasid', device: 4, pasid: 7, mm: 7, shard: 0, generation: 1 });
    live.send(stalledAccess(1, { device: 4 }));
    live.drain();
    expect(live.send(result(1, { code: ResponseCode.INVALID }))).toMatchObject([
      { kind: 'GroupResponded', model: 'stall', pasid: NO_PASID },
      { kind: 'StallEnded' },
    ]);
  });
});

describe('the PASID on the answer to a record that nobody handles', () => {
  it('R86 is none where no answer goes out', () => {
    const live = new LiveIommu(roomy());
    live.send(pageRequest(1, { device: 2, last: false }));
    live.send(attachDevice(2));
    live.send({ kind: 'FreeQueue' });
    live.drain();
    expect(live.log.at(-1)).toMatchObject({ kind: 'FaultRefused', answered: false, responsePasid: NO_PASID });
  });

  it('R86 is none for a device that came back as a stalling master', () => {
    const live = new LiveIommu(roomy());
    live.send(pageRequest(1, { device: 2 }));
    live.send({ kind: 'DetachDevice', device: 2 });
    live.send(attachDevice(2, { model: 'stall', responsePasidRequired: true, hasHandler: false }));
    live.drain();
    expect(live.log.at(-1)).toMatchObject({
      kind: 'FaultRefused',
      reason: 'no-handler',
      answered: true,
      responsePasid: NO_PASID,
    });
  });
});

describe('what a log cannot say', () => {
  it('R83 a group has a last member', () => {
    const live = closing([{ groupId: 4 }]);
    const [group] = pendingGroups(live.state);
    if (group === undefined) throw new Error('a group');
    expect(() => lastMember({ ...group, members: [] })).toThrow('group 1 has no member');
  });

  it('D14 groups are held only under fair service', () => {
    const live = new LiveIommu(roomy());
    live.send(pageRequest(1));
    const held: GroupHeld = {
      kind: 'GroupHeld',
      segment: 0,
      segmentEpoch: 1,
      request: 1,
      order: 0,
      group: 1,
      device: 1,
      model: 'pri',
      pasid: 7,
      groupId: 1,
      queue: 'iommu-0',
      closedAtMicros: 0,
    };
    expect(() => live.decider.evolve(live.state, held)).toThrow('request 1 does not close group 1');
  });

  it('D14 a held group is open and has a queue', () => {
    const fair = testIommu({ service: { order: 'fair', quantum: 1, window: 1 } });
    const groupless = closing([{ groupId: 4 }], new LiveIommu(fair));
    groupless.state.durable.iopf.groups.delete(1);
    expect(() => groupless.send({ kind: 'DispatchNext' })).toThrow('held group 1 is not open');
    const queueless = closing([{ groupId: 4 }], new LiveIommu(fair));
    const [group] = pendingGroups(queueless.state);
    if (group !== undefined) group.queue = null;
    expect(() => queueless.send({ kind: 'DispatchNext' })).toThrow('held group 1 is not open');
  });

  it('D8 a result that is ready has a group', () => {
    const live = closing([{ groupId: 4 }]);
    live.send(result(1, { positions: [{ shard: 0, sequence: 5 }] }));
    const [waiting] = live.state.volatile.waiting.bySerial.values();
    if (waiting !== undefined) live.state.volatile.waiting.ready.push(waiting);
    live.state.durable.iopf.groups.delete(1);
    expect(() => live.send({ kind: 'RespondNext' })).toThrow('group 1 of epoch 1 is not closed');
  });

  it('R95 a step of a teardown that is not under way, or the end of a binding of no device, changes nothing', () => {
    const live = new LiveIommu(roomy(), [...ready, attached(9)]);
    const before = structuredClone(live.state.durable);
    const teardown = { device: 9, pasid: 7, generation: 1 };
    live.decider.evolve(live.state, {
      kind: 'TeardownStepped',
      ...teardown,
      step: 'stop',
      outcome: 'done',
      atMicros: 0,
    });
    live.decider.evolve(live.state, { kind: 'PasidUnbound', ...teardown, device: 99 });
    expect(live.state.durable).toEqual(before);
    expect(isIdle(live.state)).toBe(true);
  });
});
