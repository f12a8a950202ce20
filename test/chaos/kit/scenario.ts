import type { ResolvedScenario } from '@faultline/contracts';
import { scenarioOf } from '../../kit/scenario';

/**
 * Two IOMMUs, of either model, with a device each, and two mm shards with fewer frames than pages, so that pages go and come again. The
 * devices issue at a rate, so that the run takes its time whatever the machine.
 */
export function chaosScenario({
  accesses,
  ratePerSecond,
}: {
  /** Of each device. */
  accesses: number;
  ratePerSecond: number;
}): ResolvedScenario {
  const workload = { accesses, ratePerSecond, outstanding: 8, pattern: 'uniform' as const };
  return scenarioOf({
    name: 'chaos',
    shards: 2,
    framesPerShard: 48,
    workers: { processes: 2, servers: 4, groupsPerMessage: 4 },
    iommus: [{ model: 'pri' }, { model: 'stall' }],
    processes: [{}, {}],
    devices: [
      { iommu: 0, segment: 0, pagesPerGroup: 4, workloads: [{ ...workload }] },
      { iommu: 1, segment: 1, workloads: [{ ...workload, pasid: 2 }] },
    ],
  });
}
