import { meanOfSpread, type Spread } from '@faultline/domain';
import type { HostCosts } from './host-costs';

/**
 * Modelled cost of each stage of the fault path, in model microseconds. Only the totals are anchored in published figures; how a
 * total splits over stages is a choice made here. A model cannot validate hardware: reports keep model time and wall time apart.
 */
export interface CostProfile {
  /** Device to the IOMMU's ring. */
  deviceMicros: number;
  /** Interrupt until software has drained the ring. */
  interruptMicros: number;
  /** Enqueued on an IOPF queue until a worker runs it. */
  enqueueMicros: number;
  /** The mm handling one fault: a draw from this spread. */
  handlerMicros: Spread;
  /**
   * Each further member of a run that the handler takes as one batch; absent where every member is handled by itself, for a draw of
   * its own.
   */
  handlerPageMicros?: number;
  /** Added to the handler when the page comes from storage. */
  storageMicros: Spread;
  /** Response until the device asks again. */
  responseMicros: number;
  /** Each page that is installed before it was asked for, beside the one that was. */
  prefetchMicros: number;
  /** Who measured it. */
  source: string;
  /** The measured figure that the total was made to meet; absent for a profile that a scenario gives itself. */
  anchor?: string;
}

/** A page premapped with its neighbours, derived from list message 20210309062207.505-1; the same whatever a fault costs. */
const PREFETCH_MICROS = 0.74;
/**
 * NPF's handler: 15 us of the 220 us of a 4 KB fault, 145 us of the 350 us of a 4 MB one. So each of the 1023 further pages of a
 * batch costs the 1023rd part of the difference.
 */
const NPF_PAGE_MICROS = 130 / 1023;

const constant = (micros: number): Spread => ({ median: micros, p99: micros });
/** 60 to 80 us, from the 1st to the 99th percentile: one page read from a solid-state drive. */
const SSD = { median: 70, p99: 80 };
const SVA = 'Linux list message 20210309062207.505-1';
const VIO = 'VIO, OSDI 2025';
const RDMA = 'arXiv 2310.11062';

/** The profiles that a scenario may name, with where each comes from. */
export const costProfiles = {
  'stall-minor': {
    deviceMicros: 0.5,
    interruptMicros: 2.5,
    enqueueMicros: 4,
    handlerMicros: constant(1.8),
    storageMicros: SSD,
    responseMicros: 1.5,
    prefetchMicros: PREFETCH_MICROS,
    source: SVA,
    anchor: 'about 10 µs for a stall fault, amortised, of which about 8 µs are not the handler',
  },
  'pri-minor': {
    deviceMicros: 1,
    interruptMicros: 5,
    enqueueMicros: 8,
    handlerMicros: constant(3.7),
    storageMicros: SSD,
    responseMicros: 3,
    prefetchMicros: PREFETCH_MICROS,
    source: `Linux list message 8e49eaf8-64d3-c25a-9e65-5461a1af7941; ${RDMA}`,
    anchor: 'at least 20 µs for an I/O page fault on SMMUv3; 3.5-5.7 µs for a minor fault over RDMA',
  },
  'nvme-major': {
    deviceMicros: 1,
    interruptMicros: 5,
    enqueueMicros: 8,
    // The minor handler and the drive: every fault of this profile is one that reads, whatever the page is.
    handlerMicros: { median: 3.7 + SSD.median, p99: 3.7 + SSD.p99 },
    storageMicros: constant(0),
    responseMicros: 3,
    prefetchMicros: PREFETCH_MICROS,
    source: RDMA,
    anchor: '80-100 µs: 60-80 µs above the minor handler, as 60 µs for an SSD-backed major fault over RDMA',
  },
  npf: {
    deviceMicros: 190,
    interruptMicros: 0,
    enqueueMicros: 10,
    handlerMicros: constant(15),
    handlerPageMicros: NPF_PAGE_MICROS,
    storageMicros: SSD,
    responseMicros: 5,
    prefetchMicros: NPF_PAGE_MICROS,
    source: 'NPF, ASPLOS 2017',
    anchor: '220 µs for a NIC page fault of 4 KB, 350 µs for one of 4 MB',
  },
  'cloud-swap': {
    deviceMicros: 1,
    interruptMicros: 5,
    enqueueMicros: 8,
    // The lognormal spread with a mean of 700 and a 99th percentile of 4000.
    handlerMicros: { median: 450, p99: 4000 },
    storageMicros: constant(0),
    responseMicros: 3,
    prefetchMicros: PREFETCH_MICROS,
    source: VIO,
    anchor: 'a mean of 700 µs for an I/O page fault in a cloud, about 4 ms where it reads an SSD',
  },
  injected: {
    deviceMicros: 1,
    interruptMicros: 5,
    enqueueMicros: 8,
    handlerMicros: constant(10_000),
    storageMicros: constant(0),
    responseMicros: 3,
    prefetchMicros: PREFETCH_MICROS,
    source: VIO,
    anchor: 'an injected fault of 10 ms',
  },
  none: {
    deviceMicros: 0,
    interruptMicros: 0,
    enqueueMicros: 0,
    handlerMicros: constant(0),
    storageMicros: constant(0),
    responseMicros: 0,
    prefetchMicros: 0,
    source: 'no modelled cost',
    anchor: 'what the services themselves take',
  },
} as const satisfies Record<string, CostProfile>;

