import { queuesOfScenario, type ResolvedScenario } from '@faultline/contracts';
import type { FaultFigures } from './fault-figures';
import { several } from './words';

export interface TopologyNode {
  name: string;
  detail: string;
  /** Places of the nodes in the next layer that it sends to. */
  to: number[];
}

/** The way of a fault through the units of a scenario, from left to right. */
export interface Topology {
  layers: { title: string; nodes: TopologyNode[] }[];
}

/** The units of a scenario and who sends to whom, with what the faults of a run came by. */
export function topologyOf(scenario: ResolvedScenario, figures: FaultFigures): Topology {
  const { devices, iommus, workers, shards } = scenario;
  const routes = iommus.map((each) => queuesOf(scenario, figures, each.iommu));
  const queues = [...new Set(routes.flat())];
  const all = (count: number): number[] => Array.from({ length: count }, (_, place) => place);
  const carried = (queue: string): number =>
    [...figures.queues.values()].reduce((sum, counts) => sum + (counts.get(queue) ?? 0), 0);
  return {
    layers: [
      {
        title: 'devices',
        nodes: devices.map(({ device, name, iommu }) => ({
          name,
          detail: several(figures.devices.get(device)?.faults ?? 0, 'fault'),
          to: [iommus.findIndex((each) => each.iommu === iommu)],
        })),
      },
      {
        title: 'IOMMUs',
        nodes: iommus.map((each, place) => ({
          name: each.name,
          detail: `${each.model}, ${several(each.model === 'pri' ? each.priQueueEntries : each.eventQueueEntries, 'slot')}`,
          to: (routes[place] ?? []).map((queue) => queues.indexOf(queue)),
        })),
      },
      {
        title: 'IOPF queues',
        nodes: queues.map((name) => ({
          name,
          detail: several(carried(name), 'fault'),
          to: all(workers.processes),
        })),
      },
      {
        title: 'workers',
        nodes: all(workers.processes).map((place) => ({
          name: `worker ${place + 1}`,
          detail: several(workers.servers, 'server'),
          to: all(shards.length),
        })),
      },
      {
        title: 'mm shards',
        nodes: shards.map(({ shard, frames }) => ({
          name: `mm ${shard}`,
          detail: several(frames, 'frame'),
          to: [],
        })),
      },
    ],
  };
}

/** The queues that an IOMMU's faults were put on; those that it could use, when it had none. */
function queuesOf(scenario: ResolvedScenario, figures: FaultFigures, iommu: number): string[] {
  const seen = [...(figures.queues.get(iommu)?.keys() ?? [])].sort();
  return seen.length > 0 || figures.faults > 0 ? seen : queuesOfScenario(scenario, iommu);
}
