import {
  type BatchHeaders,
  IommuHistory,
  iommuUnit,
  mmSchema,
  type ResolvedIommu,
  type ResolvedScenario,
  segmentSchema,
  segmentUnit,
  shardUnit,
} from '@faultline/contracts';
import {
  AccessHistory,
  createIommu,
  createMmShard,
  createSegment,
  type DurableSegment,
  durableSegment,
  type IommuDurableState,
  type MmDurableState,
  type PlainAccessHistory,
  resolveIommuConfig,
  restoreIommuState,
  restoreMmState,
  restoreSegment,
} from '@faultline/domain';
import { iommuConfigOf } from './iommu/iommu-config';

/** What folding the events of a unit gives (I8), by its kind. */
export type FoldedState =
  | { kind: 'iommu'; state: IommuDurableState }
  | { kind: 'mm'; state: MmDurableState }
  | { kind: 'segment'; state: DurableSegment & { history: PlainAccessHistory } };

/** The part of a logged message that a fold reads. */
export interface FoldedMessage {
  headers: BatchHeaders;
  body: Uint8Array;
}

/**
 * Folds what one unit wrote, message after message from the first, to the state that it had then. A fold that is whole can be kept as
 * its state, with which {@link foldUnit} goes on from there.
 */
export interface UnitFold {
  /** Takes the next message of the unit. Throws `DecodeError`, and what `evolve` throws for a broken log. */
  take(message: FoldedMessage): void;
  /** Whether everything taken is in the state: of an IOMMU's cycle a part may be read, and the rest be still to come (D5). */
  readonly isWhole: boolean;
  /** The state now. It changes with the next message. */
  readonly folded: FoldedState;
}

/** A fold of a unit of the scenario; undefined when it has no such unit. It owns the state that it goes on from. */
export function foldUnit(unit: string, scenario: ResolvedScenario, from?: FoldedState): UnitFold | undefined {
  for (const iommu of scenario.iommus) {
    if (iommuUnit(iommu.iommu) === unit) return new IommuFold(iommu, scenario, from);
    if (segmentUnit(iommu.segment) === unit) return new SegmentFold(iommu, scenario, from);
  }
  const shard = scenario.shards.find((each) => shardUnit(each.shard) === unit);
  return shard && new MmFold(shard, from);
}

/** Every unit of the path in a scenario, by its name. */
export function unitsOfScenario(scenario: ResolvedScenario): string[] {
  return [
    ...scenario.iommus.map(({ segment }) => segmentUnit(segment)),
    ...scenario.iommus.map(({ iommu }) => iommuUnit(iommu)),
    ...scenario.shards.map(({ shard }) => shardUnit(shard)),
  ];
}

class IommuFold implements UnitFold {
  private readonly decider;
  private state;
  private readonly history = new IommuHistory((event) => {
    this.state = this.decider.evolve(this.state, event);
  });

  constructor(iommu: ResolvedIommu, scenario: ResolvedScenario, from: FoldedState | undefined) {
    const config = iommuConfigOf(iommu, scenario);
    this.decider = createIommu(config);
    this.state =
      from?.kind === 'iommu'
        ? restoreIommuState(resolveIommuConfig(config), from.state)
        : this.decider.initial();
  }

  take(message: FoldedMessage): void {
    this.history.take(message);
  }

  get isWhole(): boolean {
    return this.history.isWhole;
  }

  get folded(): FoldedState {
    return { kind: 'iommu', state: this.state.durable };
  }
}

class MmFold implements UnitFold {
  private readonly decider;
  private state;
  readonly isWhole = true;

  constructor(shard: ResolvedScenario['shards'][number], from: FoldedState | undefined) {
    this.decider = createMmShard(shard);
    this.state = from?.kind === 'mm' ? restoreMmState(from.state) : this.decider.initial();
  }

  take({ body }: FoldedMessage): void {
    for (const event of mmSchema.decode(body)) this.state = this.decider.evolve(this.state, event);
  }

  get folded(): FoldedState {
    return { kind: 'mm', state: this.state.durable };
  }
}

class SegmentFold implements UnitFold {
  private readonly decider;
  private state;
  private readonly history: AccessHistory;
  readonly isWhole = true;

  constructor({ segment, model }: ResolvedIommu, scenario: ResolvedScenario, from: FoldedState | undefined) {
    const devices = scenario.devices.filter((device) => device.segment === segment);
    this.decider = createSegment({ segment, devices: devices.map((device) => ({ ...device, model })) });
    const initial = this.decider.initial();
    this.state = from?.kind === 'segment' ? restoreSegment(initial, from.state) : initial;
    this.history = from?.kind === 'segment' ? AccessHistory.of(from.state.history) : new AccessHistory();
  }

  take({ body }: FoldedMessage): void {
    for (const event of segmentSchema.decode(body)) {
      this.state = this.decider.evolve(this.state, event);
      this.history.fold(event);
    }
  }

  get folded(): FoldedState {
    const state = { ...durableSegment(this.state), history: this.history.toPlain() };
    return { kind: 'segment', state };
  }
}
