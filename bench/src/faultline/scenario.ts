import {
  costProfiles,
  type ResolvedDevice,
  type ResolvedProcess,
  type ResolvedScenario,
} from '@faultline/contracts';
import { Permission } from '@faultline/domain';

/** A PRI device has 512 group ids, so more faults than this in flight need more devices. */
const OUTSTANDING_PER_DEVICE = 256;
const GROUPS_PER_MESSAGE = 64;
const SERVERS = 4_096;
/** More than any round can use: a round ends by its clock. */
const ENDLESS_ACCESSES = 2 ** 40;
const MOST_FRAMES = 2 ** 28 - 1;
const PASID = 1;
const MM = 1;

export interface LoadOptions {
  outstanding: number;
  workers: number;
  /** Ends after so many accesses; absent: when it is stopped. */
  accesses?: number;
  /**
   * Walk again and again over so many pages, with half as many frames: every access faults because its page was reclaimed since,
   * and memory stays bounded. Absent: every access touches a page for the first time.
   */
  workingSetPages?: number;
}

/** A scenario in which every access faults: sequential writes, no ATC, one page a group. */
export function loadScenario(options: LoadOptions): ResolvedScenario {
  const { outstanding, workers, workingSetPages } = options;
  const count = Math.max(1, Math.ceil(outstanding / OUTSTANDING_PER_DEVICE));
  const devices = Array.from({ length: count }, (_, device) => deviceOf(device, count, options));
  return {
    name: 'bench',
    seed: 1,
    profile: 'none',
    cost: costProfiles.none,
    timeScale: 1,
    queues: 'per-iommu',
    workers: { processes: workers, servers: SERVERS, groupsPerMessage: GROUPS_PER_MESSAGE },
    replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
    iopf: { generation: 'G1', order: 'fifo', quantum: 8, window: 64 },
    deadlines: { teardownStepMicros: 0, invalidationMicros: 0 },
    shards: [
      {
        shard: 0,
        frames: workingSetPages === undefined ? MOST_FRAMES : Math.max(64, workingSetPages / 2),
        swapPages: Number.MAX_SAFE_INTEGER,
        reclaim: 'lru',
        faultAround: 1,
        premap: 1,
      },
    ],
    iommus: [
      {
        iommu: 0,
        name: 'iommu-0',
        model: 'pri',
        profile: 'riscv',
        segment: 0,
        ...ringFor(outstanding),
        iotlbEntries: 1024,
      },
    ],
    processes: [processOf(devices)],
    devices,
    timeline: [],
  };
}

/** Twice what can be outstanding: the ring must not decide the figures. */
function ringFor(outstanding: number): { priQueueEntries: number; eventQueueEntries: number } {
  const entries = 2 ** Math.ceil(Math.log2(Math.max(512, outstanding * 2)));
  return { priQueueEntries: entries, eventQueueEntries: entries };
}

function deviceOf(
  device: number,
  count: number,
  { outstanding, accesses, workingSetPages }: LoadOptions,
): ResolvedDevice {
  const own = Math.ceil((accesses ?? ENDLESS_ACCESSES) / count);
  const pages = workingSetPages === undefined ? own : Math.ceil(workingSetPages / count);
  return {
    device,
    name: `device-${device}`,
    iommu: 0,
    segment: 0,
    credits: OUTSTANDING_PER_DEVICE,
    atcEntries: 0,
    pagesPerGroup: 1,
    responsePasidRequired: true,
    responseTimeoutMicros: 0,
    hasHandler: true,
    workloads: [
      {
        source: 'synthetic',
        mm: MM,
        pasid: PASID,
        accesses: own,
        outstanding: Math.ceil(outstanding / count),
        ratePerSecond: 0,
        arrivals: 'constant',
        pattern: 'sequential',
        startPage: 0x1_0000 + device * (pages + 1),
        pages,
        stridePages: 1,
        exponent: 1,
        mix: { read: 0, write: 1, execute: 0 },
      },
    ],
  };
}

function processOf(devices: readonly ResolvedDevice[]): ResolvedProcess {
  const vmas = devices.flatMap(({ workloads }) =>
    workloads.flatMap((workload) =>
      workload.source === 'synthetic' ? [{ startPage: workload.startPage, pages: workload.pages }] : [],
    ),
  );
  const shared = {
    permissions: Permission.READ | Permission.WRITE,
    backing: 'anonymous',
    file: 0,
    filePage: 0,
  } as const;
  return {
    mm: MM,
    name: 'process',
    pasid: PASID,
    shard: 0,
    starts: 'begin',
    vmas: vmas.map((area) => ({ ...area, ...shared })),
  };
}
