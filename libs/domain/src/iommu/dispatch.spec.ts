import { ResponseCode } from '../kernel/vocabulary';
import { canDispatch } from './dispatch';
import type { GroupQueued } from './events';
import {
  bound,
  LiveIommu,
  pageRequest,
  ready,
  refold,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { isIdle, pendingGroups } from './queries';
import type { IommuConfig } from './config';

const fair = (quantum: number, window: number, more: Partial<IommuConfig> = {}) =>
  testIommu({
    priQueueEntries: 256,
    eventQueueEntries: 64,
    service: { order: 'fair', quantum, window },
    ...more,
  });

/** Dispatches as much as the window lets through. */
function dispatch(live: LiveIommu): GroupQueued[] {
  const from = live.all.length;
  while (canDispatch(live.state)) live.send({ kind: 'DispatchNext' }, 50);
  return live.all.slice(from).filter((event) => event.kind === 'GroupQueued');
}

/** Closes groups of so many requests each, by device: `[1, 3]` is one of device 1 with three requests. */
function close(live: LiveIommu, groups: readonly (readonly [device: number, requests: number])[]): void {
  let request = live.state.durable.segments.get(0)?.highest ?? 0;
  groups.forEach(([device, requests], groupId) => {
    for (let member = 1; member <= requests; member += 1)
      live.send(pageRequest((request += 1), { device, groupId, last: member === requests }));
  });
  live.drain(40);
}
const repeat = <T>(times: number, value: T): T[] => Array.from({ length: times }, () => value);
const devicesOf = (groups: readonly GroupQueued[]): number[] => groups.map(({ device }) => device);

describe('fair service', () => {
  it('D14 holds closed groups, and queues them complete and in order inside a device', () => {
    const live = new LiveIommu(fair(8, 8));
    close(live, [[1, 2]]);
    expect(live.log.at(-1)).toEqual({
      kind: 'GroupHeld',
      segment: 0,
      segmentEpoch: 1,
      request: 2,
      order: 0,
      group: 1,
      device: 1,
      model: 'pri',
      pasid: 7,
      groupId: 0,
      queue: 'iommu-0',
      closedAtMicros: 40,
    });
    expect(pendingGroups(live.state)).toHaveLength(1);
    expect(dispatch(live)).toMatchObject([
      {
        order: 0,
        group: 1,
        groupEpoch: 1,
        model: 'pri',
        pasid: 7,
        queuedAtMicros: 50,
        members: [{ request: 1 }, { request: 2 }],
      },
    ]);
    expect(live.send({ kind: 'DispatchNext' })).toEqual([]);
  });

  it('D14 a flood of one device does not keep another one waiting', () => {
    const live = new LiveIommu(fair(2, 100));
    close(live, [...repeat(10, [1, 1] as const), ...repeat(3, [2, 1] as const)]);
    expect(devicesOf(dispatch(live))).toEqual([1, 1, 2, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1]);
  });

  it('D14 what a group costs is its page requests: a device saves up for a large one', () => {
    const live = new LiveIommu(fair(2, 100));
    close(live, [[1, 5], [1, 1], ...repeat(8, [2, 1] as const)]);
    expect(devicesOf(dispatch(live))).toEqual([2, 2, 2, 2, 1, 1, 2, 2, 2, 2]);
  });

  it('D14 a device alone is served whatever its groups cost', () => {
    const live = new LiveIommu(fair(1, 100));
    close(live, [
      [1, 7],
      [1, 3],
    ]);
    expect(dispatch(live).map(({ members }) => members.length)).toEqual([7, 3]);
  });

  it('D14 saves nothing for a device that had nothing to do', () => {
    const live = new LiveIommu(fair(4, 100));
    close(live, [[1, 1]]);
    dispatch(live);
    close(live, [...repeat(6, [2, 1] as const), ...repeat(6, [1, 1] as const)]);
    expect(devicesOf(dispatch(live))).toEqual([2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 1, 1]);
  });

  it('D14 lets at most `window` groups of a queue be unanswered', () => {
    const live = new LiveIommu(fair(8, 2));
    close(live, repeat(4, [1, 1] as const));
    expect(dispatch(live).map(({ group }) => group)).toEqual([1, 2]);
    live.send(result(2));
    expect(dispatch(live).map(({ group }) => group)).toEqual([3]);
    live.send(result(1));
    live.send(result(3));
    expect(dispatch(live).map(({ group }) => group)).toEqual([4]);
    live.send(result(4));
    expect(isIdle(live.state)).toBe(true);
  });

  it('D14 gives every queue a window and turns of its own', () => {
    const live = new LiveIommu(fair(8, 1, { topology: 'per-domain' }), [...ready, bound(2, 7, { mm: 9 })]);
    close(live, [
      [1, 1],
      [1, 1],
      [2, 1],
      [2, 1],
    ]);
    expect(dispatch(live).map(({ queue, group }) => `${queue} ${group}`)).toEqual(['mm-7 1', 'mm-9 3']);
    live.send(result(3));
    expect(dispatch(live).map(({ group }) => group)).toEqual([4]);
  });

  it('D14 holds stalls too, and says that they are', () => {
    const live = new LiveIommu(fair(8, 8));
    live.send(stalledAccess(1));
    live.drain();
    expect(live.log.at(-1)).toMatchObject({ kind: 'GroupHeld', model: 'stall' });
    expect(dispatch(live)).toMatchObject([{ model: 'stall', members: [{ device: 3 }] }]);
  });

  it('first come, first served never holds', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1));
    expect(live.drain()).toHaveLength(1);
    expect(canDispatch(live.state)).toBe(false);
    expect(live.send({ kind: 'DispatchNext' })).toEqual([]);
  });
});

