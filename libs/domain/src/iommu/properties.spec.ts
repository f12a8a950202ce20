import fc from 'fast-check';
import type { IommuCommand, ReceiveRequestCommand } from './commands';
import type { IommuEvent } from './events';
import { foldMm, reachPosition } from './iommu';
import { attached, bound, LiveIommu, pageRequest, refold, stalledAccess, testIommu } from './iommu.testkit';
import { isIdle, openStalls } from './queries';
import { ringCount } from './ring';

type Step =
  | {
      do: 'send';
      device: number;
      pasid: number;
      groupId: number;
      last: boolean;
      permissions: number;
      page: number;
    }
  | { do: 'resend'; back: number }
  | { do: 'command'; command: IommuCommand }
  | { do: 'drain' }
  | { do: 'result'; pick: number; code: 0 | 1 | 2; sequence: number }
  | { do: 'install'; page: number; permissions: number }
  | { do: 'reach'; shard: number; sequence: number }
  | { do: 'reset' };

const device = fc.integer({ min: 1, max: 4 });
const command = fc.oneof(
  { weight: 12, arbitrary: fc.constant<IommuCommand>({ kind: 'DrainNext' }) },
  { weight: 4, arbitrary: fc.constant<IommuCommand>({ kind: 'FinishDrain' }) },
  { weight: 4, arbitrary: fc.constant<IommuCommand>({ kind: 'RespondNext' }) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 2, max: 5 }).map((epoch): IommuCommand => ({ kind: 'BeginEpoch', epoch })),
  },
  { weight: 1, arbitrary: device.map((number): IommuCommand => ({ kind: 'DetachDevice', device: number })) },
  {
    weight: 3,
    arbitrary: device.map((number): IommuCommand => ({
      kind: 'AttachDevice',
      device: number,
      segment: 0,
      model: number > 2 ? 'stall' : 'pri',
      responsePasidRequired: number === 2,
    })),
  },
  {
    weight: 1,
    arbitrary: device.map((number): IommuCommand => ({ kind: 'UnbindPasid', device: number, pasid: 7 })),
  },
  {
    weight: 3,
    arbitrary: device.map((number): IommuCommand => ({
      kind: 'BindPasid',
      device: number,
      pasid: 7,
      mm: 7,
      shard: 1,
      generation: 2,
    })),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 30,
    arbitrary: fc.record({
      do: fc.constant('send' as const),
      device,
      pasid: fc.constantFrom(7, 7, 8, -1),
      groupId: fc.integer({ min: 0, max: 3 }),
      last: fc.boolean(),
      permissions: fc.integer({ min: 0, max: 7 }),
      page: fc.integer({ min: 0, max: 5 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('resend' as const), back: fc.nat({ max: 6 }) }) },
  { weight: 14, arbitrary: fc.record({ do: fc.constant('command' as const), command }) },
  { weight: 6, arbitrary: fc.constant<Step>({ do: 'drain' }) },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constant('result' as const),
      pick: fc.nat({ max: 9 }),
      code: fc.constantFrom(0 as const, 0 as const, 1 as const, 2 as const),
      sequence: fc.nat({ max: 20 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('install' as const),
      page: fc.integer({ min: 0, max: 5 }),
      permissions: fc.integer({ min: 1, max: 7 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('reach' as const),
      shard: fc.nat({ max: 1 }),
      sequence: fc.nat({ max: 20 }),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'reset' }) },
);
const steps = fc.array(step, { maxLength: 120, size: 'max' });

/** Runs steps as a segment, workers and mm shards would bring them about. */
class Run {
  readonly live = new LiveIommu(testIommu({ eventQueueEntries: 4 }), [
    { kind: 'IommuOwnerChanged', iommu: 0, epoch: 1 },
    ...[1, 2, 3, 4].map((number) =>
      attached(number, { model: number > 2 ? 'stall' : 'pri', responsePasidRequired: number === 2 }),
    ),
    ...[1, 2, 3, 4].map((number) => bound(number, 7)),
  ]);
  sent: ReceiveRequestCommand[] = [];
  private epoch = 1;

  take(step: Step): void {
    const { live } = this;
    if (step.do === 'command') live.send(step.command);
    else if (step.do === 'drain') live.drain();
    else if (step.do === 'reach') reachPosition(live.state, step.shard, step.sequence);
    else if (step.do === 'install') this.install(step.page, step.permissions);
    else if (step.do === 'result') this.result(step.pick, step.code, step.sequence);
    else if (step.do === 'resend') for (const command of this.sent.slice(-1 - step.back)) live.send(command);
    else if (step.do === 'reset') this.reset();
    else this.send(step);
  }

  private send(step: Extract<Step, { do: 'send' }>): void {
    const { do: _do, ...fields } = step;
    const make = step.device > 2 ? stalledAccess : pageRequest;
    const sent = make(this.sent.length + 1, { ...fields, segmentEpoch: this.epoch });
    this.sent.push(sent);
    this.live.send(sent);
  }

  private reset(): void {
    this.epoch += 1;
    this.sent = [];
  }

  private install(page: number, permissions: number): void {
    foldMm(this.live.state, {
      kind: 'PageInstalled',
      mm: 7,
      page,
      frame: page + 1,
      permissions,
      cause: 'zero-fill',
      major: false,
    });
  }

  private result(pick: number, code: 0 | 1 | 2, sequence: number): void {
    const queued = this.queued();
    const group = queued[pick % Math.max(1, queued.length)];
    if (group) this.answer(group, code, sequence);
  }

  private answer(
    { epoch, group }: { epoch: number; group: number },
    code: 0 | 1 | 2,
    sequence: number,
  ): void {
    const positions = [
      { shard: 0, sequence },
      { shard: 1, sequence: 20 - sequence },
    ];
    this.live.send({ kind: 'AdmitResult', group, epoch, device: 0, code, positions, sequence: 1 });
  }

  /** Identities of all groups ever queued, by the epoch that was current then. */
  queued(): { epoch: number; group: number }[] {
    let epoch = 0;
    const queued: { epoch: number; group: number }[] = [];
    for (const event of this.live.log) {
      if (event.kind === 'IommuOwnerChanged') epoch = event.epoch;
      if (event.kind === 'GroupQueued') queued.push({ epoch, group: event.group });
    }
    return queued;
  }

  /** Everything comes to its end: the replica catches up, and every group is answered INVALID. */
  finish(): void {
    reachPosition(this.live.state, 0, 20);
    reachPosition(this.live.state, 1, 20);
    do {
      this.live.drain();
      this.live.settle();
      for (const group of this.queued()) this.answer(group, 1, 0);
    } while (!isIdle(this.live.state));
  }
}

const count = <Kind extends IommuEvent['kind']>(
  log: readonly IommuEvent[],
  ...kinds: Kind[]
): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const event of log) {
    if (!(kinds as string[]).includes(event.kind)) continue;
    const key =
      'groupEpoch' in event
        ? `${event.groupEpoch}/${event.group}`
        : 'request' in event
          ? `${event.segmentEpoch}/${event.request}`
          : '';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
};

describe('an IOMMU under any sequence of commands', () => {
  it('I1, I2 answers or discards each closed group exactly once, and nothing else', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const run = new Run();
        for (const each of list) run.take(each);
        run.finish();
        const ended = count(run.live.log, 'GroupResponded', 'GroupDiscarded');
        const queued = run.queued().map(({ epoch, group }) => `${epoch}/${group}`);
        expect(new Set(queued).size).toBe(queued.length);
        expect([...ended.keys()].sort()).toEqual([...queued].sort());
        expect([...ended.values()].every((times) => times === 1)).toBe(true);
        expect(isIdle(run.live.state)).toBe(true);
        for (const known of run.live.state.durable.iopf.devices.values()) expect(known.pending).toEqual([]);
      }),
    );
  });

  it('R41 never holds more than its rings have room for', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const run = new Run();
        let most = 0;
        for (const each of list) {
          run.take(each);
          const { pri, events } = run.live.state.durable;
          most = Math.max(most, ringCount(pri), ringCount(events));
        }
        expect(most).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('R39 ends each held transaction exactly once, however full the event queue is', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const run = new Run();
        for (const each of list) run.take(each);
        run.finish();
        const held = count(
          run.live.log.filter((event) => !('round' in event) || event.round === 0),
          'StallRecorded',
          'StallDeferred',
        );
        const ended = count(run.live.log, 'StallEnded');
        for (const key of held.keys()) expect([key, ended.get(key)]).toEqual([key, 1]);
        expect([...ended.values()].every((times) => times === 1)).toBe(true);
        expect(openStalls(run.live.state)).toEqual([]);
      }),
    );
  });

  it('D10 is not changed by requests that are sent again', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const run = new Run();
        for (const each of list) run.take(each);
        const before = structuredClone(run.live.state.durable);
        const logged = run.live.log.length;
        for (const command of run.sent) run.live.send(command);
        expect(run.live.log).toHaveLength(logged);
        expect(run.live.state.durable).toEqual(before);
      }),
    );
  });

  it('I8 folding the durable events again gives the same durable state', () => {
    fc.assert(
      fc.property(steps, (list) => {
        const run = new Run();
        for (const each of list) run.take(each);
        expect(refold(run.live.decider, run.live.log).durable).toEqual(run.live.state.durable);
      }),
    );
  });

  it('decide changes nothing', () => {
    fc.assert(
      fc.property(steps, step, (list, last) => {
        const run = new Run();
        for (const each of list) run.take(each);
        if (last.do !== 'command') return;
        const before = structuredClone(run.live.state);
        run.live.decider.decide(run.live.state, last.command, 0);
        expect(run.live.state).toEqual(before);
      }),
    );
  });
});
