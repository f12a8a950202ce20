import {
  costProfiles,
  type ResolvedDevice,
  type ResolvedIommu,
  type ResolvedProcess,
  type ResolvedScenario,
  type ResolvedSynthetic,
  type ResolvedVma,
} from '@faultline/contracts';
import { Permission, shardOfPasid } from '@faultline/domain';

/** Where the areas of small scenarios begin. */
export const BASE_PAGE = 0x1000;

export type Draft = Partial<Omit<ResolvedScenario, 'iommus' | 'processes' | 'devices' | 'shards'>> & {
  shards?: number;
  framesPerShard?: number;
  iommus?: Partial<ResolvedIommu>[];
  processes?: (Partial<Omit<ResolvedProcess, 'vmas'>> & { vmas?: Partial<ResolvedVma>[] })[];
  devices?: (Partial<Omit<ResolvedDevice, 'workloads'>> & { workloads?: Partial<ResolvedSynthetic>[] })[];
};

/** A scenario of one PRI device and one process, with everything changed that the draft says. */
export function scenarioOf(draft: Draft = {}): ResolvedScenario {
  const {
    shards = 1,
    framesPerShard = 1024,
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
    shards: Array.from({ length: shards }, (_, shard) => ({ shard, frames: framesPerShard })),
    iommus: iommus.map((each, iommu) => iommuOf(each, iommu)),
    processes: resolved,
    devices: devices.map((each, device) => deviceOf(each, device, first.pasid)),
    ...rest,
  };
}

function iommuOf(draft: Partial<ResolvedIommu>, iommu: number): ResolvedIommu {
  const entries = { priQueueEntries: 64, eventQueueEntries: 64, iotlbEntries: 64 };
  return { iommu, name: `iommu${iommu}`, model: 'pri', segment: iommu, ...entries, ...draft };
}

function processOf(
  draft: NonNullable<Draft['processes']>[number],
  mm: number,
  shards: number,
): ResolvedProcess {
  const pasid = draft.pasid ?? mm + 1;
  const vmas = (draft.vmas ?? [{}]).map(vmaOf);
  return { mm, name: `process${mm}`, shard: shardOfPasid(pasid, shards), ...draft, pasid, vmas };
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
  pasid: number,
): ResolvedDevice {
  const iommu = draft.iommu ?? 0;
  const workloads = (draft.workloads ?? [{}]).map((each) => workloadOf(each, pasid));
  const registers = { credits: 8, atcEntries: 16, pagesPerGroup: 1, responsePasidRequired: true };
  return { device, name: `device${device}`, iommu, segment: iommu, ...registers, ...draft, workloads };
}

function workloadOf(draft: Partial<ResolvedSynthetic>, pasid: number): ResolvedSynthetic {
  return {
    source: 'synthetic',
    pasid,
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
