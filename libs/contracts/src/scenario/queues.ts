import { parseTopology, queuesOf } from '@faultline/domain';
import type { ResolvedScenario } from './resolved';

/** Every IOPF queue that a scenario's topology can ever name, of all IOMMUs or of one; their consumers exist before the first group. */
export function queuesOfScenario(
  scenario: Pick<ResolvedScenario, 'queues' | 'iommus' | 'processes'>,
  iommu?: number,
): string[] {
  const topology = parseTopology(scenario.queues);
  if (topology === undefined) throw new Error(`scenario names the unknown topology '${scenario.queues}'`);
  return queuesOf(topology, {
    iommus: iommu === undefined ? scenario.iommus.map((each) => each.iommu) : [iommu],
    // Only one topology asks for them, and every worker of a thousand asks for its queues.
    get mms() {
      return scenario.processes.map(({ mm }) => mm);
    },
  });
}
