import type { ResolvedProcess } from './scenario';

/**
 * The control plane: what the laboratory asks of services, beside the path. Plain JSON through Nest's NATS transporter; subjects
 * come from `Subjects.control(service, verb)`.
 */
export const services = ['device-emulator', 'iommu', 'iopf-worker', 'mm-handler', 'event-log'] as const;
export type ServiceName = (typeof services)[number];

/** Said by every service instance when its state changes, and every second. Subject: `control('lab', 'presence')`. */
export interface Presence {
  service: ServiceName;
  /** Unique among all instances. */
  instance: string;
  pid: number;
  state: 'waiting' | 'ready' | 'stopping' | 'failed';
  /** Units it owns, e.g. `iommu.0`. */
  units: string[];
  /** For `failed`: one line. */
  reason?: string;
  /** Messages it put to the dead letters since it started. */
  deadLetters: number;
}

/** Verbs of each service with what they take and give. */
export interface ControlVerbs {
  'mm-handler.create': { request: ResolvedProcess; reply: { mm: number } };
  'mm-handler.bind': { request: { mm: number; pasid: number }; reply: { generation: number; shard: number } };
  'mm-handler.progress': { request: Record<string, never>; reply: MmProgress };
  'iommu.attach': { request: { device: number }; reply: Record<string, never> };
  'iommu.bind': {
    request: { device: number; pasid: number; mm: number; shard: number; generation: number };
    reply: Record<string, never>;
  };
  'iommu.progress': { request: Record<string, never>; reply: IommuProgress };
  'device-emulator.start': { request: Record<string, never>; reply: Record<string, never> };
  'device-emulator.stop': { request: Record<string, never>; reply: Record<string, never> };
  'device-emulator.progress': { request: Record<string, never>; reply: DeviceProgress };
  'event-log.status': { request: Record<string, never>; reply: EventLogStatus };
  'event-log.finish': { request: { upToSequence: number }; reply: unknown };
}

/** What the devices have done so far, over all segments of the replica. */
export interface DeviceProgress {
  /** Accesses the workloads will issue, have issued, and have seen end. */
  total: number;
  issued: number;
  ended: number;
  /** Page requests and stalled accesses sent. */
  requests: number;
  /** Accesses that needed a fault and ended. */
  faulted: number;
  finished: boolean;
}

export interface IommuProgress {
  pendingGroups: number;
  ringRecords: number;
  openStalls: number;
  overflows: number;
  drained: boolean;
}

export interface MmProgress {
  openRuns: number;
  framesFree: number;
  framesQuarantined: number;
  drained: boolean;
}

export interface EventLogStatus {
  /** Last sequence recorded, and how many sequences of the log are still to come. */
  position: number;
  lag: number;
}

/** A control request that was refused, as it travels: one line for the user, no stack. */
export interface ControlFailure {
  error: string;
  message: string;
}
