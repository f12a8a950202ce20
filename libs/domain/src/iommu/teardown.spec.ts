import { Permission, ResponseCode } from '../kernel/vocabulary';
import type { IommuCommand } from './commands';
import type { IommuEvent, StepOutcome, TeardownStep } from './events';
import {
  bound,
  LiveIommu,
  pageRequest,
  READ_WRITE,
  ready,
  refold,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { PasidInUse } from './lifecycle';
import { isIdle, openStalls, pendingGroups, ringRecords } from './queries';
import { hasTeardowns } from './teardown';

const begin = (device = 1, pasid = 7): IommuCommand => ({
  kind: 'BeginTeardown',
  device,
  pasid,
  cause: 'unbind',
});
const step: IommuCommand = { kind: 'StepTeardowns' };
const finish = (
  of: TeardownStep,
  outcome: StepOutcome = 'done',
  device = 1,
  generation = 1,
): IommuCommand => ({
  kind: 'FinishTeardownStep',
  device,
  pasid: 7,
  generation,
  step: of,
  outcome,
});
/** Kinds of events, with the steps of a teardown as `step outcome`. */
const words = (events: readonly { kind: string }[]): string[] =>
  events.map((event) =>
    'step' in event && 'outcome' in event ? `${String(event.step)} ${String(event.outcome)}` : event.kind,
  );

/** An IOMMU whose PASID 7 of device 1 is past the stop and the invalidation. */
function draining(live = new LiveIommu(testIommu({ priQueueEntries: 16 }))): LiveIommu {
  live.send(begin());
  live.send(finish('stop'));
  live.send(finish('invalidate'));
  return live;
}

describe('the teardown of a binding', () => {
  it('R95 teardown runs in order', () => {
    const live = new LiveIommu();
    const events: IommuEvent[] = [];
    for (const [command, atMicros] of [
      [begin(), 10],
      [finish('stop'), 20],
      [finish('invalidate'), 30],
      [step, 40],
      [finish('fence'), 50],
      [step, 60],
    ] as const)
      events.push(...(live.send(command, atMicros) as IommuEvent[]));
    const of = { device: 1, pasid: 7, generation: 1 };
    expect(events).toEqual([
      { kind: 'TeardownBegun', ...of, cause: 'unbind', atMicros: 10 },
      { kind: 'TeardownStepped', ...of, step: 'stop', outcome: 'done', atMicros: 20 },
      { kind: 'PasidUnbound', ...of },
      { kind: 'TeardownStepped', ...of, step: 'invalidate', outcome: 'done', atMicros: 30 },
      { kind: 'TeardownStepped', ...of, step: 'drain', outcome: 'done', atMicros: 40 },
      { kind: 'TeardownStepped', ...of, step: 'flush', outcome: 'done', atMicros: 40 },
      { kind: 'TeardownStepped', ...of, step: 'fence', outcome: 'done', atMicros: 50 },
      { kind: 'PasidDrained', ...of, atMicros: 60 },
    ]);
    expect(hasTeardowns(live.state)).toBe(false);
    expect(live.send(step)).toEqual([]);
  });

  it('R94 nothing changes for the device until it has stopped, then R2 its translations miss', () => {
    const live = new LiveIommu();
    live.send(begin());
    expect(live.send(step)).toEqual([]);
    expect(live.send(pageRequest(1))).toMatchObject([{ kind: 'PageRequestQueued', generation: 1 }]);
    live.send(finish('stop'));
    const translate = {
      kind: 'Translate',
      translation: 1,
      device: 1,
      pasid: 7,
      page: 1,
      permissions: READ_WRITE,
    } as const;
    expect(live.send(translate)).toMatchObject([{ status: 'success', permissions: 0 }]);
    expect(live.send(pageRequest(2))).toMatchObject([{ kind: 'PageRequestQueued', generation: 0 }]);
  });

  it('R96 waits for the records of its binding in the ring, and for no others', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }));
    live.send(pageRequest(1));
    live.send(pageRequest(2, { device: 2 }));
    live.send(pageRequest(3, { pasid: -1, last: false }));
    draining(live);
    expect(live.send(step)).toEqual([]);
    live.send({ kind: 'DrainNext' });
    expect(words(live.send(step))).toEqual(['drain done']);
    expect(ringRecords(live.state).map(({ request }) => request)).toEqual([2, 3]);
  });

  it('R95 waits for the recovery when an overflow is set', () => {
    const live = new LiveIommu();
    for (let request = 1; request <= 4; request += 1) live.send(pageRequest(request, { device: 2 }));
    draining(live);
    expect(live.send(step)).toEqual([]);
    live.drain();
    expect(words(live.send(step))).toEqual(['drain done', 'flush done']);
  });

  it('R97 D2 waits for every group that has any member of the binding, whatever the PASID of its last one', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }), [...ready, bound(1, 8)]);
    live.send(pageRequest(1, { groupId: 5, last: false }));
    live.send(pageRequest(2, { groupId: 5, pasid: 8 }));
    live.send(pageRequest(3, { groupId: 6, pasid: 8 }));
    live.drain();
    draining(live);
    expect(words(live.send(step))).toEqual(['drain done']);
    live.send(result(1));
    expect(words(live.send(step))).toEqual(['flush done']);
    expect(pendingGroups(live.state)).toHaveLength(1);
  });

  it('R99 drops what partial lists have of the PASID, and leaves the rest', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }), [...ready, bound(1, 8)]);
    live.send(pageRequest(1, { groupId: 5, last: false }));
    live.send(pageRequest(2, { groupId: 6, last: false, pasid: 8 }));
    live.send(pageRequest(3, { groupId: 5, last: false, device: 2 }));
    live.drain();
    draining(live);
    expect(live.send(step)).toMatchObject([
      { step: 'drain' },
      { kind: 'PartialsDiscarded', device: 1, pasid: 7, count: 1, cause: 'teardown' },
      { step: 'flush' },
    ]);
    const partials = [...live.state.durable.iopf.devices.values()].flatMap(({ partial }) => partial);
    expect(partials.map(({ request }) => request)).toEqual([2, 3]);
  });

  it('R106 waits for the held transactions of a stalling master', () => {
    const live = new LiveIommu();
    live.send(stalledAccess(1));
    live.send(begin(3));
    live.send(finish('stop', 'done', 3));
    live.send(finish('invalidate', 'done', 3));
    expect(live.send(step)).toEqual([]);
    live.drain();
    expect(words(live.send(step))).toEqual(['drain done']);
    live.send(result(1, { code: ResponseCode.INVALID }));
    expect(words(live.send(step))).toEqual(['flush done']);
  });

  it('R95 a fence that was sent while requests were being lost is repeated', () => {
    const live = draining();
    live.send(step);
    for (let request = 1; request <= 16; request += 1) live.send(pageRequest(request, { device: 2 }));
    expect(live.send(finish('fence'))).toEqual([]);
    live.drain();
    expect(words(live.send(finish('fence')))).toEqual(['fence done']);
  });

  it('R98 what comes for the PASID afterwards is answered, not dropped', () => {
    const live = draining(new LiveIommu(testIommu({ generation: 'G2' })));
    for (const command of [step, finish('fence'), step]) live.send(command);
    live.send(pageRequest(1));
    live.send(pageRequest(2, { groupId: 9, last: false }));
    live.drain();
    expect(live.log.slice(-2)).toMatchObject([
      { kind: 'FaultRefused', reason: 'not-bound', answered: true, code: ResponseCode.INVALID },
      { kind: 'FaultRefused', reason: 'not-bound', answered: true, last: false },
    ]);
  });

  it('R95 step 7: until its end faults still find their handler', () => {
    const live = draining(new LiveIommu(testIommu({ generation: 'G2' })));
    live.send(pageRequest(1));
    expect(live.drain()).toMatchObject([{ kind: 'GroupQueued', members: [{ generation: 0 }] }]);
  });
});

