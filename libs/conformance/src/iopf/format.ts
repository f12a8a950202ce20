import type { Allocation, AttemptResult, G1KernelName, G2KernelName } from '@faultline/domain';

/** `format` and `formatVersion` of the files that this room reads. */
export const IOPF_FORMAT = 'iopf-conformance';
export const IOPF_FORMAT_VERSION = 1;

/** A file of recorded scripts for the I/O page fault layer. */
export interface IopfFile {
  set: string;
  vectors: IopfVector[];
}

/** A script, and what the kernel named first in `sources` did when it was run. */
export interface IopfVector {
  id: string;
  title: string;
  generation: 'G1' | 'G2';
  /** Kernels that gave this recording; the first one is the reference. */
  sources: [G1KernelName | G2KernelName, ...string[]];
  /** Some step of the recording met a use after free of the original. */
  hazard: boolean;
  topology: IopfTopology;
  steps: IopfStep[];
  finalState: RecordedState;
}

export interface IopfTopology {
  devices: RecordedDevice[];
  queues: string[];
  mms: { id: string; pasid?: number; vmas: RecordedVma[] }[];
  /** In force before the first step, in this order. */
  bindings: RecordedBinding[];
}

/** Defaults: with IOMMU data, attached, alone in its IOMMU group, no user PASID table, 20-bit PASIDs. */
export interface RecordedDevice {
  id: string;
  iommu?: boolean;
  attached?: boolean;
  pageResponse: boolean;
  group?: string;
  userPasidTable?: boolean;
  maxPasids?: number;
}

/** A PASID of the global table (G1), or a device bound to an address space or attached to another domain (G2). */
export interface RecordedBinding {
  dev?: string;
  pasid: number;
  mm?: string;
  handler?: AttachedHandler;
  domain?: 'nested';
  handlerRet?: number;
}

export type AttachedHandler = 'hold' | 'reject' | 'none';
export type RegisteredHandler = 'iopf' | 'hold' | 'reject' | 'null';

/** Half-open range of byte addresses in hexadecimal; protection letters `r w x`, and `g` for one that grows downwards. */
export interface RecordedVma {
  start: string;
  end: string;
  prot: string;
}

/** A fault as the script reports it; `addr` is a byte address in hexadecimal. */
export interface RecordedFault {
  id: number;
  type: string;
  flags: string[];
  pasid: number;
  grpid: number;
  addr: string;
  perm: string;
}

/** Operations of the layer and of the modelled memory, with their arguments. */
export type IopfOperation =
  | { op: 'queue_alloc'; queue: string }
  | { op: 'queue_free'; queue: string | null }
  | { op: 'add_device'; queue: string; dev: string }
  | { op: 'remove_device'; queue: string | null; dev: string }
  | { op: 'register_handler'; dev: string; handler: RegisteredHandler; handlerRet?: number }
  | { op: 'unregister_handler'; dev: string }
  | { op: 'report'; dev: string; fault: RecordedFault | null }
  | { op: 'run'; group: number }
  | { op: 'flush_dev'; dev: string }
  | { op: 'discard_partial'; queue: string | null }
  | PageResponseOperation
  | { op: 'hw_fail'; dev: string; ret: number; times: number }
  | { op: 'group_respond'; group: number; code: number }
  | { op: 'group_free'; group: number }
  | BindOperation
  | UnbindOperation
  | AttachOperation
  | { op: 'attach_plain'; dev: string; pasid: number }
  | { op: 'detach'; dev: string; pasid: number }
  | MemoryOperation;

export interface PageResponseOperation {
  op: 'page_response';
  dev: string;
  version: number;
  flags: number;
  pasidValid: boolean;
  pasid: number;
  grpid: number;
  code: number;
}

/** Without `dev` in the global table of G1. */
export interface BindOperation {
  op: 'bind';
  dev?: string;
  pasid: number;
  mm: string;
}

/** G1 names the PASID, G2 the device and the address space. */
export interface UnbindOperation {
  op: 'unbind';
  dev?: string;
  pasid?: number;
  mm?: string;
}

export interface AttachOperation {
  op: 'attach';
  dev: string;
  pasid: number;
  handler: AttachedHandler;
  domain?: 'nested';
  handlerRet?: number;
}

export type MemoryOperation =
  | { op: 'mm_exit'; mm: string }
  | { op: 'mmap'; mm: string; start: string; end: string; prot: string }
  | { op: 'munmap'; mm: string; start: string }
  | { op: 'mprotect'; mm: string; start: string; prot: string }
  | { op: 'mm_inject'; mm: string; page: string; result: AttemptResult; times: number };

/** One operation and what it caused. */
export type IopfStep = IopfOperation & { inject?: Allocation; expect: RecordedResult };

/** A response that the hardware saw. */
export interface RecordedResponse {
  dev: string;
  fault: number;
  /** G1 only. */
  pasidValid?: boolean;
  pasid: number;
  grpid: number;
  code: number;
  /** Return code of the callback, if it is an error. */
  ret?: number;
}

/** A group that was formed, and where it went. */
export interface RecordedGroup {
  group: number;
  dev: string;
  faults: number[];
  to: 'wq' | 'wq-refused' | 'hold' | 'reject';
  queue?: string;
}

/** An mm fault that was attempted. */
export interface RecordedAttempt {
  mm: string;
  addr: string;
  flags: string[];
  result: AttemptResult;
}

/** What a step caused, but for the state; an absent field means none. */
export interface StepResult {
  ret?: number | null;
  injected?: boolean;
  ran?: number[];
  groups?: RecordedGroup[];
  delivered?: { dev: string; fault: number }[];
  mm?: RecordedAttempt[];
  hw?: RecordedResponse[];
  freedGroups?: number[];
  hazards?: { kind: string; group: number }[];
  warn?: number;
}

/** What a step is recorded to have caused; the state has only what changed. */
export type RecordedResult = StepResult & { state?: RecordedChange };

export interface RecordedDeviceState {
  queue: string | null;
  /** G1 only. */
  handler?: string | null;
  pending: number[];
  partial: number[];
}
export interface RecordedQueueState {
  work: number[];
  devices: string[];
}
export interface RecordedSpaceState {
  users: number;
  vmas: RecordedVma[];
}

/** The whole state after a step. */
export interface RecordedState {
  devices: Record<string, RecordedDeviceState>;
  queues: Record<string, RecordedQueueState | null>;
  mms: Record<string, RecordedSpaceState>;
}

/** The parts of the state that a step changed. */
export interface RecordedChange {
  devices?: Record<string, Partial<RecordedDeviceState>>;
  queues?: Record<string, Partial<RecordedQueueState> | null>;
  mms?: Record<string, Partial<RecordedSpaceState>>;
}
