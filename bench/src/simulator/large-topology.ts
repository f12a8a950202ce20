import {
  costProfiles,
  type ResolvedDevice,
  type ResolvedIommu,
  type ResolvedScenario,
} from '@faultline/contracts';
import { Permission } from '@faultline/domain';

/** How large a simulation is. */
export interface LargeShape {
  devices: number;
  workers: number;
  accessesPerDevice: number;
}

/** Pages that each device goes through in turn, again and again. */
const PAGES = 64;
/** Frames for half of the pages: a page is gone when its device comes round to it, so nearly every access is a fault. */
const FRAMES_PER_DEVICE = PAGES / 2;
const FIRST_PAGE = 0x1_0000;
const PERMISSIONS = Permission.READ | Permission.WRITE;

const IOMMUS: readonly Pick<ResolvedIommu, 'name' | 'model' | 'profile'>[] = [
  { name: 'pri', model: 'pri', profile: 'riscv' },
  { name: 'smmu', model: 'stall', profile: 'smmu' },
];

/** Half of the devices ask for eight pages at a time behind an IOMMU with PRI, half stall behind the other; each has a process of its own. */
export function largeTopology({ devices, workers, accessesPerDevice }: LargeShape): ResolvedScenario {
  const numbers = Array.from({ length: devices }, (_, number) => number);
  return {
    ...{ name: 'large', seed: 1, timeScale: 1, profile: 'pri-minor', cost: costProfiles['pri-minor'] },
    queues: 'per-iommu',
    workers: { processes: workers, servers: 16, groupsPerMessage: 16 },
    replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
    iopf: { generation: 'G1', order: 'fifo', quantum: 8, window: 64 },
    deadlines: { teardownStepMicros: 0, invalidationMicros: 0 },
    shards: [
      {
        ...{ shard: 0, frames: devices * FRAMES_PER_DEVICE, swapPages: Number.MAX_SAFE_INTEGER },
        ...{ reclaim: 'lru', faultAround: 1, premap: 1 },
      },
    ],
    iommus: IOMMUS.map((iommu, place) => ({
      ...iommu,
      ...{ iommu: place, segment: place },
      ...{ priQueueEntries: 4_096, eventQueueEntries: 4_096, iotlbEntries: 64 },
    })),
    processes: numbers.map((number) => ({
      ...{ mm: number + 1, name: `process-${number}`, pasid: number + 1, shard: 0, starts: 'begin' },
      vmas: [
        {
          ...{ startPage: FIRST_PAGE, pages: PAGES, permissions: PERMISSIONS },
          ...{ backing: 'anonymous', file: 0, filePage: 0 },
        },
      ],
    })),
    devices: numbers.map((number) => deviceOf(number, accessesPerDevice)),
    timeline: [],
  };
}

function deviceOf(number: number, accesses: number): ResolvedDevice {
  const side = number % IOMMUS.length;
  const isPri = side === 0;
  return {
    ...{ device: number, name: `device-${number}`, iommu: side, segment: side, credits: 32 },
    ...{ atcEntries: isPri ? 16 : 0, pagesPerGroup: isPri ? 8 : 1 },
    ...{ responsePasidRequired: true, responseTimeoutMicros: 0, hasHandler: true },
    workloads: [
      {
        ...{ source: 'synthetic', mm: number + 1, pasid: number + 1, accesses, outstanding: isPri ? 8 : 2 },
        ...{ ratePerSecond: 0, arrivals: 'constant' },
        ...{ pattern: 'sequential', startPage: FIRST_PAGE, pages: PAGES, stridePages: 1, exponent: 1 },
        mix: { read: 0, write: 1, execute: 0 },
      },
    ],
  };
}
