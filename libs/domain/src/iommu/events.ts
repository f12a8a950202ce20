import type { TranslationStatus } from '../device/commands';
import type { ShardPosition } from '../iopf/events';
import type { FaultModel, Permissions, RequestIdentity, ResponseCode } from '../kernel/vocabulary';

/**
 * Durable events of an IOMMU and of the fault reporting in front of its IOPF queues: those that reach the log.
 *
 * `GroupQueued` goes to the subject of its IOPF queue, everything else to the IOMMU's `hw` subject. One cycle writes its queue
 * messages first and its `hw` message last (D5); both carry the cycle's number, and each `GroupQueued` its place in the cycle,
 * so that a reader can fold the events in the order they were decided.
 */
export type IommuEvent =
  | IommuOwnerChanged
  | DeviceAttached
  | DeviceDetached
  | PasidBound
  | PasidUnbound
  | PageRequestQueued
  | PageRequestDropped
  | RingOverflowSet
  | RingOverflowCleared
  | FaultParked
  | PartialsDiscarded
  | FaultRefused
  | StopMarkerDropped
  | GroupQueued
  | GroupResponded
  | GroupDiscarded
  | ResultDropped
  | StallRecorded
  | StallDeferred
  | StallEnded
  | SegmentResetSeen;

/** A new owner began; results and replies of an older epoch are void (D4, D5). */
export interface IommuOwnerChanged {
  kind: 'IommuOwnerChanged';
  iommu: number;
  epoch: number;
}

/** A device may send page requests (or stall): it is on an IOPF queue and its fault handler is registered (R91). */
export interface DeviceAttached {
  kind: 'DeviceAttached';
  device: number;
  segment: number;
  model: FaultModel;
  /** PRG Response PASID Required (R13). */
  responsePasidRequired: boolean;
}

export interface DeviceDetached {
  kind: 'DeviceDetached';
  device: number;
}

/** (device, PASID) translates through an mm; `generation` counts the uses of the PASID (D2). */
export interface PasidBound {
  kind: 'PasidBound';
  device: number;
  pasid: number;
  mm: number;
  shard: number;
  generation: number;
}

export interface PasidUnbound {
  kind: 'PasidUnbound';
  device: number;
  pasid: number;
  generation: number;
}

/** A page request, as the ring holds it and a group carries it. */
export interface RequestRecord extends RequestIdentity {
  device: number;
  /** `NO_PASID` for none. */
  pasid: number;
  /** Binding generation of (device, PASID) when the request was received; 0 when it was not bound (D2). */
  generation: number;
  page: number;
  /** Byte in the page; always 0 for PRI, whose requests name pages (R8). */
  offset: number;
  permissions: Permissions;
  /** PRG index, or stall tag. */
  groupId: number;
  last: boolean;
  /** How often the access had faulted before. */
  round: number;
  sentAtMicros: number;
  /** When the IOMMU wrote it to its ring. */
  writtenAtMicros: number;
}

/** The page request is in the ring: from now on software will answer it (R41, R132). */
export interface PageRequestQueued extends RequestRecord {
  kind: 'PageRequestQueued';
}

/** Why a page request did not get into the ring (R47). */
export type DropCause = 'overflow' | 'disabled' | 'pri-off' | 'unknown-device';

/** The page request did not get in. With `last` the IOMMU answers itself, else it vanishes (R46). */
export interface PageRequestDropped extends RequestRecord {
  kind: 'PageRequestDropped';
  cause: DropCause;
  /** Whether the IOMMU sent an automatic response for it, and with which code. */
  answered: boolean;
  code: ResponseCode;
  /** PASID on that response (R48); `NO_PASID` for none. */
  responsePasid: number;
}

/** A message found the ring full; from now on everything is thrown away until software clears the flag (R50, R51). */
export interface RingOverflowSet {
  kind: 'RingOverflowSet';
  model: FaultModel;
}

/** Software drained the ring, dropped all partial groups and cleared the flag, in this order (R88). */
export interface RingOverflowCleared {
  kind: 'RingOverflowCleared';
  model: FaultModel;
}

/** The oldest record of the ring was consumed: not the last of its group, so it waits in the device's partial list (R79). */
export interface FaultParked extends RequestIdentity {
  kind: 'FaultParked';
  device: number;
  groupId: number;
}

/** All partial lists of the ring's devices, or of one device, were dropped. */
export interface PartialsDiscarded {
  kind: 'PartialsDiscarded';
  /** -1 for all devices of the ring. */
  device: number;
  count: number;
  cause: 'overflow' | 'removed' | 'reset';
}

