import { costProfiles, type ResolvedScenario } from '@faultline/contracts';
import { type IommuProfileName, MAX_PAGE, MAX_PASID, Permission } from '@faultline/domain';
import fc from 'fast-check';
import { BASE_PAGE, type Draft, scenarioOf } from './scenario';

const { READ, WRITE, EXECUTE } = Permission;

interface Mix {
  read: number;
  write: number;
  execute: number;
}

/** Modelled cost that is there, and passes quickly. */
const SMALL_COST = {
  ...costProfiles['pri-minor'],
  handlerMicros: { median: 4, p99: 9 },
  storageMicros: { median: 20, p99: 40 },
};

const iommu = fc.record({
  model: fc.constantFrom('pri' as const, 'stall' as const),
  profile: fc.constantFrom(
    'riscv' as const,
    'riscv' as const,
    'smmu' as const,
    'vtd' as const,
    'amd' as const,
  ),
  priQueueEntries: fc.constantFrom(2, 2, 4, 8, 64),
  eventQueueEntries: fc.constantFrom(2, 4, 64),
  iotlbEntries: fc.constantFrom(1, 4, 64),
});

/** Areas stand one after the other, with gaps that nothing backs. No area is execute-only: a translation cannot express it (R5). */
const area = fc.record({
  gap: fc.constantFrom(0, 0, 1, 5),
  pages: fc.integer({ min: 1, max: 12 }),
  permissions: fc.constantFrom(
    READ,
    READ | WRITE,
    READ | WRITE,
    READ | EXECUTE,
    READ | WRITE | EXECUTE,
    WRITE,
  ),
  backing: fc.constantFrom(
    'anonymous' as const,
    'anonymous' as const,
    'file-shared' as const,
    'file-private' as const,
  ),
  file: fc.integer({ min: 0, max: 1 }),
  filePage: fc.integer({ min: 0, max: 6 }),
});

/** Areas of one address space. */
export const areas = fc.array(area, { minLength: 1, maxLength: 4 }).map((drawn) => {
  let startPage = BASE_PAGE;
  return drawn.map(({ gap, ...rest }) => {
    const placed = { ...rest, startPage: startPage + gap };
    startPage = placed.startPage + placed.pages;
    return placed;
  });
});

/** What a device does for one process. */
export const workload = fc.record({
  process: fc.nat({ max: 2 }),
  accesses: fc.integer({ min: 1, max: 50 }),
  outstanding: fc.constantFrom(1, 2, 8, 40),
  ratePerSecond: fc.constantFrom(0, 0, 0, 200_000),
  arrivals: fc.constantFrom('constant' as const, 'poisson' as const),
  pattern: fc.constantFrom(...(['sequential', 'strided', 'uniform', 'zipf', 'pointer-chase'] as const)),
  pages: fc.integer({ min: 1, max: 30 }),
  mix: fc.constantFrom(
    { read: 1, write: 0, execute: 0 },
    { read: 5, write: 5, execute: 0 },
    { read: 5, write: 3, execute: 2 },
    { read: 0, write: 1, execute: 0 },
  ),
});

const device = fc.record({
  iommu: fc.nat({ max: 2 }),
  credits: fc.constantFrom(1, 2, 8, 64),
  atcEntries: fc.constantFrom(0, 1, 4, 64),
  pagesPerGroup: fc.constantFrom(1, 1, 2, 8),
  responsePasidRequired: fc.boolean(),
  workloads: fc.array(workload, { minLength: 1, maxLength: 2 }),
});