describe('a teardown whose deadlines come', () => {
  it.each([
    ['stop', 'stop-timeout', [begin()]],
    ['invalidate', 'invalidation-timeout', [begin(), finish('stop')]],
    ['fence', 'invalidation-timeout', [begin(), finish('stop'), finish('invalidate'), step]],
  ] as const)('R95 step %s cuts the device off and goes on', (expired, cause, before) => {
    const live = new LiveIommu();
    for (const command of before) live.send(command);
    const events = live.send(finish(expired, 'expired'), 70);
    expect(events.slice(0, 2)).toMatchObject([
      { kind: 'DeviceFenced', device: 1, cause, atMicros: 70 },
      { kind: 'TeardownStepped', step: expired, outcome: 'expired' },
    ]);
    expect(live.send(finish(expired, 'expired'))).toEqual([]);
    for (const each of ['stop', 'invalidate', 'drain', 'flush', 'fence'] as const)
      live.send(finish(each, 'expired'));
    live.send(step);
    expect(hasTeardowns(live.state)).toBe(false);
    expect(live.log.filter(({ kind }) => kind === 'DeviceFenced')).toHaveLength(1);
  });

  it('R98 the drain answers records and groups INVALID, each once, and leaves others alone', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }));
    live.send(pageRequest(1));
    live.drain();
    live.send(pageRequest(2, { groupId: 9, last: false }));
    live.send(pageRequest(3, { device: 2 }));
    live.send(pageRequest(4, { groupId: 9 }));
    draining(live);
    expect(live.send(finish('drain', 'expired'), 80)).toMatchObject([
      { kind: 'FaultRefused', request: 2, reason: 'not-bound', answered: false, code: ResponseCode.INVALID },
      { kind: 'FaultRefused', request: 4, reason: 'not-bound', answered: true, code: ResponseCode.INVALID },
      {
        kind: 'GroupResponded',
        group: 1,
        code: ResponseCode.INVALID,
        cause: 'teardown',
        model: 'pri',
        respondedAtMicros: 80,
      },
      { kind: 'TeardownStepped', step: 'drain', outcome: 'expired' },
    ]);
    expect(ringRecords(live.state).map(({ request }) => request)).toEqual([3]);
    expect(words(live.send(step))).toEqual(['flush done']);
    expect(refold(live.decider, live.log).durable).toEqual(live.state.durable);
  });

  it('R23 the drain leaves a stop marker without an answer', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1, { permissions: Permission.EXECUTE }));
    live.send(pageRequest(2, { permissions: Permission.READ }));
    draining(live);
    expect(live.send(finish('drain', 'expired')).slice(0, 2)).toMatchObject([
      { kind: 'FaultRefused', request: 1, answered: false },
      { kind: 'FaultRefused', request: 2, answered: true },
    ]);
  });

  it('R129 held transactions are aborted with INVALID, in whatever queue they are', () => {
    const live = new LiveIommu(testIommu({ eventQueueEntries: 4 }));
    live.send(stalledAccess(1));
    live.drain();
    for (let request = 2; request <= 6; request += 1) live.send(stalledAccess(request));
    for (const command of [begin(3), finish('stop', 'done', 3), finish('invalidate', 'done', 3)])
      live.send(command);
    const events = live.send(finish('drain', 'expired', 3));
    expect(words(events)).toEqual([
      ...['FaultRefused', 'FaultRefused', 'FaultRefused', 'GroupResponded', 'StallEnded'],
      ...['StallEnded', 'StallEnded', 'StallEnded', 'StallEnded', 'StallEnded', 'drain expired'],
    ]);
    const ended = events.filter((event) => event.kind === 'StallEnded');
    expect(ended.map(({ request }) => request)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(ended.every(({ code, outcome }) => code === ResponseCode.INVALID && outcome === 'aborted')).toBe(
      true,
    );
    expect(events.filter((event) => event.kind === 'FaultRefused' && event.answered)).toEqual([]);
    expect(openStalls(live.state)).toEqual([]);
    expect(words(live.send(step))).toEqual(['flush done']);
  });

  it('R99 the flush answers its groups and drops its partials', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }));
    live.send(pageRequest(1));
    live.send(pageRequest(2, { groupId: 9, last: false }));
    live.drain();
    draining(live);
    live.send(step);
    expect(words(live.send(finish('flush', 'expired')))).toEqual([
      'GroupResponded',
      'PartialsDiscarded',
      'flush expired',
    ]);
    expect(live.send(result(1))).toMatchObject([{ kind: 'ResultDropped', reason: 'duplicate' }]);
  });
});

