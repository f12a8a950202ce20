import {
  iommuUnit,
  type ResolvedScenario,
  segmentUnit,
  type ServiceName,
  shardUnit,
} from '@faultline/contracts';
import type { UnitPorts } from './common';
import { IommuUnit } from './iommu/iommu-unit';
import { ShardUnit } from './mm/shard-unit';
import type { TraceOpener } from './segment/access-feed';
import { SegmentUnit } from './segment/segment-unit';

/** A unit of the fault path that has an owner. */
export type PathUnit = IommuUnit | SegmentUnit | ShardUnit;

/** Services whose replicas share units out among themselves. */
export type OwnerServiceName = Extract<ServiceName, 'iommu' | 'device-emulator' | 'mm-handler'>;

/** What a unit is given beside its ports and the scenario. */
export interface UnitSurroundings {
  /** The unit can go no further, or has another owner (see `isLoss`). */
  onFailure(error: Error): void;
  openTrace: TraceOpener;
}

/** Names of the units of a scenario that the replicas of a service share. */
export function unitsOfService(service: OwnerServiceName, scenario: ResolvedScenario): string[] {
  if (service === 'iommu') return scenario.iommus.map(({ iommu }) => iommuUnit(iommu));
  if (service === 'mm-handler') return scenario.shards.map(({ shard }) => shardUnit(shard));
  return scenario.iommus.map(({ segment }) => segmentUnit(segment));
}

/** Makes a unit of the scenario by its name; it does nothing before it is started. */
export function createUnit(
  name: string,
  ports: UnitPorts,
  scenario: ResolvedScenario,
  { onFailure, openTrace }: UnitSurroundings,
): PathUnit {
  const iommu = scenario.iommus.find((each) => iommuUnit(each.iommu) === name);
  if (iommu) return new IommuUnit(ports, scenario, iommu, onFailure);
  const shard = scenario.shards.find((each) => shardUnit(each.shard) === name);
  if (shard) return new ShardUnit(ports, scenario, shard, onFailure);
  const before = scenario.iommus.find((each) => segmentUnit(each.segment) === name);
  if (before) return new SegmentUnit(ports, scenario, before, onFailure, openTrace);
  throw new Error(`the scenario has no unit ${name}`);
}
