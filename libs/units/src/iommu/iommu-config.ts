import { reachOfIommus, type ResolvedIommu, type ResolvedScenario } from '@faultline/contracts';
import { type IommuConfig, parseTopology } from '@faultline/domain';

/** What an IOMMU of a scenario is told at its start. Throws when the scenario names an unknown topology. */
export function iommuConfigOf(iommu: ResolvedIommu, scenario: ResolvedScenario): IommuConfig {
  const topology = parseTopology(scenario.queues);
  if (!topology) throw new Error(`topology ${scenario.queues} is unknown`);
  const { generation, order, quantum, window } = scenario.iopf;
  return {
    iommu: iommu.iommu,
    topology,
    priQueueEntries: iommu.priQueueEntries,
    eventQueueEntries: iommu.eventQueueEntries,
    iotlbEntries: iommu.iotlbEntries,
    shards: scenario.shards.length,
    reach: reachOfIommus(scenario).get(iommu.iommu) ?? null,
    profile: iommu.profile,
    generation,
    service: order === 'fair' ? { order, quantum, window } : { order },
  };
}
