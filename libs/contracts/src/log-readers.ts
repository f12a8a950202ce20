import { queuesOfScenario, type ResolvedScenario } from './scenario';
import type { Subjects } from './subjects';
import { iommuUnit, segmentUnit, shardUnit } from './units';

/**
 * Subjects of a laboratory's log, each with the units whose next owners read it from its beginning, or from their snapshots on: what all
 * of those have in a snapshot may be trimmed (D13). The laboratory's own subject is not among them: it is read by everybody, and
 * short.
 */
export function readersOfLog(scenario: ResolvedScenario, subjects: Subjects): Map<string, string[]> {
  const readers = new Map<string, string[]>();
  const iommus = scenario.iommus.map(({ iommu }) => iommuUnit(iommu));
  for (const { iommu, segment } of scenario.iommus) {
    const written = queuesOfScenario(scenario, iommu).map((queue) => subjects.queueLog(iommu, queue));
    for (const subject of [...written, subjects.hwLog(iommu), subjects.iopfLog(iommu)])
      readers.set(subject, [iommuUnit(iommu)]);
    readers.set(subjects.segmentLog(segment), [segmentUnit(segment)]);
  }
  for (const { shard } of scenario.shards) readers.set(subjects.mmLog(shard), [shardUnit(shard), ...iommus]);
  return readers;
}
