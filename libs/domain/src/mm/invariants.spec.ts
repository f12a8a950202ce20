import fc from 'fast-check';
import { Permission, ResponseCode } from '../kernel/vocabulary';
import { FrameAudit } from './audit.testkit';
import type { MmCommand, RunMember } from './commands';
import { firstFrame, type MmConfig, type ReclaimPolicy } from './config';
import { MmCommandRefused } from './errors';
import type { Backing, MmEvent } from './events';
import { pagesInQuarantine } from './invalidation';
import { oldestReady, openRuns } from './runs';
import { type AnyMmEvent, createMmShard } from './shard';
import { restoreMmState } from './state';
import { countMm, hasReadyRun, isDurableMmEvent } from './stats';

const SHARD = 3;
const PAGES = 12;

/** One thing a host may do; the numbers choose among what is there when it is done. */
type Step =
  | { do: 'command'; command: MmCommand }
  | { do: 'open'; members: RunMember[] }
  | { do: 'advance'; times: number }
  | { do: 'invalidate'; skip: number; count: number }
  | { do: 'crash' };

const mm = fc.integer({ min: 1, max: 3 });
const pasid = fc.integer({ min: 1, max: 3 });
const range = fc
  .tuple(fc.nat(PAGES - 1), fc.integer({ min: 1, max: 6 }))
  .map(([start, length]) => ({ start, end: start + length }));
const backing = fc.constantFrom<Backing>('anonymous', 'file-shared', 'file-private');
const permissions = fc.oneof(fc.constant(7), fc.nat(7));
const member: fc.Arbitrary<RunMember> = fc.record({
  pasid,
  generation: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.nat(2) }),
  page: fc.nat(PAGES - 1),
  permissions: fc.oneof(fc.constantFrom(1, 2, 3), fc.nat(15)),
});
const layout: fc.Arbitrary<MmCommand> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(mm, range, backing, permissions, fc.nat(3)).map(mapVma) },
  {
    weight: 6,
    arbitrary: fc.tuple(mm, range).map(([id, r]): MmCommand => ({ kind: 'UnmapVma', mm: id, ...r })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(pasid, mm).map(([p, id]): MmCommand => ({ kind: 'RebindPasid', pasid: p, mm: id })),
  },
  { weight: 1, arbitrary: mm.map((id): MmCommand => ({ kind: 'ExitAddressSpace', mm: id })) },
  { weight: 1, arbitrary: pasid.map((id): MmCommand => ({ kind: 'UnbindPasid', pasid: id })) },
  {
    weight: 1,
    arbitrary: fc.tuple(pasid, mm).map(([p, id]): MmCommand => ({ kind: 'BindPasid', pasid: p, mm: id })),
  },
);
/** What takes pages and rights away, or brings pages, while faults and invalidations are under way. */
const change: fc.Arbitrary<MmCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .tuple(mm, range, permissions)
      .map(([id, r, granted]): MmCommand => ({ kind: 'ProtectVma', mm: id, ...r, permissions: granted })),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(mm, range).map(([id, r]): MmCommand => ({ kind: 'MigratePages', mm: id, ...r })),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(mm, range).map(([id, r]): MmCommand => ({ kind: 'PopulatePages', mm: id, ...r })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 3 }).map((pages): MmCommand => ({ kind: 'ReclaimPages', pages })),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: layout.map((command): Step => ({ do: 'command', command })) },
  { weight: 6, arbitrary: change.map((command): Step => ({ do: 'command', command })) },
  {
    weight: 10,
    arbitrary: fc.array(member, { maxLength: 5 }).map((members): Step => ({ do: 'open', members })),
  },
  { weight: 10, arbitrary: fc.integer({ min: 1, max: 12 }).map((times): Step => ({ do: 'advance', times })) },
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.nat(5), fc.nat(4))
      .map(([skip, count]): Step => ({ do: 'invalidate', skip, count })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'crash' }) },
);
/** Long ones too, because contention for frames needs a past; fast-check prefers short arrays unless told. */
const history = (maxLength: number) => fc.array(step, { maxLength, size: 'max' });
const config = fc.record({
  shard: fc.constant(SHARD),
  frames: fc.oneof(
    { weight: 1, arbitrary: fc.constant(0) },
    { weight: 9, arbitrary: fc.integer({ min: 1, max: 8 }) },
  ),
  reclaim: fc.constantFrom<ReclaimPolicy>('lru', 'clock'),
  faultAround: fc.constantFrom(1, 1, 4, 16),
  premap: fc.constantFrom(1, 1, 4, 8),
  reclaimBatch: fc.integer({ min: 1, max: 4 }),
  swapPages: fc.constantFrom(0, 1, 3, 1000),
  readFileAsMajor: fc.boolean(),
});