describe('what comes for a teardown out of its time', () => {
  it.each<[string, IommuCommand]>([
    ['another step', finish('invalidate')],
    ['a step of another device', finish('stop', 'done', 2)],
    ['a step of another use of the PASID', finish('stop', 'done', 1, 2)],
    ['a second beginning', begin()],
    ['a beginning for what is not bound', begin(1, 9)],
    ['a beginning for an unknown device', begin(77)],
  ])('R95 %s means nothing', (_name, command) => {
    const live = new LiveIommu();
    live.send(begin());
    expect(live.send(command)).toEqual([]);
  });

  it.each(['drain', 'flush'] as const)('R96, R97 nobody outside can say that step %s is done', (of) => {
    const live = new LiveIommu();
    live.send(pageRequest(1));
    if (of === 'flush') live.drain();
    draining(live);
    live.send(step);
    expect(live.send(finish(of))).toEqual([]);
  });

  it('R102 the PASID can be bound again only after its end', () => {
    const live = new LiveIommu();
    const bind = { kind: 'BindPasid', device: 1, pasid: 7, mm: 9, shard: 0, generation: 2 } as const;
    live.send(begin());
    expect(() => live.send(bind)).toThrow(PasidInUse);
    expect(() => live.send({ ...bind, kind: 'ReplaceBinding' })).toThrow(
      /PASID 7 of device 1 is being torn down/,
    );
    for (const command of [finish('stop'), finish('invalidate'), step, finish('fence')]) live.send(command);
    expect(() => live.send(bind)).toThrow(PasidInUse);
    live.send(step);
    expect(live.send(bind)).toMatchObject([{ kind: 'PasidBound', generation: 2 }]);
  });

  it('R104 a device that is detached takes its teardowns along', () => {
    const live = new LiveIommu();
    live.send(begin());
    live.send(begin(2));
    live.send({ kind: 'DetachDevice', device: 1 });
    expect(live.state.durable.teardowns).toMatchObject([{ device: 2 }]);
    expect(isIdle(live.state)).toBe(false);
  });
});

