import { NO_PASID, Permission, ResponseCode } from '../kernel/vocabulary';
import type { IommuCommand } from './commands';
import type { AnyIommuEvent } from './events';
import { foldMm, reachPosition } from './iommu';
import { canInvalidate } from './invalidate';
import { bound, LiveIommu, pageRequest, ready, result, stalledAccess, testIommu } from './iommu.testkit';
import { openStalls, pendingGroups, ringRecords } from './queries';

const { READ, WRITE, EXECUTE, PRIVILEGED } = Permission;
const { SUCCESS, INVALID, FAILURE } = ResponseCode;

/** An IOMMU with room for everything, so that queues do not matter. */
const roomy = (): LiveIommu =>
  new LiveIommu(testIommu({ priQueueEntries: 64, eventQueueEntries: 64 }), [...ready, bound(3, 8)]);
const kinds = (events: readonly AnyIommuEvent[]): string[] => events.map(({ kind }) => kind);

function install(live: LiveIommu, page: number, permissions = READ | WRITE): void {
  const facts = { cause: 'zero-fill', major: false, prefetched: false } as const;
  foldMm(live.state, { kind: 'PageInstalled', mm: 7, page, frame: page + 1, permissions, ...facts });
}

function remove(live: LiveIommu, page: number): void {
  const entry = { mm: 7, page, frame: page + 1 };
  foldMm(live.state, { kind: 'PageRemoved', ...entry, cause: 'reclaim', swapped: true });
}

function translate(page: number): IommuCommand {
  return { kind: 'Translate', translation: page, device: 1, pasid: 7, page, permissions: READ };
}

/** Three held transactions of device 3, each in a group of its own; request, tag and group differ by one. */
function threeStalls(): LiveIommu {
  const live = roomy();
  for (let request = 1; request <= 3; request += 1) live.send(stalledAccess(request));
  live.drain();
  return live;
}

describe('stalls', () => {
  it('R77 one stall is one fault: last, with its tag as the group, its byte, its rights, and the PASID if it has one', () => {
    const live = new LiveIommu(testIommu({ eventQueueEntries: 8 }), [...ready, bound(3, NO_PASID)]);
    live.send(stalledAccess(1, { page: 9, offset: 0xabc, permissions: WRITE | PRIVILEGED }));
    live.send(stalledAccess(2, { page: 9, offset: 1, permissions: READ | EXECUTE, pasid: NO_PASID }));
    const groups = live.drain();
    expect(groups.map(({ groupId, pasid }) => [groupId, pasid])).toEqual([
      [0, 7],
      [1, NO_PASID],
    ]);
    expect(groups.map(({ members }) => members)).toMatchObject([
      [{ last: true, groupId: 0, page: 9, offset: 0xabc, permissions: WRITE | PRIVILEGED, pasid: 7 }],
      [{ last: true, groupId: 1, page: 9, offset: 1, permissions: READ | EXECUTE, pasid: NO_PASID }],
    ]);
  });

  it('R34 every stall is acknowledged exactly once, however often its result comes', () => {
    const live = threeStalls();
    for (const group of [2, 2, 1, 3, 1, 2, 3]) live.send(result(group, { device: 3, code: INVALID }));
    const acknowledged = live.log.filter((event) => event.kind === 'GroupResponded');
    expect(acknowledged.map(({ groupId }) => groupId)).toEqual([1, 0, 2]);
    expect(live.log.filter(({ kind }) => kind === 'StallEnded')).toHaveLength(3);
    expect(openStalls(live.state)).toEqual([]);
  });

  it('R34 a stall that nobody answers stays held, also when its page is there', () => {
    const live = threeStalls();
    for (let request = 1; request <= 3; request += 1) install(live, 0x100 + request);
    live.settle();
    live.drain();
    expect(openStalls(live.state)).toHaveLength(3);
  });

  it('R38 stalls are resumed in any order, and a later access passes those that are held', () => {
    const live = threeStalls();
    install(live, 0x104);
    expect(kinds(live.send(stalledAccess(4)))).toEqual(['StalledAccessTranslated']);
    for (let request = 1; request <= 3; request += 1) install(live, 0x100 + request);
    const ended = [3, 1, 2].flatMap((group) => live.send(result(group, { device: 3 })));
    expect(ended.filter(({ kind }) => kind === 'StallEnded')).toMatchObject(
      [3, 1, 2].map((request) => ({ request, outcome: 'completed' })),
    );
  });

  it('R129 Success retries one transaction, Invalid and Failure abort it, and no code touches the others of its device', () => {
    for (const [code, outcome] of [
      [SUCCESS, 'completed'],
      [INVALID, 'aborted'],
      [FAILURE, 'aborted'],
    ] as const) {
      const live = threeStalls();
      install(live, 0x102);
      expect(live.send(result(2, { device: 3, code }))).toMatchObject([
        { kind: 'GroupResponded', model: 'stall', code },
        { kind: 'StallEnded', request: 2, outcome },
      ]);
      expect(openStalls(live.state).map(({ request }) => request)).toEqual([1, 3]);
      expect(live.send(stalledAccess(4))).toMatchObject([{ kind: 'StallRecorded' }]);
    }
  });

  it('R37 an answer for a transaction that is gone, or for one that never was, has no effect', () => {
    const live = threeStalls();
    live.send({ kind: 'FenceDevice', device: 3, cause: 'requested' });
    expect(openStalls(live.state)).toEqual([]);
    for (const group of [1, 2, 99])
      expect(kinds(live.send(result(group, { device: 3 })))).toEqual(['ResultDropped']);
  });

  it('R36 a transaction that is aborted ends with an error though its page has come meanwhile', () => {
    const live = threeStalls();
    install(live, 0x101);
    expect(live.send(result(1, { device: 3, code: INVALID }))).toMatchObject([
      {},
      { kind: 'StallEnded', request: 1, outcome: 'aborted', code: INVALID },
    ]);
  });
});

