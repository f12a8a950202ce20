import type { Permissions, StepOutcome, TeardownStep } from '@faultline/domain';
import type { MmLockUse, WorkerUse } from './host-use';
import type { ResolvedProcess } from './scenario';

type Empty = Record<string, never>;
/** Verbs that concern one device. */
interface OfDevice {
  device: number;
}
/** A part of an address space. */
interface OfPages {
  mm: number;
  /** What names, or last named, the address space: it says which shard owns it. */
  pasid: number;
  startPage: number;
  pages: number;
}

/**
 * The control plane: what the laboratory asks of services, beside the path. Plain JSON through Nest's NATS transporter; subjects
 * come from `Subjects.control(service, verb)`.
 */
export const services = ['device-emulator', 'iommu', 'iopf-worker', 'mm-handler', 'event-log'] as const;
export type ServiceName = (typeof services)[number];

/**
 * Said by every service instance when its state changes, and every second. Subject: `control('lab', 'presence')`; and where it stands at a
 * site, of itself as one of those that stand there, `sitePresence`.
 */
export interface Presence {
  service: ServiceName;
  /** Unique among all instances. */
  instance: string;
  /** Names this process among all that ever had the instance's name: counts begin anew with it. */
  session: string;
  pid: number;
  /** `left`: its last word in this laboratory, after its units have stopped, or at this site. */
  state: 'waiting' | 'ready' | 'stopping' | 'failed' | 'left';
  /** Units it owns, e.g. `iommu.0`. */
  units: string[];
  /** For `failed`: one line. */
  reason?: string;
  /** Messages it put to the dead letters since it started. */
  deadLetters: number;
  /** Queues whose consumer it made anew since it started; absent for none. */
  repairedQueues?: number;
  /** Of a worker that has begun. */
  worker?: WorkerUse;
}

/**
 * Verbs of each service with what they take and give. A verb that changes something is answered when its events are in the log
 * and what they cause outside (invalidations, a teardown's steps, a reset) is complete. Asking again changes nothing that was done
 * already, because whoever asks cannot know whether an owner died before or after it did what was asked; see `unitsAsked` for whom
 * a request is sent to.
 */
export interface ControlVerbs {
  'mm-handler.create': { request: ResolvedProcess; reply: { mm: number } };
  'mm-handler.bind': { request: { mm: number; pasid: number }; reply: BoundPasid };
  /** The process ends; its PASID stays bound until it is unbound (R101). */
  'mm-handler.exit': { request: { mm: number }; reply: Empty };
  'mm-handler.unmap': { request: OfPages; reply: Empty };
  'mm-handler.protect': { request: OfPages & { permissions: Permissions }; reply: Empty };
  'mm-handler.migrate': { request: OfPages; reply: Empty };
  /** Memory pressure by hand: so many pages are taken from whoever has them. */
  'mm-handler.reclaim': { request: { shard: number; pages: number }; reply: Empty };
  /** Comes after `iommu.unbind` of every device that had the PASID (R95). */
  'mm-handler.unbind': { request: { mm: number; pasid: number }; reply: Empty };
  /** The PASID names another address space from now on (R105). */
  'mm-handler.rebind': { request: { mm: number; pasid: number }; reply: BoundPasid };
  'mm-handler.progress': { request: Empty; reply: MmProgress };
  'iommu.attach': { request: OfDevice; reply: Empty };
  'iommu.bind': { request: DeviceBinding; reply: Empty };
  /** Teardown of one binding, to its end (R95). */
  'iommu.unbind': {
    request: { device: number; pasid: number };
    reply: { forced: boolean; steps: TeardownStepReport[] };
  };
  /** Orderly removal: teardown of all bindings of the device, then it is detached (R103). */
  'iommu.remove': { request: OfDevice; reply: { forced: boolean } };
  /** Software's part of a surprise removal: what is open of the device is closed (R104). */
  'iommu.detach': { request: OfDevice; reply: Empty };
  /** Answered when the device's reset was seen. */
  'iommu.reset': { request: OfDevice; reply: Empty };
  /** The device's PASID entry shows another domain: new binding first, then the old one's groups are answered (R105). */
  'iommu.replace': { request: DeviceBinding; reply: Empty };
  'iommu.free-queue': { request: { iommu: number }; reply: Empty };
  'iommu.alloc-queue': { request: { iommu: number }; reply: Empty };
  'iommu.progress': { request: Empty; reply: IommuProgress };
  /** The workloads of processes that start at the beginning begin. */
  'device-emulator.start': { request: Empty; reply: Empty };
  /** The workloads of a process that starts later begin. */
  'device-emulator.start-process': { request: { mm: number }; reply: Empty };
  'device-emulator.stop': { request: Empty; reply: Empty };
  /** The device answers nothing more, until it is reset. */
  'device-emulator.hang': { request: OfDevice; reply: Empty };
  /** Surprise removal: the device is gone (R104). */
  'device-emulator.remove': { request: OfDevice; reply: Empty };
  'device-emulator.progress': { request: Empty; reply: DeviceProgress };
  /** A work message of the log is handled again, as if it came for the first time; answered when it was settled. */
  'iopf-worker.redrive': {
    request: { subject: string; sequence: number };
    reply: Redriven & { worker: string };
  };
  'event-log.status': { request: Empty; reply: EventLogStatus };
  'event-log.finish': { request: { upToSequence: number }; reply: unknown };
}

/**
 * What every control request carries besides, on its way: whom it is for (its owner answers, every other replica keeps silent), and a
 * name of its own, by which an owner tells a repetition of a question that it is still working on.
 */
export interface Addressed {
  unit: string;
  ask: string;
}

/** What the mm made of a PASID: which of its uses this is (D2), and the shard that owns it (D7). */
export interface BoundPasid {
  generation: number;
  shard: number;
}

/** What a device translates through. */
export interface DeviceBinding extends BoundPasid {
  device: number;
  pasid: number;
  mm: number;
}

/** How one step of a teardown went; `expired`: its deadline came first, and the IOMMU used force. Wall microseconds. */
export interface TeardownStepReport {
  step: TeardownStep;
  outcome: StepOutcome;
  micros: number;
}

/** What the devices have done so far, over all segments of the replica. */
export interface DeviceProgress {
  /** Accesses the workloads will issue, have issued, and have seen end. */
  total: number;
  issued: number;
  ended: number;
  /** Accesses that will never be issued, because their PASID was stopped or their device is gone. */
  withdrawn: number;
  /** Page requests and stalled accesses sent. */
  requests: number;
  /** Accesses that needed a fault and ended. */
  faulted: number;
  /** Every access of the workloads that began has ended or was withdrawn. */
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
  /** Of each address space that was faulted in; absent where no cost is modelled for its lock. */
  locks?: MmLockUse[];
  drained: boolean;
}

/** What became of a work message that was handled again. */
export interface Redriven {
  /** It is poison (again): its groups were answered FAILURE, as far as they could be named, and it is with the dead letters. */
  poisoned: boolean;
  /** For poison: why. */
  reason?: string;
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
