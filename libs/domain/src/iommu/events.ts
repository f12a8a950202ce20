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
  | GroupHeld
  | GroupQueued
  | GroupResponded
  | GroupDiscarded
  | ResultDropped
  | StallRecorded
  | StallDeferred
  | StallEnded
  | SegmentResetSeen
  | TeardownBegun
  | TeardownStepped
  | PasidDrained
  | DeviceFenced
  | DeviceResetSeen
  | QueueFreed
  | QueueAllocated;

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
  /** Wall microseconds after which software answers a group that nobody handled; 0 for never. */
  responseTimeoutMicros: number;
  /** Whether its driver registered a fault handler; without one every fault is refused at once (R78). */
  hasHandler: boolean;
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
export type DropCause =
  | 'overflow'
  | 'pri-off'
  | 'unknown-device'
  /** The device is being reset and has forgotten it, or is about to: never answered (R142). */
  | 'fenced';

/** The page request did not get in. With `last` the IOMMU answers itself where it may, else it vanishes (R46). */
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

/** Partial lists were dropped: those of all devices of the ring, those of one device, or what one PASID has in them. */
export interface PartialsDiscarded {
  kind: 'PartialsDiscarded';
  /** -1 for all devices of the ring. */
  device: number;
  /** The PASID whose requests are dropped; `EVERY_PASID` for all. */
  pasid: number;
  count: number;
  cause: 'overflow' | 'removed' | 'reset' | 'fenced' | 'queue-freed' | 'teardown';
}

/** Why a fault was refused. */
export type RefusalReason =
  /** The device's driver registered no fault handler (R78). */
  | 'no-handler'
  /** The device is in no IOPF queue: it was freed. */
  | 'no-queue'
  /** Nothing is bound to the PASID any more (R78, R98). */
  | 'not-bound'
  /** The device is being reset (R142). */
  | 'fenced'
  /** The driver's own checks refused the record (R73). */
  | 'invalid-request';

/** A record of a ring was consumed and led to no group: answered at once, if at all (R78, R98). */
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
  reason: RefusalReason;
  atMicros: number;
}

/** The oldest record of the ring was a stop marker (R23, R75). */
export interface StopMarkerDropped extends RequestIdentity {
  kind: 'StopMarkerDropped';
  device: number;
  pasid: number;
}

/**
 * Fair service only: the oldest record of the ring closed a group, which waits for its device's turn (D14). It is pending like any
 * other, and may be answered without ever having been queued. Names its last member; the others are in the partial list.
 */
export interface GroupHeld extends RequestIdentity {
  kind: 'GroupHeld';
  /** Place among the events of its cycle (D5). */
  order: number;
  group: number;
  device: number;
  model: FaultModel;
  pasid: number;
  groupId: number;
  queue: string;
  closedAtMicros: number;
}

/**
 * A group is now on an IOPF queue: the oldest record of the ring closed it, or it was held and its turn came. Complete in itself:
 * all members, in order (R80).
 */
export interface GroupQueued {
  kind: 'GroupQueued';
  /** Place among the events of its cycle (D5). */
  order: number;
  group: number;
  /** Epoch in which the group was closed: an owner may queue what the one before held. */
  groupEpoch: number;
  device: number;
  model: FaultModel;
  /** Of the last member, which decides for the group (R83). */
  pasid: number;
  groupId: number;
  queue: string;
  queuedAtMicros: number;
  members: RequestRecord[];
}

/** Who decided the answer of a group. */
export type ResponseCause =
  /** A worker: its result is in the log. */
  | 'handled'
  /** Nobody answered within the device's response timeout. */
  | 'timeout'
  /** A step of a teardown took too long (R95). */
  | 'teardown'
  /** Its device left the IOPF queue (R89). */
  | 'removed'
  /** The device's PASID got another domain (R105). */
  | 'replaced';

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
  cause: ResponseCause;
  respondedAtMicros: number;
}

/** A closed group ended without a response, for a reason that is part of the record. */
export interface GroupDiscarded {
  kind: 'GroupDiscarded';
  group: number;
  groupEpoch: number;
  device: number;
  cause: 'reset' | 'removed' | 'needs-pasid' | 'fenced';
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

/** Steps of a teardown, in their order (R95). The PASID entry goes between the first and the second. */
export const TEARDOWN_STEPS = ['stop', 'invalidate', 'drain', 'flush', 'fence'] as const;
export type TeardownStep = (typeof TEARDOWN_STEPS)[number];

/** How a step ended; `expired`: its deadline came first, and force was used. */
export type StepOutcome = 'done' | 'expired';

/** The binding of (device, PASID) is being taken apart, so that the PASID may be used again (R95, R102). */
export interface TeardownBegun {
  kind: 'TeardownBegun';
  device: number;
  pasid: number;
  generation: number;
  cause: 'unbind' | 'remove';
  atMicros: number;
}

/** A step of a teardown is over. */
export interface TeardownStepped {
  kind: 'TeardownStepped';
  device: number;
  pasid: number;
  generation: number;
  step: TeardownStep;
  outcome: StepOutcome;
  atMicros: number;
}

/** Nothing of this use of the PASID is left in the device, the rings, the queues or the caches: it may be used again (R102). */
export interface PasidDrained {
  kind: 'PasidDrained';
  device: number;
  pasid: number;
  generation: number;
  atMicros: number;
}

/**
 * The device is cut off and has to be reset: until the reset was seen, translations are refused and requests vanish, since an
 * answer could match an index that the device uses anew (R142). What it had open is closed by the events that follow.
 */
export interface DeviceFenced {
  kind: 'DeviceFenced';
  device: number;
  cause: 'stop-timeout' | 'invalidation-timeout' | 'requested';
  atMicros: number;
}

/** The reset message of a device arrived in its segment's sequence: what comes after it was sent after the reset. */
export interface DeviceResetSeen extends RequestIdentity {
  kind: 'DeviceResetSeen';
  device: number;
}

/** The IOPF queue of the IOMMU was freed: its devices are in no queue, and their faults are refused. */
export interface QueueFreed {
  kind: 'QueueFreed';
}

/** The IOMMU has an IOPF queue again, with all attached devices. */
export interface QueueAllocated {
  kind: 'QueueAllocated';
}

/** Events that change only what a takeover may lose: caches, and results that can be read from the log again. */
export type VolatileIommuEvent =
  TranslationCompleted | IotlbInvalidated | StalledAccessTranslated | StalledAccessRefused | ResultWaiting;

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
  /** The address space whose translations go; -1 for every one. */
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

/**
 * No tag is free for a stalling master's access: the bus pushes back, so it is not taken, nor is any later one of its segment until
 * it is (R40).
 */
export interface StalledAccessRefused extends RequestIdentity {
  kind: 'StalledAccessRefused';
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
