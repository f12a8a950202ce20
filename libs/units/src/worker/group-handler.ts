import type { ResolvedScenario } from '@faultline/contracts';
import {
  foldRunResults,
  type GroupHandled,
  type GroupQueued,
  type GroupRun,
  ResponseCode,
  type ShardPosition,
  splitRuns,
} from '@faultline/domain';
import { ModelTime } from '@faultline/hosting';
import { type GroupSpan, type UnitPorts } from '../common';
import type { HandledRun, ShardLanes } from './shard-lanes';

/** A closed group with its identity. */
export interface Work {
  iommu: number;
  epoch: number;
  group: GroupQueued;
  /** Present when one of its faults is traced. */
  span?: GroupSpan;
}

/** Handles one group: its members in order, runs of one shard together, up to the first error (D7, R118). */
export class GroupHandler {
  private readonly time: ModelTime;
  private readonly shards: number;
  private readonly enqueueMicros: number;

  constructor(
    private readonly ports: UnitPorts,
    scenario: Pick<ResolvedScenario, 'timeScale' | 'shards' | 'cost'>,
    private readonly lanes: ShardLanes,
  ) {
    this.time = new ModelTime(ports.clock, scenario.timeScale);
    this.shards = scenario.shards.length;
    this.enqueueMicros = scenario.cost.enqueueMicros;
  }

  /**
   * Calls back with the result, once. A worker does this for every fault, so it costs no promise. `refusal` says that the group
   * could not be decided: then it is poison, and its result is FAILURE (D12).
   */
  handle(work: Work, done: (handled: GroupHandled, refusal?: Error) => void): void {
    this.time.after(this.enqueueMicros, () => {
      const startedAtMicros = this.ports.clock.nowMicros();
      const runs = splitRuns(work.group.members, this.shards);
      const results: HandledRun[] = [];
      this.next(work, runs, results, (refusal) =>
        done(
          refusal
            ? failureOf(work, startedAtMicros, this.ports.clock.nowMicros(), runs, results)
            : resultOf(work, runs, results, startedAtMicros),
          refusal,
        ),
      );
    });
  }

  private next(
    work: Work,
    runs: readonly GroupRun[],
    results: HandledRun[],
    done: (refusal?: Error) => void,
  ): void {
    const run = runs[results.length];
    if (!run) return done();
    const { members } = work.group;
    const { span } = work;
    const part = runs.length === 1 ? members : members.slice(run.start, run.end);
    const settled = (result: HandledRun | Error): void => {
      if (result instanceof Error) return done(result);
      results.push(result);
      if (result.code === ResponseCode.SUCCESS) this.next(work, runs, results, done);
      else done();
    };
    this.lanes.handle(run.shard, part, settled, span);
  }
}

/** The result of a group that cannot be decided. What earlier runs did stays done, all other members are skipped (R118). */
export function failureOf(
  work: Work,
  startedAtMicros: number,
  nowMicros = startedAtMicros,
  runs: readonly GroupRun[] = [],
  results: readonly HandledRun[] = [],
): GroupHandled {
  const { FAILURE: code } = ResponseCode;
  return { ...resultOf(work, runs, results, startedAtMicros), code, handledAtMicros: nowMicros };
}

function resultOf(
  { iommu, epoch, group }: Work,
  runs: readonly GroupRun[],
  results: readonly HandledRun[],
  startedAtMicros: number,
): GroupHandled {
  const { code, members } = foldRunResults(group.members.length, results);
  const positions = results.map(({ sequence }, place): ShardPosition => ({
    shard: runs[place]?.shard ?? 0,
    sequence,
  }));
  return {
    kind: 'GroupHandled',
    iommu,
    epoch,
    group: group.group,
    device: group.device,
    code,
    startedAtMicros,
    handlingAtMicros: results[0]?.handlingAtMicros ?? startedAtMicros,
    handledAtMicros: results[results.length - 1]?.handledAtMicros ?? startedAtMicros,
    members,
    positions,
  };
}