/** The oldest record of the ring was consumed and found no handler: answered at once (R78, R98). */
export interface FaultRefused extends RequestIdentity {
  kind: 'FaultRefused';
  device: number;
  pasid: number;
  groupId: number;
  last: boolean;
  /** Whether a response went out (a non-last request of the 2021 design needs none), and its code. */
  answered: boolean;
  code: ResponseCode;
  responsePasid: number;
  reason: 'no-handler' | 'no-queue' | 'not-bound';
  atMicros: number;
}

/** The oldest record of the ring was a stop marker (R23, R75). */
export interface StopMarkerDropped extends RequestIdentity {
  kind: 'StopMarkerDropped';
  device: number;
  pasid: number;
}

/** The oldest record of the ring closed a group, which is now on an IOPF queue. Complete in itself: all members, in order (R80). */
export interface GroupQueued {
  kind: 'GroupQueued';
  /** Place among the events of its cycle (D5). */
  order: number;
  group: number;
  device: number;
  model: FaultModel;
  /** Of the last member, which decides for the group (R83). */
  pasid: number;
  groupId: number;
  queue: string;
  queuedAtMicros: number;
  members: RequestRecord[];
}

/** Software answered a group, and the IOMMU sent the answer on (R61). Exactly one for each closed group (I1). */
export interface GroupResponded {
  kind: 'GroupResponded';
  group: number;
  /** Epoch in which the group was closed. */
  groupEpoch: number;
  device: number;
  segment: number;
  groupId: number;
  /** PASID on the response; `NO_PASID` for none (R86). */
  pasid: number;
  code: ResponseCode;
  model: FaultModel;
  respondedAtMicros: number;
}

/** A closed group ended without a response, for a reason that is part of the record. */
export interface GroupDiscarded {
  kind: 'GroupDiscarded';
  group: number;
  groupEpoch: number;
  device: number;
  cause: 'reset' | 'removed' | 'needs-pasid';
}

/** A result came for a group that is not waiting for one: a redelivery, or a worker that was frozen (D1, I2). */
export interface ResultDropped {
  kind: 'ResultDropped';
  group: number;
  groupEpoch: number;
  reason: 'duplicate' | 'unknown';
}

/** The IOMMU holds a transaction and its event record is readable; the tag in `groupId` names it (R32). */
export interface StallRecorded extends RequestRecord {
  kind: 'StallRecorded';
  /** True when the record had waited for room (R39). */
  deferred: boolean;
}

/** The IOMMU holds a transaction whose event record waits for room in the ring: nothing is lost (R39). */
export interface StallDeferred extends RequestRecord {
  kind: 'StallDeferred';
}

/** A held transaction left the IOMMU: it was retried and translated, or aborted (R35, R36, D10). */
export interface StallEnded extends RequestIdentity {
  kind: 'StallEnded';
  device: number;
  groupId: number;
  outcome: 'completed' | 'aborted';
  code: ResponseCode;
  rounds: number;
  endedAtMicros: number;
}

/** The IOMMU learned that a segment began a new epoch and closed what the old one had open (D9). */
export interface SegmentResetSeen {
  kind: 'SegmentResetSeen';
  segment: number;
  segmentEpoch: number;
}

/** Events that change only what a takeover may lose: caches, and results that can be read from the log again. */
export type VolatileIommuEvent =
  TranslationCompleted | IotlbInvalidated | StalledAccessTranslated | ResultWaiting;

/** Anything an IOMMU decides. */
export type AnyIommuEvent = IommuEvent | VolatileIommuEvent;

/** An ATS completion (R2-R7). `permissions` 0 with status success is a miss; `frame` counts only with permissions. */
export interface TranslationCompleted {
  kind: 'TranslationCompleted';
  /** The segment's number for the request, echoed. */
  translation: number;
  device: number;
  pasid: number;
  page: number;
  status: TranslationStatus;
  permissions: Permissions;
  frame: number;
  /** Whether the IOTLB served it; else the tables were walked, which costs more. */
  iotlbHit: boolean;
}

/** No IOTLB entry of the range is left (R25, R122). */
export interface IotlbInvalidated {
  kind: 'IotlbInvalidated';
  /** `NO_PASID` for entries without one, `EVERY_PASID` for a global invalidation. */
  pasid: number;
  /** The address space the PASID names; -1 when nothing is bound to it. */
  mm: number;
  /** First page and number of pages; `pages` 0 means every page. */
  page: number;
  pages: number;
}

/** A stalling master's access translated at once: it never was a fault, but its number is used up (D10). */
export interface StalledAccessTranslated extends RequestIdentity {
  kind: 'StalledAccessTranslated';
  device: number;
  pasid: number;
  page: number;
}

/** A group's result is admitted, but the page-table replica has not reached its mappings (D8). */
export interface ResultWaiting {
  kind: 'ResultWaiting';
  group: number;
  groupEpoch: number;
  code: ResponseCode;
  positions: readonly ShardPosition[];
  /** Position of the result in the log of handled groups. */
  sequence: number;
}