type ShardConfig = Required<MmConfig>;
type RangeOf = { start: number; end: number };

function mapVma([id, r, shows, granted, filePage]: [number, RangeOf, Backing, number, number]): MmCommand {
  return { kind: 'MapVma', mm: id, ...r, permissions: granted, backing: shows, file: 1, filePage };
}

/** Three mms, bound, with one area of each kind in each. */
const PREPARED: MmCommand[] = [1, 2, 3].flatMap((id): MmCommand[] => [
  { kind: 'CreateAddressSpace', mm: id },
  { kind: 'BindPasid', pasid: id, mm: id },
  mapVma([id, { start: 0, end: 4 }, 'anonymous', 7, 0]),
  mapVma([id, { start: 4, end: 7 }, 'file-shared', 7, 0]),
  mapVma([id, { start: 7, end: 10 }, 'file-private', 7, 1]),
]);

/** A shard under audit: whatever it does is checked event by event. */
class AuditedShard {
  readonly decider;
  readonly log: MmEvent[] = [];
  readonly opened = new Set<number>();
  readonly finished: number[] = [];
  state;
  private readonly audit;

  constructor(private readonly config: ShardConfig) {
    this.decider = createMmShard(config);
    this.state = this.decider.initial();
    this.audit = new FrameAudit(firstFrame(SHARD), config.frames);
    for (const command of PREPARED) this.send(command);
  }

  send(command: MmCommand): readonly AnyMmEvent[] {
    const run = oldestReady(this.state.volatile);
    const asked = run?.members[run.handled]?.permissions ?? 0;
    const isAskedWrite = command.kind === 'Advance' && (asked & Permission.WRITE) !== 0;
    const isWrite = isAskedWrite || command.kind === 'PopulatePages';
    const entries = command.kind === 'CompleteInvalidation' ? command.entries : [];
    const completed = new Set(entries.map((entry) => `${entry.mm}/${entry.page}/${entry.frame}`));
    const events = this.decide(command);
    for (const event of events) {
      if (event.kind === 'RunFinished') this.seeFinished(event.result.run, event.result);
      if (isDurableMmEvent(event)) {
        this.audit.see(event, { isWrite, completed });
        this.log.push(event);
      }
      this.state = this.decider.evolve(this.state, event);
    }
    return events;
  }

  take(next: Step): void {
    if (next.do === 'command') this.send(next.command);
    else if (next.do === 'open') this.open(next.members);
    else if (next.do === 'crash') this.crash();
    else if (next.do === 'advance') for (let n = 0; n < next.times; n += 1) this.send({ kind: 'Advance' });
    else {
      const entries = pagesInQuarantine(this.state).slice(next.skip, next.skip + next.count);
      this.send({ kind: 'CompleteInvalidation', entries });
    }
    const counters = countMm(this.state);
    this.audit.compare(counters);
    expect(counters.swapUsed).toBeLessThanOrEqual(this.config.swapPages);
  }

