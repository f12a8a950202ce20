import {
  type DeviceProgress,
  type IommuProgress,
  iommuUnit,
  type MmProgress,
  type ResolvedScenario,
  segmentUnit,
  shardUnit,
} from '@faultline/contracts';
import type { IommuUnit, SegmentUnit, ShardUnit } from '@faultline/units';
import type { Replicas } from './replicas';

/** How far everything is. */
export interface LaboratoryProgress {
  devices: DeviceProgress;
  iommus: IommuProgress;
  mm: MmProgress;
}

export const NOTHING_YET: LaboratoryProgress = {
  devices: { total: 0, issued: 0, ended: 0, withdrawn: 0, requests: 0, faulted: 0, finished: false },
  iommus: { pendingGroups: 0, ringRecords: 0, openStalls: 0, overflows: 0, drained: false },
  mm: { openRuns: 0, framesFree: 0, framesQuarantined: 0, drained: false },
};

function addTo<Counts extends object>(sum: Counts, one: Counts): void {
  for (const name in one) {
    const [before, value]: unknown[] = [sum[name], one[name]];
    sum[name] = (typeof value === 'number' ? (before as number) + value : before && value) as never;
  }
}

/** How far all units of a scenario are; undefined while one of them changes hands, and so cannot be asked. */
export function progressOf(
  { iommus, shards }: Pick<ResolvedScenario, 'iommus' | 'shards'>,
  replicas: Replicas,
): LaboratoryProgress | undefined {
  const sum = {
    devices: { ...NOTHING_YET.devices, finished: true },
    iommus: { ...NOTHING_YET.iommus, drained: true },
    mm: { ...NOTHING_YET.mm, drained: true },
  };
  for (const { iommu, segment } of iommus) {
    const [unit, devicesOf] = [
      replicas.find<IommuUnit>(iommuUnit(iommu)),
      replicas.find<SegmentUnit>(segmentUnit(segment)),
    ];
    if (!unit || !devicesOf) return undefined;
    addTo(sum.iommus, unit.progress());
    addTo(sum.devices, devicesOf.progress());
  }
  for (const { shard } of shards) {
    const unit = replicas.find<ShardUnit>(shardUnit(shard));
    if (!unit) return undefined;
    addTo(sum.mm, unit.progress());
  }
  return sum;
}