describe('an owner change in the middle of a teardown', () => {
  const commands = [begin(), finish('stop'), finish('invalidate'), step, finish('fence'), step];

  it.each(commands.map((_, place) => place))(
    'I8 after %i commands a successor goes on where it was',
    (place) => {
      const live = new LiveIommu();
      for (const command of commands.slice(0, place)) live.send(command);
      const successor = new LiveIommu(live.decider, live.log);
      successor.send({ kind: 'BeginEpoch', epoch: 2 });
      for (const command of commands.slice(place)) successor.send(command);
      expect(successor.log.at(-1)).toMatchObject({ kind: 'PasidDrained', generation: 1 });
      expect(isIdle(successor.state)).toBe(true);
    },
  );

  it('D5 the PASID entry goes, though the dead owner could not write that', () => {
    const live = new LiveIommu();
    for (const command of commands.slice(0, 2)) live.send(command);
    const successor = new LiveIommu(live.decider, live.log.slice(0, -1));
    expect(words(successor.send(step))).toEqual(['PasidUnbound']);
    successor.send(finish('invalidate'));
    expect(words(successor.send(step))).toEqual(['drain done', 'flush done']);
  });
});

it('R23 a stop marker of the PASID in the ring is waited for like any record', () => {
  const live = new LiveIommu();
  live.send(pageRequest(1, { permissions: Permission.EXECUTE }));
  draining(live);
  expect(live.send(step)).toEqual([]);
  live.drain();
  expect(words(live.send(step))).toEqual(['drain done', 'flush done']);
});

describe('the force that a deadline brings', () => {
  it('R98 R99 the drain leaves partial lists to the flush', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }));
    live.send(pageRequest(1, { groupId: 9, last: false }));
    live.drain();
    live.send(pageRequest(2));
    draining(live);
    expect(words(live.send(finish('drain', 'expired')))).toEqual(['FaultRefused', 'drain expired']);
    expect(words(live.send(finish('flush', 'expired')))).toEqual(['PartialsDiscarded', 'flush expired']);
  });

  it('R98 answers groups with any member of the binding, and leaves groups and stalls of other PASIDs alone', () => {
    const decider = testIommu({ priQueueEntries: 16, eventQueueEntries: 8 });
    const live = new LiveIommu(decider, [...ready, bound(1, 8), bound(3, 8)]);
    live.send(pageRequest(1, { groupId: 5, last: false }));
    live.send(pageRequest(2, { groupId: 5, pasid: 8 }));
    live.send(pageRequest(3, { groupId: 6, pasid: 8 }));
    live.drain();
    draining(live);
    live.send(step);
    expect(live.send(finish('flush', 'expired'))).toMatchObject([
      { kind: 'GroupResponded', group: 1 },
      { kind: 'TeardownStepped' },
    ]);
    live.send(stalledAccess(4));
    live.send(stalledAccess(5, { pasid: 8 }));
    for (const command of [begin(3), finish('stop', 'done', 3), finish('invalidate', 'done', 3)])
      live.send(command);
    live.send(finish('drain', 'expired', 3));
    expect(openStalls(live.state).map(({ request }) => request)).toEqual([5]);
    expect(pendingGroups(live.state).map(({ serial }) => serial)).toEqual([2]);
  });

  it('R95 is asked for as long as a teardown is under way', () => {
    const live = new LiveIommu();
    expect(hasTeardowns(live.state)).toBe(false);
    live.send(begin());
    expect(hasTeardowns(live.state)).toBe(true);
  });
});

it('R95 the PASID entry goes with the first step; one that a dead owner left goes at the end of a turn, with no other step', () => {
  const live = new LiveIommu();
  live.send(begin());
  live.send(finish('stop'));
  const successor = new LiveIommu(live.decider, live.log.slice(0, -1));
  expect(words(successor.send(finish('invalidate')))).toEqual(['invalidate done']);
  expect(words(successor.send(step))).toEqual(['PasidUnbound', 'drain done', 'flush done']);
});
