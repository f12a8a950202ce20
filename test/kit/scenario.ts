import {
  costProfiles,
  type ResolvedDevice,
  type ResolvedIommu,
  type ResolvedProcess,
  type ResolvedScenario,
  type ResolvedShard,
  type ResolvedSynthetic,
  type ResolvedVma,
} from '@faultline/contracts';
import { Permission, shardOfPasid } from '@faultline/domain';

/** Where the areas of small scenarios begin. */
export const BASE_PAGE = 0x1000;

export type Draft = Partial<Omit<ResolvedScenario, 'iommus' | 'processes' | 'devices' | 'shards'>> & {
  shards?: number;
  framesPerShard?: number;
  /** The same for all shards. */
  memory?: Partial<Omit<ResolvedShard, 'shard' | 'frames'>>;
  iommus?: Partial<ResolvedIommu>[];
  processes?: (Partial<Omit<ResolvedProcess, 'vmas'>> & { vmas?: Partial<ResolvedVma>[] })[];
  devices?: (Partial<Omit<ResolvedDevice, 'workloads'>> & { workloads?: Partial<ResolvedSynthetic>[] })[];
};

/** A scenario of one PRI device and one process, with everything changed that the draft says. */
export function scenarioOf(draft: Draft = {}): ResolvedScenario {
  const {
    shards = 1,
    framesPerShard = 1024,
    memory = {},
    iommus = [{}],
    processes = [{}],
    devices = [{}],
    ...rest
  } = draft;
  const resolved = processes.map((each, mm) => processOf(each, mm, shards));
  const [first] = resolved;
  if (!first) throw new Error('a scenario has a process');
  return {
    name: 'small',
    seed: 1,
    profile: 'none',
    cost: costProfiles.none,
    timeScale: 1,
    queues: 'per-iommu',
    workers: { processes: 1, servers: 4, groupsPerMessage: 16 },
    replicas: { deviceEmulators: 1, iommus: 1, mmHandlers: 1 },
    shards: Array.from({ length: shards }, (_, shard) => ({
      ...{ shard, frames: framesPerShard, swapPages: Number.MAX_SAFE_INTEGER },
      ...{ reclaim: 'lru', faultAround: 1, premap: 1 },
      ...memory,
    })),
    iopf: { generation: 'G1', order: 'fifo', quantum: 8, window: 64 },
    deadlines: { teardownStepMicros: 1_000_000, invalidationMicros: 1_000_000 },
    timeline: [],
    iommus: iommus.map((each, iommu) => iommuOf(each, iommu)),
    processes: resolved,
    devices: devices.map((each, device) => deviceOf(each, device, resolved)),
    ...rest,
  };
}

function iommuOf(draft: Partial<ResolvedIommu>, iommu: number): ResolvedIommu {
  const entries = { priQueueEntries: 64, eventQueueEntries: 64, iotlbEntries: 64 };
  const choices = { model: 'pri', profile: 'riscv' } as const;
  return { iommu, name: `iommu${iommu}`, segment: iommu, ...choices, ...entries, ...draft };
}

function processOf(
  draft: NonNullable<Draft['processes']>[number],
  mm: number,
  shards: number,
): ResolvedProcess {
  const pasid = draft.pasid ?? mm + 1;
  const vmas = (draft.vmas ?? [{}]).map(vmaOf);
  const shard = shardOfPasid(pasid, shards);
  return { mm, name: `process${mm}`, shard, starts: 'begin', ...draft, pasid, vmas };
}

function vmaOf(draft: Partial<ResolvedVma>): ResolvedVma {
  const permissions = Permission.READ | Permission.WRITE;
  return {
    startPage: BASE_PAGE,
    pages: 64,
    permissions,
    backing: 'anonymous',
    file: 0,
    filePage: 0,
    ...draft,
  };
}

function deviceOf(
  draft: NonNullable<Draft['devices']>[number],
  device: number,
  processes: readonly ResolvedProcess[],
): ResolvedDevice {
  const iommu = draft.iommu ?? 0;
  const workloads = (draft.workloads ?? [{}]).map((each) => workloadOf(each, processes));
  const registers = {
    credits: 8,
    atcEntries: 16,
    pagesPerGroup: 1,
    responsePasidRequired: true,
    responseTimeoutMicros: 0,
    hasHandler: true,
  };
  return { device, name: `device${device}`, iommu, segment: iommu, ...registers, ...draft, workloads };
}

/** A workload names its process by PASID or by number; the first that has the PASID is meant. */
function workloadOf(
  draft: Partial<ResolvedSynthetic>,
  processes: readonly ResolvedProcess[],
): ResolvedSynthetic {
  const process = processes.find(({ mm, pasid }) =>
    draft.mm === undefined ? pasid === (draft.pasid ?? processes[0]?.pasid) : mm === draft.mm,
  );
  return {
    source: 'synthetic',
    mm: process?.mm ?? 0,
    pasid: process?.pasid ?? 1,
    accesses: 100,
    outstanding: 8,
    ratePerSecond: 0,
    arrivals: 'constant',
    pattern: 'uniform',
    startPage: BASE_PAGE,
    pages: 64,
    stridePages: 3,
    exponent: 0.9,
    mix: { read: 70, write: 30, execute: 0 },
    ...draft,
  };
}