const parts = fc.record({
  seed: fc.nat(),
  queues: fc.constantFrom('global', 'per-iommu', 'per-fault-queue', 'per-domain', 'hash:2'),
  workers: fc.record({
    processes: fc.integer({ min: 1, max: 3 }),
    servers: fc.constantFrom(1, 2, 8),
    groupsPerMessage: fc.constantFrom(1, 3, 16),
  }),
  isCostly: fc.boolean(),
  shards: fc.integer({ min: 1, max: 3 }),
  framesPerShard: fc.constantFrom(4, 6, 9, 17, 1024, 1024),
  memory: fc.record({
    reclaim: fc.constantFrom('lru' as const, 'clock' as const),
    faultAround: fc.constantFrom(1, 1, 4),
    premap: fc.constantFrom(1, 1, 4),
  }),
  iopf: fc.record({
    generation: fc.constantFrom('G1' as const, 'G2' as const),
    order: fc.constantFrom('fifo' as const, 'fair' as const),
    quantum: fc.constantFrom(1, 2, 8),
    window: fc.constantFrom(1, 3, 64),
  }),
  iommus: fc.array(iommu, { minLength: 1, maxLength: 3 }),
  processes: fc.array(areas, { minLength: 1, maxLength: 3 }),
  isPopulated: fc.constantFrom(false, false, true),
  isFarOut: fc.boolean(),
  devices: fc.array(device, { minLength: 1, maxLength: 4 }),
});

/** Random small scenarios in which everything is scarce at times: ring slots, credits, frames, caches, permissions. */
export const smallScenario: fc.Arbitrary<ResolvedScenario> = parts.map((drawn) => {
  const { isCostly, isPopulated, isFarOut, iommus, processes, devices, ...rest } = drawn;
  // The same shapes at the far ends of the number ranges.
  const shift = isFarOut ? MAX_PAGE - BASE_PAGE - 200 : 0;
  const pasids = processes.map((_, place) => (isFarOut ? MAX_PASID - 3 * place : place + 1));
  const draft: Draft = {
    ...rest,
    ...(isCostly ? { profile: 'pri-minor' as const, cost: SMALL_COST } : {}),
    iommus: iommus.map(served),
    processes: processes.map((vmas, place) => ({
      pasid: pasids[place],
      vmas: vmas.map((vma) => ({ ...vma, startPage: vma.startPage + shift })),
      ...(isPopulated && place === 0 && { populate: true as const }),
    })),
    devices: devices.map(({ workloads, ...registers }) => ({
      ...registers,
      ...behind(registers, iommus),
      workloads: workloads.map(({ process, ...each }) => ({
        ...each,
        mix: askable(each.mix, iommus[registers.iommu % iommus.length]),
        pasid: pasids[process % pasids.length],
        startPage: BASE_PAGE + shift,
      })),
    })),
  };
  return scenarioOf(draft);
});

/** Random small scenarios in which nobody takes anything from anybody: timing then changes no outcome. */
export const ampleScenario: fc.Arbitrary<ResolvedScenario> = smallScenario.map((scenario) => ({
  ...scenario,
  shards: scenario.shards.map((shard) => ({ ...shard, frames: 1024 })),
  // Which accesses share a group, and so an answer, is a matter of timing.
  devices: scenario.devices.map((device) => ({ ...device, pagesPerGroup: 1 })),
}));

/** Linux behind SMMUv3 serves stalls only (R76), so its PRI devices have nothing to go on with. */
function served<I extends { model: 'pri' | 'stall'; profile: IommuProfileName }>(iommu: I): I {
  return iommu.model === 'pri' && iommu.profile === 'smmu' ? { ...iommu, profile: 'riscv' } : iommu;
}

/** The VT-d driver refuses execution together with reading (R73), whatever the area allows. */
export function askable(mix: Mix, iommu?: { model: 'pri' | 'stall'; profile: IommuProfileName }): Mix {
  return iommu?.model === 'pri' && iommu.profile === 'vtd' ? { ...mix, read: mix.read + 1, execute: 0 } : mix;
}

/** A group that the ring can never hold comes back for ever, so the command line refuses it. */
function behind(
  registers: { iommu: number; pagesPerGroup: number },
  iommus: readonly { priQueueEntries: number }[],
) {
  const iommu = registers.iommu % iommus.length;
  const room = (iommus[iommu]?.priQueueEntries ?? 2) - 1;
  return { iommu, pagesPerGroup: Math.min(registers.pagesPerGroup, room) };
}

/** Requests and replies are lost, and work messages are delivered again while they are worked on. */
export const trouble = fc.record({
  loss: fc.constantFrom(0, 0, 0.05, 0.3),
  ackWaitMillis: fc.constantFrom(30_000, 30_000, 0.1, 1),
});
