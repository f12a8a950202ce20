import type { Backing, FaultModel, Permissions } from '@faultline/domain';
import type { CostProfile, ProfileName } from './profiles';

/**
 * A scenario as it is run: names became indices, files were looked at, everything automatic was decided. It stands in the log
 * as the first event of the run, so that the log can be read without anything beside it, and it is all a service needs to know.
 */
export interface ResolvedScenario {
  name: string;
  seed: number;
  profile: ProfileName;
  cost: CostProfile;
  /** Wall microseconds of one model microsecond. */
  timeScale: number;
  queues: string;
  workers: { processes: number; servers: number; groupsPerMessage: number };
  shards: { shard: number; frames: number }[];
  iommus: ResolvedIommu[];
  processes: ResolvedProcess[];
  devices: ResolvedDevice[];
}

export interface ResolvedIommu {
  iommu: number;
  name: string;
  model: FaultModel;
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
  vmas: ResolvedVma[];
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
  workloads: ResolvedWorkload[];
}

/** One stream of accesses of a device. */
export type ResolvedWorkload = ResolvedSynthetic | ResolvedTrace;

interface Paced {
  pasid: number;
  /** Accesses it will issue, all told. */
  accesses: number;
  outstanding: number;
  /** Open loop: accesses a second of model time; 0 for a closed loop. */
  ratePerSecond: number;
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