describe('stall and PRI side by side', () => {
  it('R128 Success, Invalid or Failure of a PRI group: the IOMMU sends it and does nothing else', () => {
    for (const code of [SUCCESS, INVALID, FAILURE]) {
      const live = roomy();
      live.send(pageRequest(1));
      live.drain();
      install(live, 0x101);
      expect(live.send(result(1, { code }))).toMatchObject([{ kind: 'GroupResponded', model: 'pri', code }]);
      live.settle();
      expect(kinds(live.log.slice(-1))).toEqual(['GroupResponded']);
      expect(live.send(pageRequest(2))).toMatchObject([{ kind: 'PageRequestQueued' }]);
    }
  });

  it('R130 who retries, and what comes after a Success that was not enough: the IOMMU stalls again, the device asks again', () => {
    const live = roomy();
    live.send(stalledAccess(1));
    live.send(pageRequest(2));
    live.drain();
    const [ofStall, ofPri] = [2, 1].map((group) => kinds(live.send(result(group))));
    expect(ofStall).toEqual(['GroupResponded', 'StallRecorded']);
    expect(ofPri).toEqual(['GroupResponded']);
    expect(live.drain()).toMatchObject([{ model: 'stall', members: [{ request: 1, round: 1 }] }]);
  });

  it('R130 what software sees: nothing of an access that terminates, one fault a stall, a group of page requests for PRI', () => {
    const live = roomy();
    live.send(stalledAccess(1, { pasid: 99 }));
    live.send(stalledAccess(2));
    live.send(stalledAccess(3));
    live.send(pageRequest(4, { groupId: 6, last: false }));
    live.send(pageRequest(5, { groupId: 6 }));
    expect(live.drain().map(({ model, members }) => [model, members.length])).toEqual([
      ['pri', 2],
      ['stall', 1],
      ['stall', 1],
    ]);
  });

  it('R130 an automatic answer of the IOMMU is for PRI only: what it cannot queue it answers, what it cannot stall it aborts', () => {
    const live = roomy();
    expect(live.send(pageRequest(1, { device: 42 }))).toMatchObject([
      { kind: 'PageRequestDropped', answered: true, code: FAILURE },
    ]);
    expect(kinds(live.send(stalledAccess(2, { device: 42 })))).toEqual(['StallEnded']);
  });

  it('R133 a stall is not retried before its answer; a device may translate again at any time, and the answer is still due', () => {
    const live = roomy();
    live.send(stalledAccess(1, { page: 5 }));
    live.send(pageRequest(2, { page: 5 }));
    live.drain();
    install(live, 5);
    expect(live.send(translate(5))).toMatchObject([{ permissions: READ | WRITE, frame: 6 }]);
    expect(openStalls(live.state)).toHaveLength(1);
    expect(pendingGroups(live.state)).toHaveLength(2);
    expect(live.send(result(1))).toMatchObject([{ kind: 'GroupResponded', model: 'pri' }]);
  });

  it('R138 groups of one device and one PASID are answered in any order, their members stay in theirs', () => {
    const live = roomy();
    for (const [request, groupId] of [
      [1, 5],
      [2, 6],
      [3, 5],
      [4, 6],
    ] as const)
      live.send(pageRequest(request, { groupId, last: request > 2 }));
    const groups = live.drain();
    expect(groups.map(({ members }) => members.map(({ request }) => request))).toEqual([
      [1, 3],
      [2, 4],
    ]);
    expect([2, 1].flatMap((group) => live.send(result(group)))).toMatchObject([
      { kind: 'GroupResponded', groupId: 6 },
      { kind: 'GroupResponded', groupId: 5 },
    ]);
  });
});

