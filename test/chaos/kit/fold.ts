import {
  decodeLogBody,
  iommuUnit,
  type ResolvedScenario,
  segmentUnit,
  shardUnit,
} from '@faultline/contracts';
import {
  AccessHistory,
  countIommu,
  countMm,
  createIommu,
  createMmShard,
  createSegment,
  type DurableSegmentEvent,
  isIdle,
  type MmEvent,
  segmentCounters,
} from '@faultline/domain';
import type { LogMessage } from '@faultline/hosting';
import { iommuConfigOf } from '@faultline/units';
import { fold, iommuEvents } from '../../kit/replay';

/** What folding a laboratory's log gives, in the figures that the owners of its units tell (I8). */
export interface Folded {
  ended: number;
  faulted: number;
  withdrawn: number;
  framesFree: number;
  framesQuarantined: number;
  pendingGroups: number;
  /** IOMMUs that are not idle. */
  busy: string[];
}

export function foldLog(log: readonly LogMessage[], scenario: ResolvedScenario): Folded {
  const of = (unit: string): LogMessage[] => log.filter(({ headers }) => headers.unit === unit);
  const folded: Folded = {
    ...{ ended: 0, faulted: 0, withdrawn: 0 },
    ...{ framesFree: 0, framesQuarantined: 0 },
    ...{ pendingGroups: 0, busy: [] },
  };
  for (const iommu of scenario.iommus) {
    const decider = createIommu(iommuConfigOf(iommu, scenario));
    const state = fold(decider, iommuEvents(of(iommuUnit(iommu.iommu))));
    folded.pendingGroups += countIommu(state).pendingGroups;
    if (!isIdle(state)) folded.busy.push(iommuUnit(iommu.iommu));
  }
  for (const shard of scenario.shards) {
    const counts = countMm(fold(createMmShard(shard), eventsOf<MmEvent>(of(shardUnit(shard.shard)))));
    folded.framesFree += counts.framesFree;
    folded.framesQuarantined += counts.framesQuarantined;
  }
  for (const { segment, model } of scenario.iommus) {
    const devices = scenario.devices.filter((device) => device.segment === segment);
    const events = eventsOf<DurableSegmentEvent>(of(segmentUnit(segment)));
    const decider = createSegment({ segment, devices: devices.map((device) => ({ ...device, model })) });
    folded.withdrawn += segmentCounters(fold(decider, events)).withdrawn;
    const history = new AccessHistory();
    for (const event of events) history.fold(event);
    folded.ended += history.ended;
    folded.faulted += history.faulted;
  }
  return folded;
}

function eventsOf<Event>(messages: readonly LogMessage[]): Event[] {
  return messages.flatMap(({ headers, body }) => decodeLogBody(headers.schema, body) as Event[]);
}
