import type { Violation } from '@faultline/audit';
import {
  IommuHistory,
  iommuUnit,
  mmSchema,
  type ResolvedScenario,
  segmentSchema,
  segmentUnit,
  shardUnit,
  type StepAction,
} from '@faultline/contracts';
import {
  AccessHistory,
  createIommu,
  createMmShard,
  createSegment,
  durableSegment,
  SeededRandom,
  shardOfPasid,
} from '@faultline/domain';
import { type LogMessage, toError } from '@faultline/hosting';
import type { Onlooker } from '@faultline/simulation';
import { canonical, iommuConfigOf, type PathUnit, SegmentUnit } from '@faultline/units';
import { AccessWatch, type Spaces } from '../kit/access-watch';
import { differing } from '../kit/complaints';

/** An invariant does not hold: which one, and what shows it. */
export class InvariantBroken extends Error {
  constructor(
    readonly violation: Violation,
    readonly atMicros: number,
  ) {
    const { invariant, sequence, identity, sentence } = violation;
    super(`${invariant} at message ${sequence}: ${identity}: ${sentence}`);
    this.name = 'InvariantBroken';
  }
}

/** What folding a unit's log gives, message by message. */
interface Fold {
  take(message: LogMessage): void;
  folded(): unknown;
}

/** From one look at a unit to the next there are at most so many instants. */
const LOOK_INSTANTS = 150;
/** Model time after the end of everything within which every unit must have an owner that rests. */
const REST_MICROS = 60_000_000;

/**
 * Checks while a simulation runs, at every message and every access: what the audit checks (I1 to I6, I9), each hit of a device's cache
 * against the page tables of the log (I7), and the state of units, at random moments and at the end, against what the log gives (I8).
 */
export class Witness implements Onlooker {
  readonly accesses: AccessWatch;
  private readonly folds = new Map<string, Fold>();
  private readonly shards = new Map<number, () => Spaces>();
  private readonly epochs = new Map<string, number>();
  private readonly units = new Map<string, PathUnit[]>();
  private readonly random: SeededRandom;
  private broken: Violation | undefined;
  private sequence = 0;
  private untilLook = 0;
  private unseen: Set<string> | undefined;
  private endedAtMicros = Infinity;
  private readonly rest: Promise<void>;
  private tellRest: () => void = () => undefined;
  /** How often states were compared (I8). */
  looks = 0;

  constructor(
    private readonly scenario: ResolvedScenario,
    seed: number,
  ) {
    this.random = new SeededRandom(seed).fork('witness');
    this.rest = new Promise((resolve) => (this.tellRest = resolve));
    for (const shard of scenario.shards) this.foldShard(shard);
    for (const iommu of scenario.iommus) {
      this.foldIommu(iommu);
      this.foldSegment(iommu);
    }
    this.accesses = new AccessWatch(
      (pasid) => this.shards.get(shardOfPasid(pasid, scenario.shards.length))?.(),
      // Whoever was deposed, and does not know it yet, has devices that are none any more.
      (unit) => this.isOwner(unit),
    );
    this.accesses.meet(scenario.processes);
  }

  stored(message: LogMessage): void {
    const { sequence, headers } = message;
    this.sequence = sequence;
    const fold = this.folds.get(headers.unit);
    if (!fold) return;
    this.epochs.set(headers.unit, Math.max(headers.epoch, this.epochs.get(headers.unit) ?? 0));
    if (this.broken) return;
    try {
      fold.take(message);
    } catch (error) {
      this.break('I8', headers.unit, `its log cannot be folded: ${toError(error).message}`);
    }
  }

  violated(violation: Violation): void {
    this.broken ??= violation;
  }

  made(unit: PathUnit): void {
    const units = this.units.get(unit.name) ?? [];
    this.units.set(unit.name, [...units, unit]);
    this.accesses.watch(unit);
  }

  begins(action: StepAction): void {
    this.accesses.begins(action);
  }

  done(action: StepAction): void {
    this.accesses.done(action);
  }

  passed(atMicros: number): void {
    const [complaint] = this.accesses.complaints;
    if (complaint) this.break('I7', 'a device', complaint);
    if (this.unseen) this.lookAtAll(atMicros);
    else this.lookAtOne();
    if (this.broken) throw new InvariantBroken(this.broken, atMicros);
  }