export type ProfileName = keyof typeof costProfiles;
export const profileNames = Object.keys(costProfiles) as [ProfileName, ...ProfileName[]];

/** Modelled time of one fault that waits for nobody and comes from no storage, over all stages. */
export function totalMicros(profile: CostProfile, host?: HostCosts): number {
  const { wakeMicros = 0, queueLockMicros = 0, mmLockMicros = 0 } = host ?? {};
  return (
    profile.deviceMicros +
    profile.interruptMicros +
    (wakeMicros + queueLockMicros + profile.enqueueMicros) +
    Math.max(profile.handlerMicros.median, mmLockMicros) +
    profile.responseMicros
  );
}

/** Mean of the same time: with a heavy tail it is well above the total of the medians. */
export function meanTotalMicros(profile: CostProfile, host?: HostCosts): number {
  const mean = meanOfSpread(profile.handlerMicros);
  return totalMicros({ ...profile, handlerMicros: { median: mean, p99: mean } }, host);
}

/** Whether any stage of any fault may take modelled time. */
export function chargesAnything(profile: CostProfile, host?: HostCosts): boolean {
  const { deviceMicros, interruptMicros, enqueueMicros, responseMicros, prefetchMicros } = profile;
  const { handlerMicros, handlerPageMicros = 0, storageMicros } = profile;
  const spreads = meanOfSpread(handlerMicros) + meanOfSpread(storageMicros);
  const stages = deviceMicros + interruptMicros + enqueueMicros + responseMicros;
  return host !== undefined || stages + spreads + handlerPageMicros + prefetchMicros > 0;
}

/** What the software itself costs a fault at low load on a small machine; measured by the benchmark, rounded up. */
export const SOFTWARE_COST_MICROS = 5_000;

/**
 * Wall time of a model microsecond such that modelled cost is ten times the software's, so that the software does not blur
 * what is studied. 1 for a profile without cost.
 */
export function automaticTimeScale(profile: CostProfile, host?: HostCosts): number {
  const total = meanTotalMicros(profile, host);
  return total === 0 ? 1 : Math.ceil((10 * SOFTWARE_COST_MICROS) / total);
}

/** No deadline is shorter in wall time: what the software itself takes must never trip one. */
export const LEAST_DEADLINE_WALL_MICROS = 2_000_000;

/** What deadlines are turned into wall time by; of a resolved scenario. */
export interface DeadlineScale {
  /** Wall microseconds of one model microsecond. */
  timeScale: number;
  /** No deadline is shorter than this; {@link LEAST_DEADLINE_WALL_MICROS} where it is absent. */
  leastDeadlineWallMicros?: number;
}

/** A deadline of the modelled hardware as wall time; 0 means none, and stays 0. */
export function deadlineWallMicros(
  modelMicros: number,
  { timeScale, leastDeadlineWallMicros = LEAST_DEADLINE_WALL_MICROS }: DeadlineScale,
): number {
  return modelMicros === 0 ? 0 : Math.max(modelMicros * timeScale, leastDeadlineWallMicros);
}

/**
 * Deadlines that follow from what a fault costs: none may come while everything works, however long faults take. A device stops only
 * when what it has dropped came again, so `retryMicros`, the longest retransmission timer of any device, adds to the step of a teardown.
 */
export function automaticDeadlines(
  profile: CostProfile,
  host?: HostCosts,
  retryMicros = 0,
): { teardownStepMicros: number; invalidationMicros: number } {
  const fault = Math.max(1, totalMicros(profile, host));
  return { teardownStepMicros: 500 * fault + retryMicros, invalidationMicros: 100 * fault };
}
