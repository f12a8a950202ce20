import {
  costProfiles,
  type ResolvedDevice,
  type ResolvedIommu,
  type ResolvedProcess,
  type ResolvedScenario,
} from '@faultline/contracts';
import { Permission } from '@faultline/domain';

const FIRST_PAGE = 0x10_0000;
const FRAMES = 2 ** 28 - 1;

interface DeviceShape {
  name: string;
  iommu: number;
  credits: number;
  atcEntries: number;
  pagesPerGroup: number;
  outstanding: number;
}

/** The devices of `examples/quickstart.yaml`, two behind each IOMMU, each with a process of its own. */
const DEVICES: readonly DeviceShape[] = [
  { name: 'nic0', iommu: 0, credits: 32, atcEntries: 128, pagesPerGroup: 1, outstanding: 32 },
  { name: 'gpu0', iommu: 0, credits: 64, atcEntries: 256, pagesPerGroup: 8, outstanding: 64 },
  { name: 'dsp0', iommu: 1, credits: 32, atcEntries: 0, pagesPerGroup: 1, outstanding: 16 },
  { name: 'disp0', iommu: 1, credits: 32, atcEntries: 0, pagesPerGroup: 1, outstanding: 16 },
];

const IOMMUS: readonly Pick<ResolvedIommu, 'name' | 'model' | 'profile'>[] = [
  { name: 'pri0', model: 'pri', profile: 'riscv' },
  { name: 'smmu0', model: 'stall', profile: 'smmu' },
];

/** The quickstart's topology and costs, with devices that write to pages that nobody touched before: every access is a fault. */
export function quickstartTopology(faults: number): ResolvedScenario {
  const accesses = Math.ceil(faults / DEVICES.length);
  return {
    name: 'simulator',
    seed: 1,
    profile: 'pri-minor',
    cost: costProfiles['pri-minor'],
    timeScale: 1,
    queues: 'per-iommu',
    workers: { processes: 2, servers: 16, groupsPerMessage: 16 },
    replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
    iopf: { generation: 'G1', order: 'fifo', quantum: 8, window: 64 },
    deadlines: { teardownStepMicros: 0, invalidationMicros: 0 },
    shards: [
      {
        ...{ shard: 0, frames: FRAMES, swapPages: Number.MAX_SAFE_INTEGER },
        ...{ reclaim: 'lru', faultAround: 1, premap: 1 },
      },
    ],
    iommus: IOMMUS.map((iommu, place) => ({
      ...iommu,
      ...{ iommu: place, segment: place },
      ...{ priQueueEntries: 256, eventQueueEntries: 128, iotlbEntries: 64 },
    })),
    processes: DEVICES.map((_, place) => processOf(place, accesses)),
    devices: DEVICES.map((shape, place) => deviceOf(shape, place, accesses)),
    timeline: [],
  };
}

function deviceOf(shape: DeviceShape, place: number, accesses: number): ResolvedDevice {
  const { outstanding, ...device } = shape;
  return {
    ...device,
    ...{ device: place, segment: shape.iommu },
    ...{ responsePasidRequired: true, responseTimeoutMicros: 0, hasHandler: true },
    workloads: [
      {
        ...{ source: 'synthetic', mm: place + 1, pasid: place + 1, accesses, outstanding },
        ...{ ratePerSecond: 0, arrivals: 'constant' },
        ...{ pattern: 'sequential', startPage: FIRST_PAGE, pages: accesses, stridePages: 1, exponent: 1 },
        mix: { read: 0, write: 1, execute: 0 },
      },
    ],
  };
}

function processOf(place: number, pages: number): ResolvedProcess {
  const permissions = Permission.READ | Permission.WRITE;
  return {
    ...{ mm: place + 1, name: `process-${place}`, pasid: place + 1, shard: 0, starts: 'begin' },
    vmas: [{ startPage: FIRST_PAGE, pages, permissions, backing: 'anonymous', file: 0, filePage: 0 }],
  };
}
