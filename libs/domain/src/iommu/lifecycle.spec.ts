import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import type { IommuConfig } from './config';
import type { IommuEvent } from './events';
import {
  attachDevice,
  attached,
  bound,
  LiveIommu,
  pageRequest,
  ready,
  refold,
  result,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { PasidInUse } from './lifecycle';
import { isIdle, openStalls, pendingGroups } from './queries';

const layers: NonNullable<IommuConfig['generation']>[] = ['G1', 'G2'];
const kinds = (events: readonly { kind: string }[]): string[] => events.map(({ kind }) => kind);

/** Device 1 with two groups and a partial, device 2 with a group, device 3 with one held stall in a group and one in the ring. */
function busy(config: Partial<IommuConfig> = {}): LiveIommu {
  const live = new LiveIommu(testIommu({ priQueueEntries: 16, eventQueueEntries: 4, ...config }));
  live.send(pageRequest(1));
  live.send(pageRequest(2));
  live.send(pageRequest(3, { groupId: 9, last: false }));
  live.send(pageRequest(4, { device: 2 }));
  live.send(stalledAccess(5));
  live.drain();
  live.send(stalledAccess(6));
  return live;
}

describe('removing a device', () => {
  it('R89 [G1] closes what lives on in its layer: a device that is gone cannot be answered', () => {
    const live = busy();
    expect(live.send({ kind: 'DetachDevice', device: 1 })).toMatchObject([
      { kind: 'PartialsDiscarded', device: 1, count: 1, cause: 'removed' },
      { kind: 'GroupDiscarded', group: 1, cause: 'removed' },
      { kind: 'GroupDiscarded', group: 2, cause: 'removed' },
      { kind: 'PasidUnbound', device: 1, pasid: 7, generation: 1 },
      { kind: 'DeviceDetached', device: 1 },
    ]);
    expect(pendingGroups(live.state)).toHaveLength(2);
  });

  it('R89 [G2] answers its groups INVALID, newest first, after its partials were dropped', () => {
    const live = busy({ generation: 'G2' });
    expect(live.send({ kind: 'DetachDevice', device: 1 }, 70)).toMatchObject([
      { kind: 'PartialsDiscarded', cause: 'removed' },
      {
        kind: 'GroupResponded',
        group: 2,
        code: ResponseCode.INVALID,
        cause: 'removed',
        respondedAtMicros: 70,
      },
      { kind: 'GroupResponded', group: 1, code: ResponseCode.INVALID, cause: 'removed' },
      { kind: 'PasidUnbound' },
      { kind: 'DeviceDetached' },
    ]);
    expect(refold(live.decider, live.log).durable).toEqual(live.state.durable);
  });

  it.each(layers)('R104 [%s] ends each held transaction once', (generation) => {
    const live = busy({ generation });
    const events = live.send({ kind: 'DetachDevice', device: 3 });
    const ended = events.filter((event) => event.kind === 'StallEnded');
    expect(ended.map(({ request }) => request).sort()).toEqual([5, 6]);
    expect(openStalls(live.state)).toEqual([]);
    live.drain();
    expect(live.log.at(-1)).toMatchObject({ kind: 'FaultRefused', request: 6, answered: false });
  });

  it('R85 [%s] a result that comes later is dropped', () => {
    const live = busy({ generation: 'G2' });
    live.send({ kind: 'DetachDevice', device: 1 });
    expect(live.send(result(1))).toMatchObject([{ kind: 'ResultDropped', reason: 'duplicate' }]);
    expect(live.send({ kind: 'DetachDevice', device: 1 })).toEqual([]);
    expect(live.send({ kind: 'DetachDevice', device: 55 })).toEqual([]);
  });

  it('R91 a device comes back with nothing of its former life', () => {
    const live = busy({ generation: 'G2' });
    live.send({ kind: 'DetachDevice', device: 1 });
    live.send(attachDevice(1));
    live.send(pageRequest(7));
    live.drain();
    expect(live.log).toContainEqual(
      expect.objectContaining({ kind: 'FaultRefused', request: 7, reason: 'not-bound' }),
    );
    live.send({ kind: 'BindPasid', device: 1, pasid: 7, mm: 7, shard: 1, generation: 1 });
    live.send(pageRequest(8));
    expect(live.drain()).toHaveLength(1);
  });
});

describe('replacing a domain', () => {
  const replace = { kind: 'ReplaceBinding', device: 1, pasid: 7, mm: 80, shard: 0, generation: 2 } as const;

  it.each(layers)(
    'R105 [%s] binds the new one first, then answers the old one’s groups INVALID',
    (generation) => {
      const live = busy({ generation });
      expect(live.send(replace, 60)).toMatchObject([
        { kind: 'PasidBound', device: 1, pasid: 7, mm: 80, shard: 0, generation: 2 },
        {
          kind: 'GroupResponded',
          group: 1,
          code: ResponseCode.INVALID,
          cause: 'replaced',
          respondedAtMicros: 60,
        },
        { kind: 'GroupResponded', group: 2, cause: 'replaced' },
      ]);
      expect(pendingGroups(live.state).map(({ device }) => device)).toEqual([2, 3]);
      live.send(pageRequest(7));
      expect(live.drain()[0]?.members).toMatchObject([{ request: 7, generation: 2 }]);
      expect(live.send(replace)).toEqual([]);
    },
  );

  it('R105 leaves groups of the device alone that are not of that use of the PASID', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }), [...ready, bound(1, 8)]);
    live.send(pageRequest(1, { pasid: 8 }));
    live.send(pageRequest(2, { pasid: NO_PASID }));
    live.send(pageRequest(3, { groupId: 9, last: false }));
    live.send(pageRequest(4, { groupId: 9, pasid: 8 }));
    live.drain();
    expect(live.send(replace)).toMatchObject([{ kind: 'PasidBound' }, { kind: 'GroupResponded', group: 3 }]);
  });

  it('R105 of what is not bound is a binding', () => {
    const live = new LiveIommu();
    expect(live.send({ ...replace, pasid: 9 })).toMatchObject([{ kind: 'PasidBound', pasid: 9 }]);
  });
});