describe('a held group', () => {
  it('D14 that is answered for its handler leaves its place, and the turn goes on', () => {
    const live = new LiveIommu(fair(1, 1));
    close(live, [
      [1, 1],
      [1, 1],
      [2, 1],
      [1, 1],
    ]);
    dispatch(live);
    live.send({ kind: 'ReplaceBinding', device: 1, pasid: 7, mm: 8, shard: 0, generation: 2 });
    expect(pendingGroups(live.state).map(({ device }) => device)).toEqual([2]);
    expect(devicesOf(dispatch(live))).toEqual([2]);
    live.send(result(3));
    expect(isIdle(live.state)).toBe(true);
  });

  it('D14 that is discarded does so too, wherever it stands', () => {
    const live = new LiveIommu(fair(1, 1));
    close(live, [
      [2, 1],
      [2, 1],
      [1, 1],
      [1, 1],
    ]);
    dispatch(live);
    live.send({ kind: 'FenceDevice', device: 1, cause: 'requested' });
    live.send(result(1));
    expect(dispatch(live).map(({ group }) => group)).toEqual([2]);
    expect(refold(live.decider, live.log).durable).toEqual(live.state.durable);
  });

  it('D5 a result for it is answered, queued or not', () => {
    const live = new LiveIommu(fair(1, 1));
    close(live, [
      [1, 1],
      [1, 1],
    ]);
    expect(live.send(result(2, { code: ResponseCode.INVALID }))).toMatchObject([
      { kind: 'GroupResponded', group: 2 },
    ]);
    expect(dispatch(live).map(({ group }) => group)).toEqual([1]);
  });

  it('I8 a new owner queues what the one before held, under its old name', () => {
    const live = new LiveIommu(fair(1, 1));
    close(live, [
      [1, 1],
      [1, 2],
    ]);
    dispatch(live);
    const successor = new LiveIommu(live.decider, live.log);
    successor.send({ kind: 'BeginEpoch', epoch: 2 });
    close(successor, [[1, 1]]);
    successor.send(result(1));
    expect(dispatch(successor)).toMatchObject([{ group: 2, groupEpoch: 1, members: [{}, {}] }]);
    successor.send(result(2));
    expect(dispatch(successor)).toMatchObject([{ group: 1, groupEpoch: 2 }]);
    expect(successor.send(result(1, { epoch: 2 }))).toMatchObject([{ groupEpoch: 2 }]);
    expect(isIdle(successor.state)).toBe(true);
  });

  it('D5 a queue message is adopted although the dead owner could not say that the group was held', () => {
    const live = new LiveIommu(fair(1, 1));
    const from = live.log.length;
    close(live, [
      [1, 2],
      [1, 1],
    ]);
    dispatch(live);
    const kept = live.log.filter((event, place) => place < from || event.kind === 'GroupQueued');
    const successor = new LiveIommu(live.decider, kept);
    successor.send({ kind: 'BeginEpoch', epoch: 2 });
    expect(successor.send(pageRequest(1, { groupId: 0, last: false }))).toEqual([]);
    successor.send(pageRequest(3, { groupId: 1 }));
    successor.drain();
    expect(dispatch(successor)).toEqual([]);
    successor.send(result(1));
    expect(dispatch(successor)).toMatchObject([{ group: 1, groupEpoch: 2 }]);
  });

  it('I1 an end that was told before changes nothing', () => {
    const live = new LiveIommu(fair(1, 1));
    close(live, [[1, 1]]);
    dispatch(live);
    const [answer] = live.send(result(1));
    if (answer === undefined) throw new Error('an answer');
    const before = structuredClone(live.state.durable);
    expect(live.decider.evolve(live.state, answer).durable).toEqual(before);
  });

  it('a log that holds a group without its last request is broken', () => {
    const live = new LiveIommu(fair(1, 1));
    close(live, [[1, 1]]);
    const held = live.log.at(-1);
    if (held?.kind !== 'GroupHeld') throw new Error('a held group');
    expect(() => live.decider.evolve(live.state, held)).toThrow(/request 1 does not close group 1/);
    const queued: GroupQueued = {
      ...held,
      kind: 'GroupQueued',
      groupEpoch: 9,
      queuedAtMicros: 1,
      members: [],
    };
    expect(() => live.decider.evolve(live.state, queued)).toThrow(/epoch 9, which no owner had/);
  });
});
