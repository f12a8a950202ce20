import type { Backing, FaultModel, IommuProfileName, Permissions } from '@faultline/domain';
import type { HostCosts } from './host-costs';
import type { CostProfile, ProfileName } from './profiles';
import type { ResolvedStep } from './timeline';

/**
 * A scenario as it is run: names became indices, files were looked at, everything automatic was decided. It stands in the log
 * as the first event of the run, so that the log can be read without anything beside it, and it is all a service needs to know.
 */
export interface ResolvedScenario {
  name: string;
  seed: number;
  /** The profile's name; `own` for one that the scenario gives itself. */
  profile: ProfileName | 'own';
  cost: CostProfile;
  /** Absent where it charges nothing. */
  hostCosts?: HostCosts;
  /** Wall microseconds of one model microsecond. */
  timeScale: number;
  /** Where software takes no time of its own, as in a simulation: shortest deadline in wall time. Absent for services. */
  leastDeadlineWallMicros?: number;
  queues: string;
  workers: { processes: number; servers: number; groupsPerMessage: number };
  /** Processes that share units out among themselves, where a run starts its own services. */
  replicas: { deviceEmulators: number; iommus: number; mmHandlers: number };
  /** The I/O page fault layer: which generation of it, and in which order closed groups are given to workers (D14). */
  iopf: { generation: 'G1' | 'G2'; order: 'fifo' | 'fair'; quantum: number; window: number };
  /** Model microseconds; 0 for none. Services turn them into wall time with `deadlineWallMicros`. */
  deadlines: { teardownStepMicros: number; invalidationMicros: number };
  shards: ResolvedShard[];
  iommus: ResolvedIommu[];
  processes: ResolvedProcess[];
  devices: ResolvedDevice[];
  /** What happens to processes and devices while they run, one step after the other. */
  timeline: ResolvedStep[];
}

export interface ResolvedShard {
  shard: number;
  frames: number;
  /** Pages its swap space holds. */
  swapPages: number;
  reclaim: 'lru' | 'clock';
  /** Pages of the aligned window around a read fault that are mapped with it; 1 for none. */
  faultAround: number;
  /** Pages of the aligned block around a fault that are installed with it; 1 for none. */
  premap: number;
}

export interface ResolvedIommu {
  iommu: number;
  name: string;
  model: FaultModel;
  /** Whose choices it makes where the specifications leave one. */
  profile: IommuProfileName;
  /** The device segment behind it. */
  segment: number;
  priQueueEntries: number;
  eventQueueEntries: number;
  iotlbEntries: number;
}

export interface ResolvedVma {
  startPage: number;
  pages: number;
  permissions: Permissions;
  backing: Backing;
  file: number;
  filePage: number;
}

export interface ResolvedProcess {
  /** Number of its address space. */
  mm: number;
  name: string;
  pasid: number;
  shard: number;
  /** Whether it is there from the beginning, or a step of the timeline brings it. */
  starts: 'begin' | 'timeline';
  vmas: ResolvedVma[];
  /** Whether its pages are there before it begins. Absent for a process that has none then. */
  populate?: true;
}

export interface ResolvedDevice {
  device: number;
  name: string;
  iommu: number;
  segment: number;
  credits: number;
  atcEntries: number;
  pagesPerGroup: number;
  responsePasidRequired: boolean;
  /** Model microseconds after which a group nobody answered is answered for it; 0 for never. */
  responseTimeoutMicros: number;
  /** Whether its driver registered a fault handler; without one every fault is refused at once. */
  hasHandler: boolean;
  /**
   * For a device that cannot hold an access that faults: it drops it, and it comes again after so many model microseconds. The time
   * doubles with every further drop of the access, up to the most. Absent for a device that waits for the response.
   */
  retransmission?: { firstMicros: number; mostMicros: number };
  workloads: ResolvedWorkload[];
}

/** One stream of accesses of a device. */
export type ResolvedWorkload = ResolvedSynthetic | ResolvedTrace;

interface Paced {
  /** The process whose memory it touches. */
  mm: number;
  pasid: number;
  /** Accesses it will issue, all told. */
  accesses: number;
  outstanding: number;
  /** Open loop: accesses a second of model time; 0 for a closed loop. */
  ratePerSecond: number;
  /** Model time that the device works with a page after the access ended, before another one takes its place; none when absent. */
  accessMicros?: number;
  arrivals: 'constant' | 'poisson';
}

export interface ResolvedSynthetic extends Paced {
  source: 'synthetic';
  pattern: 'sequential' | 'strided' | 'uniform' | 'zipf' | 'pointer-chase';
  startPage: number;
  pages: number;
  stridePages: number;
  exponent: number;
  mix: { read: number; write: number; execute: number };
}

export interface ResolvedTrace extends Paced {
  source: 'trace';
  /** Absolute path on the machine of the device emulators. */
  file: string;
  format: 'lackey' | 'prq' | 'perf' | 'csv';
}