  /** Every access has ended once, and every unit is what the log gives. */
  ended(): Promise<void> {
    for (const { device, access, ends } of this.accesses.all.values())
      if (ends.length !== 1)
        this.break('I5', `device ${device} access ${access}`, `it ended ${ends.length} times`);
    this.unseen = new Set(this.folds.keys());
    return this.rest;
  }

  private lookAtOne(): void {
    if ((this.untilLook -= 1) > 0) return;
    this.untilLook = 1 + this.random.below(LOOK_INSTANTS);
    const names = [...this.folds.keys()];
    this.look(names[this.random.below(names.length)] ?? '');
  }

  private lookAtAll(atMicros: number): void {
    this.endedAtMicros = Math.min(this.endedAtMicros, atMicros);
    for (const name of this.unseen ?? []) if (this.look(name)) this.unseen?.delete(name);
    if (this.unseen?.size === 0) this.tellRest();
    else if (atMicros - this.endedAtMicros > REST_MICROS)
      this.break(
        'I5',
        [...(this.unseen ?? [])].join(', '),
        'nobody owns it, or its owner does not come to rest',
      );
  }

  /** Compares a unit with its log, if it writes nothing just now. Returns whether it did. */
  private look(name: string): boolean {
    const unit = this.units.get(name)?.find((each) => this.isOwner(each) && isResting(each));
    const fold = this.folds.get(name);
    if (!unit || !fold) return false;
    this.looks += 1;
    const [live, folded] = [canonical(liveOf(unit)), canonical(fold.folded())];
    if (live !== folded)
      this.break('I8', name, `it is ${differing(live, folded)}, but folds to ${differing(folded, live)}`);
    return true;
  }

  /** Whether no newer owner has written. */
  private isOwner(unit: PathUnit): boolean {
    return (insideOf(unit).journal?.epoch ?? 0) >= (this.epochs.get(unit.name) ?? 0);
  }

  private break(invariant: Violation['invariant'], identity: string, sentence: string): void {
    this.broken ??= { invariant, sequence: this.sequence, identity, sentence };
  }

  private foldShard(shard: ResolvedScenario['shards'][number]): void {
    const decider = createMmShard(shard);
    let state = decider.initial();
    this.folds.set(shardUnit(shard.shard), {
      take: ({ body }) => {
        for (const event of mmSchema.decode(body)) state = decider.evolve(state, event);
      },
      folded: () => state.durable,
    });
    this.shards.set(shard.shard, () => state.durable.spaces);
  }

  private foldIommu(iommu: ResolvedScenario['iommus'][number]): void {
    const decider = createIommu(iommuConfigOf(iommu, this.scenario));
    let state = decider.initial();
    const history = new IommuHistory((event) => (state = decider.evolve(state, event)));
    this.folds.set(iommuUnit(iommu.iommu), {
      take: (message) => history.take(message),
      folded: () => state.durable,
    });
  }

  private foldSegment({ segment, model }: ResolvedScenario['iommus'][number]): void {
    const devices = this.scenario.devices.filter((device) => device.segment === segment);
    const decider = createSegment({ segment, devices: devices.map((device) => ({ ...device, model })) });
    let state = decider.initial();
    const history = new AccessHistory();
    this.folds.set(segmentUnit(segment), {
      take: ({ body }) => {
        for (const event of segmentSchema.decode(body)) {
          history.fold(event);
          state = decider.evolve(state, event);
        }
      },
      folded: () => ({ ...durableSegment(state), history: history.toPlain() }),
    });
  }
}

/** What is private to a unit, and there once it has started. */
interface Inside {
  journal?: { epoch: number };
  host?: { state: { durable: unknown }; failure: Error | undefined; isAtRest(): boolean };
}

function insideOf(unit: PathUnit): Inside {
  return unit as unknown as Inside;
}

/** Whether everything that the unit has decided is in the log, and nothing else is. */
function isResting(unit: PathUnit): boolean {
  const { host } = insideOf(unit);
  return host !== undefined && host.failure === undefined && host.isAtRest();
}

function liveOf(unit: PathUnit): unknown {
  if (unit instanceof SegmentUnit)
    return { ...durableSegment(unit['host'].state), history: unit['history'].toPlain() };
  return insideOf(unit).host?.state.durable;
}
