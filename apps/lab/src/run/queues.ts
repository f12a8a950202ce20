import type { ResolvedScenario } from '@faultline/contracts';
import { parseTopology, queuesOf } from '@faultline/domain';

/** Every IOPF queue that a scenario's topology can ever name; their consumers exist before the first group. */
export function queuesOfScenario(scenario: ResolvedScenario): string[] {
  const topology = parseTopology(scenario.queues);
  if (topology === undefined) throw new Error(`scenario names the unknown topology '${scenario.queues}'`);
  return queuesOf(topology, {
    iommus: scenario.iommus.map(({ iommu }) => iommu),
    mms: scenario.processes.map(({ mm }) => mm),
  });
}