describe('binding', () => {
  const bind = { kind: 'BindPasid', device: 1, pasid: 7, mm: 7, shard: 1, generation: 1 } as const;

  it('R92 again is nothing new', () => {
    expect(new LiveIommu().send(bind)).toEqual([]);
  });

  it('R102 over another use is refused, by name', () => {
    expect(() => new LiveIommu().send({ ...bind, generation: 2 })).toThrow(PasidInUse);
    expect(() => new LiveIommu().send({ ...bind, generation: 2 })).toThrow(
      'PASID 7 of device 1 is bound to another mm: unbind it first, or replace it',
    );
  });

  it('of an address space that no device works for is refused, by name: there are no page tables of it', () => {
    const live = new LiveIommu(testIommu({ reach: new Set([7]) }));
    const error = { name: 'MmOutOfReach', iommu: 0, mm: 8 };
    expect(() => live.send({ ...bind, device: 2, mm: 8 })).toThrow(expect.objectContaining(error) as Error);
    expect(() => live.send({ ...bind, kind: 'ReplaceBinding', mm: 8, generation: 2 })).toThrow(
      'address space 8 is none that devices behind IOMMU 0 work for in this scenario',
    );
    expect(live.send({ ...bind, pasid: 9 })).toMatchObject([{ kind: 'PasidBound', mm: 7 }]);
  });

  it('R91 an attached device stays as it is', () => {
    expect(new LiveIommu().send(attachDevice(1, { model: 'stall' }))).toEqual([]);
  });

  it.each(layers)(
    'R91 [%s] a PASID that was bound before its device was attached finds its handler',
    (generation) => {
      const live = new LiveIommu(testIommu({ generation }), [...ready.slice(0, 2), bound(1, 7)]);
      live.send(attachDevice(1));
      live.send(pageRequest(1));
      expect(live.drain()).toHaveLength(1);
    },
  );
});

describe('a device without a fault handler', () => {
  const bare = (generation: 'G1' | 'G2', model: 'pri' | 'stall' = 'pri'): LiveIommu =>
    new LiveIommu(testIommu({ generation, priQueueEntries: 16 }), [
      ...ready.slice(0, 2),
      attached(1, { hasHandler: false, model }),
      bound(1, 7),
    ]);
  const refusals = (live: LiveIommu): IommuEvent[] => live.log.filter(({ kind }) => kind === 'FaultRefused');

  it.each([
    ['G1', [false, true]],
    ['G2', [true, true]],
  ] as const)(
    'R78 [%s] has each fault refused at once, non-last ones answered: %j',
    (generation, answered) => {
      const live = bare(generation);
      live.send(pageRequest(1, { groupId: 4, last: false }));
      live.send(pageRequest(2, { groupId: 4 }));
      live.drain();
      expect(refusals(live)).toMatchObject(
        answered.map((each) => ({ reason: 'no-handler', answered: each, code: ResponseCode.INVALID })),
      );
      expect(isIdle(live.state)).toBe(true);
    },
  );

  it.each(layers)('R74 [%s] leaves no transaction held: it is aborted', (generation) => {
    const live = bare(generation, 'stall');
    live.send(stalledAccess(1, { device: 1 }));
    live.drain();
    expect(live.log.slice(-2)).toMatchObject([
      { kind: 'FaultRefused', reason: 'no-handler', answered: false },
      { kind: 'StallEnded', outcome: 'aborted' },
    ]);
    expect(isIdle(live.state)).toBe(true);
  });
});