  /** Lets everything end: invalidations complete one at a time, which wakes runs in the most different orders. */
  settle(): void {
    for (let rounds = 0; rounds < 10_000; rounds += 1) {
      if (hasReadyRun(this.state)) this.send({ kind: 'Advance' });
      else if (this.state.durable.invalidating === 0) return;
      else this.send({ kind: 'CompleteInvalidation', entries: pagesInQuarantine(this.state).slice(-1) });
    }
    throw new Error('the shard does not come to rest');
  }

  foldLog() {
    return this.log.reduce((state, event) => this.decider.evolve(state, event), this.decider.initial());
  }

  private decide(command: MmCommand): readonly AnyMmEvent[] {
    try {
      return this.decider.decide(this.state, command, 0);
    } catch (error) {
      if (error instanceof MmCommandRefused) return [];
      throw error;
    }
  }

  private open(members: RunMember[]): void {
    const run = this.opened.size + 1;
    this.opened.add(run);
    this.send({ kind: 'HandleRun', run: { run, members } });
  }

  /** A new owner folds the log: the runs of the old one are forgotten. */
  private crash(): void {
    for (const { run } of openRuns(this.state.volatile)) this.finished.push(run);
    this.state = restoreMmState(this.foldLog().durable);
    this.send({ kind: 'BeginEpoch', epoch: this.state.durable.epoch + 1 });
  }

  private seeFinished(run: number, result: { code: ResponseCode; members: { resolution: string }[] }): void {
    this.finished.push(run);
    const first = result.members.findIndex(({ resolution }) => resolution === 'invalid');
    expect(result.code).toBe(first < 0 ? ResponseCode.SUCCESS : ResponseCode.INVALID);
    const open = openRuns(this.state.volatile).find((each) => each.run === run);
    expect(result.members).toHaveLength(open?.members.length ?? -1);
    result.members.forEach(({ resolution }, place) => {
      expect(resolution === 'skipped').toBe(first >= 0 && place > first);
    });
  }
}

/** Text of plain data with Maps and Sets in their order: equal text is "bit for bit". */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof Map) return { map: [...(part as Map<unknown, unknown>)] };
    if (part instanceof Set) return { set: [...(part as Set<unknown>)] };
    return part;
  });
}

const RUNS = { numRuns: 150 };

test('I6, I7 pages inside areas and their permissions, none written before its old entry is invalidated, frames conserved', () => {
  fc.assert(
    fc.property(config, history(120), (shard, steps) => {
      const audited = new AuditedShard(shard);
      for (const next of steps) audited.take(next);
      audited.settle();
      expect([...audited.finished].sort((a, b) => a - b)).toEqual([...audited.opened]);
      expect(countMm(audited.state)).toMatchObject({ runsOpen: 0, runsReady: 0, runsParked: 0 });
      expect(audited.state.volatile.reserved).toBe(0);
      expect(audited.state.volatile.pageWaiters.size).toBe(0);
    }),
    RUNS,
  );
});

test('I8 folding the log gives the durable state, bit for bit, at any moment', () => {
  fc.assert(
    fc.property(config, history(120), (shard, steps) => {
      const audited = new AuditedShard(shard);
      for (const next of steps) audited.take(next);
      expect(textOf(audited.foldLog().durable)).toBe(textOf(audited.state.durable));
    }),
    RUNS,
  );
});

test('deciding changes nothing', () => {
  fc.assert(
    fc.property(config, history(40), (shard, steps) => {
      const audited = new AuditedShard(shard);
      for (const next of steps) {
        const before = textOf(audited.state);
        audited.decider.decide(audited.state, { kind: 'Advance' }, 0);
        const entries = pagesInQuarantine(audited.state);
        audited.decider.decide(audited.state, { kind: 'CompleteInvalidation', entries }, 0);
        expect(textOf(audited.state)).toBe(before);
        audited.take(next);
      }
    }),
    { numRuns: 50 },
  );
});
