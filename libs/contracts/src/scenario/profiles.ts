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
  /** The mm handling one fault: a draw with this median, and this 99th percentile (equal: constant). */
  handlerMicros: { median: number; p99: number };
  /** Added to the handler when the page comes from storage. */
  storageMicros: { median: number; p99: number };
  /** Response until the device asks again. */
  responseMicros: number;
  /** Each page that is installed before it was asked for, beside the one that was. */
  prefetchMicros: number;
  /** Where the total comes from. */
  source: string;
}

/** A page premapped with its neighbours, derived from list message 20210309062207.505-1; the same whatever a fault costs. */
const PREFETCH_MICROS = 0.74;

const constant = (micros: number) => ({ median: micros, p99: micros });

export const costProfiles = {
  'stall-minor': {
    deviceMicros: 0.5,
    interruptMicros: 2.5,
    enqueueMicros: 4,
    handlerMicros: constant(1.8),
    storageMicros: { median: 70, p99: 80 },
    responseMicros: 1.5,
    prefetchMicros: PREFETCH_MICROS,
    source: 'about 10 us amortised for one stall fault (list message 20210309062207.505-1)',
  },
  'pri-minor': {
    deviceMicros: 1,
    interruptMicros: 5,
    enqueueMicros: 8,
    handlerMicros: constant(3.7),
    storageMicros: { median: 70, p99: 80 },
    responseMicros: 3,
    prefetchMicros: PREFETCH_MICROS,
    source:
      'at least 20 us on SMMUv3 (list message 8e49eaf8-64d3-c25a-9e65-5461a1af7941); 3.5-5.7 us minor fault (arXiv 2310.11062)',
  },
  'nvme-major': {
    deviceMicros: 1,
    interruptMicros: 5,
    enqueueMicros: 8,
    handlerMicros: { median: 70, p99: 80 },
    storageMicros: constant(0),
    responseMicros: 3,
    prefetchMicros: PREFETCH_MICROS,
    source: '60 us for an SSD-backed major fault over RDMA (arXiv 2310.11062)',
  },
  npf: {
    deviceMicros: 190,
    interruptMicros: 0,
    enqueueMicros: 10,
    handlerMicros: constant(15),
    storageMicros: { median: 70, p99: 80 },
    responseMicros: 5,
    prefetchMicros: PREFETCH_MICROS,
    source: '220 us for a 4 KB NIC page fault (NPF, ASPLOS 2017)',
  },
  'cloud-swap': {
    deviceMicros: 1,
    interruptMicros: 5,
    enqueueMicros: 8,
    handlerMicros: { median: 500, p99: 4000 },
    storageMicros: constant(0),
    responseMicros: 3,
    prefetchMicros: PREFETCH_MICROS,
    source: 'mean 700 us with a heavy tail, about 4 ms SSD-backed (VIO, OSDI 2025)',
  },
  injected: {
    deviceMicros: 1,
    interruptMicros: 5,
    enqueueMicros: 8,
    handlerMicros: constant(10_000),
    storageMicros: constant(0),
    responseMicros: 3,
    prefetchMicros: PREFETCH_MICROS,
    source: 'the 10 ms injected fault of VIO (OSDI 2025)',
  },
  none: {
    deviceMicros: 0,
    interruptMicros: 0,
    enqueueMicros: 0,
    handlerMicros: constant(0),
    storageMicros: constant(0),
    responseMicros: 0,
    prefetchMicros: 0,
    source: 'no modelled cost: what the services themselves take',
  },
} as const satisfies Record<string, CostProfile>;

export type ProfileName = keyof typeof costProfiles;
export const profileNames = Object.keys(costProfiles) as [ProfileName, ...ProfileName[]];

/** Modelled time of one minor fault, over all stages. */
export function totalMicros(profile: CostProfile): number {
  return (
    profile.deviceMicros +
    profile.interruptMicros +
    profile.enqueueMicros +
    profile.handlerMicros.median +
    profile.responseMicros
  );
}

/** What the software itself costs a fault at low load on a small machine; measured by the benchmark, rounded up. */
export const SOFTWARE_COST_MICROS = 5_000;

/**
 * Wall time of a model microsecond such that modelled cost is ten times the software's, so that the software does not blur
 * what is studied. 1 for a profile without cost.
 */
export function automaticTimeScale(profile: CostProfile): number {
  const total = totalMicros(profile);
  return total === 0 ? 1 : Math.ceil((10 * SOFTWARE_COST_MICROS) / total);
}

/** No deadline is shorter in wall time: what the software itself takes must never trip one. */
export const LEAST_DEADLINE_WALL_MICROS = 2_000_000;

/** A deadline of the modelled hardware as wall time; 0 means none, and stays 0. */
export function deadlineWallMicros(modelMicros: number, timeScale: number): number {
  return modelMicros === 0 ? 0 : Math.max(modelMicros * timeScale, LEAST_DEADLINE_WALL_MICROS);
}

/** Deadlines that follow from what a fault costs: none may come while everything works, however long faults take. */
export function automaticDeadlines(profile: CostProfile): {
  teardownStepMicros: number;
  invalidationMicros: number;
} {
  const fault = Math.max(1, totalMicros(profile));
  return { teardownStepMicros: 500 * fault, invalidationMicros: 100 * fault };
}