describe('invalidations', () => {
  it('R124 a page may be taken again before its group is answered: Success goes out, and the device misses', () => {
    const live = roomy();
    live.send(pageRequest(1, { page: 5 }));
    live.drain();
    live.send(result(1, { positions: [{ shard: 1, sequence: 40 }] }));
    install(live, 5);
    expect(live.send(translate(5))).toMatchObject([{ permissions: READ | WRITE, frame: 6 }]);
    remove(live, 5);
    live.send({ kind: 'InvalidateIotlb', mm: 7, page: 5, pages: 1 });
    reachPosition(live.state, 1, 41);
    expect(live.send({ kind: 'RespondNext' })).toMatchObject([{ kind: 'GroupResponded', code: SUCCESS }]);
    expect(live.send(translate(5))).toMatchObject([{ status: 'success', permissions: 0 }]);
  });

  it('R124 what is cached serves until its invalidation and never after it, though the tables changed before', () => {
    const live = roomy();
    install(live, 5);
    live.send(translate(5));
    remove(live, 5);
    expect(live.send(translate(5))).toMatchObject([{ permissions: READ | WRITE, iotlbHit: true }]);
    live.send({ kind: 'InvalidateIotlb', mm: 7, page: 5, pages: 1 });
    expect(live.send(translate(5))).toMatchObject([{ permissions: 0, iotlbHit: false }]);
  });

  it('R123 an invalidation waits for the tables it is about, and never for faults: rings, groups and stalls may all be open', () => {
    const live = new LiveIommu();
    for (let request = 1; request <= 4; request += 1) live.send(pageRequest(request));
    for (let request = 5; request <= 8; request += 1) live.send(stalledAccess(request));
    live.drain();
    live.send(pageRequest(9));
    expect(canInvalidate(live.state, 1, 40)).toBe(false);
    reachPosition(live.state, 1, 40);
    expect(canInvalidate(live.state, 1, 40)).toBe(true);
    const before = [pendingGroups(live.state).length, openStalls(live.state).length];
    expect(live.send({ kind: 'InvalidateIotlb', mm: 7, page: 5, pages: 1 })).toMatchObject([
      { kind: 'IotlbInvalidated', mm: 7, page: 5, pages: 1 },
    ]);
    expect([pendingGroups(live.state).length, openStalls(live.state).length]).toEqual(before);
  });
});

describe('what a flush waits for', () => {
  const finish = (step: 'stop' | 'invalidate' | 'fence'): IommuCommand => {
    const binding = { device: 1, pasid: 7, generation: 1 };
    return { kind: 'FinishTeardownStep', ...binding, step, outcome: 'done' };
  };
  const step: IommuCommand = { kind: 'StepTeardowns' };
  const flushing = (live: LiveIommu): LiveIommu => {
    live.send({ kind: 'BeginTeardown', device: 1, pasid: 7, cause: 'unbind' });
    live.send(finish('stop'));
    live.send(finish('invalidate'));
    return live;
  };
  const stepsOf = (live: LiveIommu): string[] =>
    live.log.flatMap((event) => (event.kind === 'TeardownStepped' ? [event.step] : []));

  it('R139 records in the ring first: a queue that is empty while one lies there is not flushed', () => {
    const live = roomy();
    live.send(pageRequest(1));
    flushing(live);
    expect(pendingGroups(live.state)).toEqual([]);
    expect(live.send(step)).toEqual([]);
    live.drain();
    live.send(step);
    expect(stepsOf(live)).toEqual(['stop', 'invalidate', 'drain']);
    live.send(finish('fence'));
    expect(stepsOf(live)).toEqual(['stop', 'invalidate', 'drain']);
    live.send(result(1, { code: INVALID }));
    live.send(step);
    expect(kinds(live.log.slice(-2))).toEqual(['GroupResponded', 'TeardownStepped']);
    expect(stepsOf(live)).toEqual(['stop', 'invalidate', 'drain', 'flush']);
    live.send(finish('fence'));
    expect(kinds(live.send(step))).toEqual(['PasidDrained']);
  });

  it('R139 a group whose result waits for the tables is not answered, so the flush waits for it', () => {
    const live = roomy();
    live.send(pageRequest(1));
    live.drain();
    flushing(live);
    live.send(result(1, { positions: [{ shard: 1, sequence: 9 }] }));
    live.send(step);
    expect(stepsOf(live)).toEqual(['stop', 'invalidate', 'drain']);
    reachPosition(live.state, 1, 9);
    live.settle();
    live.send(step);
    expect(stepsOf(live)).toEqual(['stop', 'invalidate', 'drain', 'flush']);
  });

  it('R140 a flush waits for no group of another device, though all are on one queue', () => {
    const live = roomy();
    live.send(pageRequest(1, { device: 2 }));
    live.drain();
    live.send(pageRequest(2, { device: 2 }));
    flushing(live);
    live.send(step);
    expect(stepsOf(live)).toEqual(['stop', 'invalidate', 'drain', 'flush']);
    expect(pendingGroups(live.state)).toHaveLength(1);
    expect(ringRecords(live.state)).toHaveLength(1);
  });
});
