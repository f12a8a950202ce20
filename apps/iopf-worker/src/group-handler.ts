import type { ResolvedScenario } from '@faultline/contracts';
import {
  foldRunResults,
  type GroupHandled,
  type GroupQueued,
  ResponseCode,
  type ShardPosition,
  splitRuns,
} from '@faultline/domain';
import { ModelTime } from '@faultline/hosting';
import type { ServicePorts } from '@faultline/runtime';
import type { HandledRun, ShardLanes } from './shard-lanes';

/** Handles one group: its members in order, runs of one shard together, up to the first error (D7, R118). */
export class GroupHandler {
  private readonly time: ModelTime;
  private readonly shards: number;
  private readonly enqueueMicros: number;

  constructor(
    private readonly ports: ServicePorts,
    scenario: ResolvedScenario,
    private readonly lanes: ShardLanes,
  ) {
    this.time = new ModelTime(ports.clock, scenario.timeScale);
    this.shards = scenario.shards.length;
    this.enqueueMicros = scenario.cost.enqueueMicros;
  }

  async handle(iommu: number, epoch: number, group: GroupQueued): Promise<GroupHandled> {
    if (this.enqueueMicros > 0)
      await new Promise<void>((resolve) => this.time.after(this.enqueueMicros, resolve));
    const startedAtMicros = this.ports.clock.nowMicros();
    const results: HandledRun[] = [];
    const positions: ShardPosition[] = [];
    for (const { shard, start, end } of splitRuns(group.members, this.shards)) {
      const members =
        start === 0 && end === group.members.length ? group.members : group.members.slice(start, end);
      const result = await this.lanes.handle(shard, members);
      results.push(result);
      positions.push({ shard, sequence: result.sequence });
      if (result.code !== ResponseCode.SUCCESS) break;
    }
    const { code, members } = foldRunResults(group.members.length, results);
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
}