describe('the IOPF queue of the IOMMU', () => {
  it('R89 [G1] goes with its partials; its groups live on and are answered', () => {
    const live = busy();
    expect(live.send({ kind: 'FreeQueue' })).toMatchObject([
      { kind: 'PartialsDiscarded', device: 1, count: 1, cause: 'queue-freed' },
      { kind: 'QueueFreed' },
    ]);
    expect(live.send(result(1))).toMatchObject([{ kind: 'GroupResponded', cause: 'handled' }]);
  });

  it('R89 [G2] goes with its groups, which are answered INVALID, newest first in each device', () => {
    const live = busy({ generation: 'G2' });
    const events = live.send({ kind: 'FreeQueue' }, 66);
    const responded = events.filter((event) => event.kind === 'GroupResponded');
    expect(responded.map(({ device, group }) => `${device} ${group}`)).toEqual(['3 4', '2 3', '1 2', '1 1']);
    expect(
      responded.every(({ cause, respondedAtMicros }) => cause === 'removed' && respondedAtMicros === 66),
    ).toBe(true);
    expect(kinds(events).at(-1)).toBe('QueueFreed');
    expect(refold(live.decider, live.log).durable).toEqual(live.state.durable);
  });

  it.each(layers)(
    'R89 [%s] without it faults are refused, and with it again they are taken',
    (generation) => {
      const live = new LiveIommu(testIommu({ generation }));
      live.send({ kind: 'FreeQueue' });
      expect(live.send({ kind: 'FreeQueue' })).toEqual([]);
      live.send(pageRequest(1));
      live.send(stalledAccess(2));
      live.drain();
      expect(live.log.slice(-3)).toMatchObject([
        { kind: 'FaultRefused', request: 1, reason: 'no-queue', answered: true, code: ResponseCode.INVALID },
        { kind: 'FaultRefused', request: 2, reason: 'no-queue', answered: false },
        { kind: 'StallEnded', request: 2, outcome: 'aborted' },
      ]);
      expect(live.send({ kind: 'AllocQueue' })).toEqual([{ kind: 'QueueAllocated' }]);
      expect(live.send({ kind: 'AllocQueue' })).toEqual([]);
      live.send(pageRequest(3));
      live.send(stalledAccess(4));
      expect(live.drain()).toHaveLength(2);
    },
  );

  it('R91 a device that is attached without it joins it when it comes', () => {
    const live = new LiveIommu();
    live.send({ kind: 'FreeQueue' });
    live.send(attachDevice(9));
    live.send({ kind: 'AllocQueue' });
    live.send(pageRequest(1, { device: 9 }));
    expect(live.drain()).toHaveLength(1);
  });
});

describe('a domain that takes the place of another', () => {
  const replace = (pasid: number, generation: number) =>
    ({ kind: 'ReplaceBinding', device: 1, pasid, mm: 70 + generation, shard: 0, generation }) as const;

  it('R105 D2 answers the groups of the use before it, not those of older uses, which are refused elsewhere', () => {
    const live = new LiveIommu(testIommu({ priQueueEntries: 16 }));
    live.send(pageRequest(1));
    live.send(replace(7, 2));
    live.send(pageRequest(2));
    live.drain();
    expect(pendingGroups(live.state).map(({ members }) => members[0]?.generation)).toEqual([1, 2]);
    expect(live.send(replace(7, 3), 60)).toMatchObject([
      { kind: 'PasidBound', generation: 3 },
      {
        kind: 'GroupResponded',
        group: 2,
        code: ResponseCode.INVALID,
        cause: 'replaced',
        respondedAtMicros: 60,
      },
    ]);
    expect(pendingGroups(live.state).map(({ serial }) => serial)).toEqual([1]);
  });

  it('R105 of nothing answers nothing', () => {
    const live = new LiveIommu();
    live.send(pageRequest(1, { pasid: 99 }));
    live.drain();
    expect(live.send(replace(99, 1))).toMatchObject([{ kind: 'PasidBound', pasid: 99 }]);
    expect(pendingGroups(live.state)).toHaveLength(1);
  });

  it('R102 says why a PASID cannot be bound', () => {
    const live = new LiveIommu();
    const bind = { ...replace(7, 2), kind: 'BindPasid' } as const;
    expect(() => live.send(bind)).toThrow(
      expect.objectContaining({
        name: 'PasidInUse',
        message: 'PASID 7 of device 1 is bound to another mm: unbind it first, or replace it',
      }) as Error,
    );
    live.send({ kind: 'BeginTeardown', device: 1, pasid: 7, cause: 'unbind' });
    const message = 'PASID 7 of device 1 is being torn down: wait for its end';
    expect(() => live.send(bind)).toThrow(message);
    expect(() => live.send(replace(7, 2))).toThrow(message);
  });
});
