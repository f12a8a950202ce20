import type { FaultModel } from '../kernel/vocabulary';

/** Which IOPF queue a group goes to (R135). A hash topology keeps the order inside a device. */
export type Topology = 'global' | 'per-iommu' | 'per-fault-queue' | 'per-domain' | `hash:${number}`;

/** `mm` of a group whose last member has no bound PASID. */
export const UNBOUND_MM = -1;

/** Names the queue of a group by its device, fault model, and the mm of its last member's PASID. */
export type QueueRouter = (device: number, model: FaultModel, mm: number) => string;

/** What of a scenario decides which queues there are. */
export interface ScenarioFacts {
  iommus: readonly number[];
  mms: readonly number[];
}

/** Reads a topology as a scenario writes it; `undefined` when there is no such topology. */
export function parseTopology(text: string): Topology | undefined {
  if (text === 'global' || text === 'per-iommu' || text === 'per-fault-queue' || text === 'per-domain') {
    return text;
  }
  const count = hashQueues(text);
  return count > 0 ? `hash:${count}` : undefined;
}

/** Number of queues of a hash topology; 0 for any other. */
function hashQueues(topology: string): number {
  const digits = /^hash:([1-9][0-9]{0,4})$/.exec(topology)?.[1];
  return digits === undefined ? 0 : Number(digits);
}

const faultQueueName = (iommu: number, model: FaultModel): string =>
  model === 'pri' ? `iommu-${iommu}-pri` : `iommu-${iommu}-event`;
const domainName = (mm: number): string => (mm === UNBOUND_MM ? 'mm-none' : `mm-${mm}`);
const hashName = (place: number): string => `hash-${place}`;

/** Spreads neighbouring device numbers; the multiplier is 2^32 divided by the golden ratio. */
function hashOf(device: number, queues: number): number {
  return (Math.imul(device, 0x9e37_79b1) >>> 0) % queues;
}

/** The router of one IOMMU. Names are made once, since a router runs for every group; each fits a NATS subject token. */
export function createRouter(topology: Topology, iommu: number): QueueRouter {
  const hashed = hashQueues(topology);
  if (hashed > 0) {
    const names = Array.from({ length: hashed }, (_, place) => hashName(place));
    return (device) => names[hashOf(device, hashed)] ?? hashName(0);
  }
  switch (topology) {
    case 'global':
      return () => 'global';
    case 'per-iommu': {
      const name = `iommu-${iommu}`;
      return () => name;
    }
    case 'per-fault-queue': {
      const pri = faultQueueName(iommu, 'pri');
      const event = faultQueueName(iommu, 'stall');
      return (_device, model) => (model === 'pri' ? pri : event);
    }
    case 'per-domain':
      return domainRouter();
    default:
      throw new Error(`unknown topology ${topology}`);
  }
}

function domainRouter(): QueueRouter {
  const names = new Map<number, string>();
  return (_device, _model, mm) => {
    const known = names.get(mm);
    if (known !== undefined) return known;
    const name = domainName(mm);
    names.set(mm, name);
    return name;
  };
}

/** Names of all queues that a router of this topology can ever name, so that their consumers can exist beforehand. */
export function queuesOf(topology: Topology, facts: ScenarioFacts): string[] {
  const hashed = hashQueues(topology);
  if (hashed > 0) return Array.from({ length: hashed }, (_, place) => hashName(place));
  switch (topology) {
    case 'global':
      return ['global'];
    case 'per-iommu':
      return facts.iommus.map((iommu) => `iommu-${iommu}`);
    case 'per-fault-queue':
      return facts.iommus.flatMap((iommu) => [faultQueueName(iommu, 'pri'), faultQueueName(iommu, 'stall')]);
    case 'per-domain':
      return [...facts.mms, UNBOUND_MM].map(domainName);
    default:
      throw new Error(`unknown topology ${topology}`);
  }
}
