import type { Permissions, ResponseCode } from '../kernel/vocabulary';

/**
 * Events of a device segment: the devices behind one IOMMU that one owner emulates.
 *
 * Only the `Durable*` ones reach the log. The others are the devices' own registers and buffers: a takeover is a device reset
 * (D9), which loses them on purpose and issues the unfinished accesses again.
 */
export type SegmentEvent = DurableSegmentEvent | VolatileSegmentEvent;

export type DurableSegmentEvent =
  | SegmentOwnerChanged
  | DeviceReset
  | AccessesHit
  | AccessRetried
  | AccessEnded
  | ResponseUnexpected
  | PriInterfaceFailed
  | DeviceRemoved
  | DeviceHung
  | AccessesWithdrawn
  | PasidStopped
  | PasidStarted
  | WorkBegun
  | WorkHalted;

export type VolatileSegmentEvent =
  | AccessStarted
  | AccessHit
  | TranslationRequested
  | TranslationReturned
  | PageRequestSent
  | AccessDropped
  | StalledAccessSent
  | ResponseReceived
  | AtcInvalidated
  | PasidStopping
  | StopMarkerSent;

/** A new owner began; every number of an older epoch is void (D4, D9). */
export interface SegmentOwnerChanged {
  kind: 'SegmentOwnerChanged';
  segment: number;
  epoch: number;
}

/** A device was reset: outstanding groups, credits, the ATC and a hang are forgotten (R21, D9). */
export interface DeviceReset {
  kind: 'DeviceReset';
  device: number;
  epoch: number;
  /**
   * Number of the message that tells the IOMMU, in the segment's sequence of requests: what has a lower number was sent before
   * the reset, so that no late response matches a reused index (R142). 0 at an epoch change, which says the same for all devices.
   */
  request: number;
}

/** Accesses of one device with consecutive numbers. */
export interface AccessRange {
  first: number;
  count: number;
}

/** Accesses that ended without a fault since the last report: from the ATC, or by a translation that was there. */
export interface AccessesHit {
  kind: 'AccessesHit';
  device: number;
  /** Accesses served from the device's own cache. */
  atcHits: number;
  /** Accesses the IOMMU could translate at once. */
  translated: number;
  /** Which accesses these were: what a successor need not issue again (D9). */
  ranges: AccessRange[];
  /** End of the turn in which the last of them ended. */
  atMicros: number;
}

/** The device came back after a response and missed again (R14): the fault's round is over, the access goes on. */
export interface AccessRetried {
  kind: 'AccessRetried';
  device: number;
  /** Number of the access in its device's workload, from 0. */
  access: number;
  /** The page request whose response was followed by the miss. */
  request: number;
  /** When the device saw the response, and when the new translation request missed. */
  receivedAtMicros: number;
  retriedAtMicros: number;
}

/** How an access ended. */
export type AccessOutcome =
  /** The access was made. */
  | 'completed'
  /** The response said INVALID, or a stalled access was aborted with it (R15, R36). */
  | 'invalid'
  /** The response said FAILURE, or the interface is down since one did (R16). */
  | 'failure'
  /** The IOMMU refused the translation itself: Unsupported Request or Completer Abort (R3). */
  | 'refused'
  /** Lost without an answer: its device vanished (R104), or was reset while its PASID was being stopped (R94). */
  | 'removed';

/** An access that faulted at least once, or was refused, has ended. */
export interface AccessEnded {
  kind: 'AccessEnded';
  device: number;
  access: number;
  pasid: number;
  page: number;
  offset: number;
  permissions: Permissions;
  outcome: AccessOutcome;
  /** Page requests (or stalls) this access needed. */
  rounds: number;
  /** The last of them; 0 when there was none. */
  request: number;
  /** When the workload meant to issue it (open loop) or issued it (closed loop), and when it was issued. */
  intendedAtMicros: number;
  startedAtMicros: number;
  /** When the device saw the last response (0 when there was none), and when the access ended. */
  receivedAtMicros: number;
  endedAtMicros: number;
}

/** A response for an index that is not outstanding (R18): ignored, but never silently. */
export interface ResponseUnexpected {
  kind: 'ResponseUnexpected';
  device: number;
  groupId: number;
  code: ResponseCode;
}

/** A Response Failure took the device's page request interface down (R16). */
export interface PriInterfaceFailed {
  kind: 'PriInterfaceFailed';
  device: number;
  /** Outstanding page requests that were lost with it. */
  lost: number;
}

/** The device vanished (R104). It takes nothing more, and a reset does not bring it back. */
export interface DeviceRemoved {
  kind: 'DeviceRemoved';
  device: number;
  /** Accesses that were under way; each of them ends as `removed`. */
  lost: number;
}

/** The device hangs until its reset: it sends nothing, and what reaches it is lost. */
export interface DeviceHung {
  kind: 'DeviceHung';
  device: number;
}

/** Accesses of a workload that will never be issued: their PASID was stopped, or their device is gone. */
export interface AccessesWithdrawn {
  kind: 'AccessesWithdrawn';
  device: number;
  ranges: AccessRange[];
}

/** Nothing of the PASID is under way in the device any more (R94). */
export interface PasidStopped {
  kind: 'PasidStopped';
  device: number;
  pasid: number;
}

/** The PASID may be used by the device again: another process has it now (R102). */
export interface PasidStarted {
  kind: 'PasidStarted';
  device: number;
  pasid: number;
}

/** The workloads of a process began; a new owner of the segment goes on with them. */
export interface WorkBegun {
  kind: 'WorkBegun';
  mm: number;
  atMicros: number;
}

/** The workloads issue nothing more, whoever owns the segment: the user ends the run. */
export interface WorkHalted {
  kind: 'WorkHalted';
}

export interface AccessStarted {
  kind: 'AccessStarted';
  device: number;
  access: number;
  pasid: number;
  page: number;
  offset: number;
  permissions: Permissions;
  intendedAtMicros: number;
  startedAtMicros: number;
}

/** An access ended without a fault; `fromAtc` tells which cache served it. */
export interface AccessHit {
  kind: 'AccessHit';
  device: number;
  access: number;
  pasid: number;
  page: number;
  fromAtc: boolean;
  /** The frame that was used, which invariant I7 is checked against; -1 when the IOMMU translated on the bus. */
  frame: number;
}

/** An ATS translation request left the device (R1). `translation` numbers it within the segment. */
export interface TranslationRequested {
  kind: 'TranslationRequested';
  translation: number;
  device: number;
  access: number;
  pasid: number;
  page: number;
  permissions: Permissions;
}

/** Its completion arrived: used, missed, or dropped because an invalidation overtook it (R28). */
export interface TranslationReturned {
  kind: 'TranslationReturned';
  translation: number;
  device: number;
  access: number;
  verdict: 'granted' | 'missed' | 'stale' | 'refused';
  /** What was granted, and from where: valid only when `granted`. */
  permissions: Permissions;
  frame: number;
}

/** A page request left the device (R8). Numbered within the segment and epoch. */
export interface PageRequestSent {
  kind: 'PageRequestSent';
  request: number;
  device: number;
  access: number;
  pasid: number;
  page: number;
  permissions: Permissions;
  groupId: number;
  last: boolean;
  round: number;
  sentAtMicros: number;
}

/**
 * A device that cannot hold the access dropped it: it missed, or it came again before its page request was answered. Its timer runs
 * from here; when it fires, the access comes again under this number.
 */
export interface AccessDropped {
  kind: 'AccessDropped';
  /** Numbers drops within the segment, over all its epochs that one owner sees: a timer of an access that is over names nothing. */
  drop: number;
  device: number;
  access: number;
  /** How long the timer runs, in the unit of the device's configuration. */
  retryMicros: number;
}

/** A master behind a stalling IOMMU put an access on the bus; numbered like a page request (D10). */
export interface StalledAccessSent {
  kind: 'StalledAccessSent';
  request: number;
  device: number;
  access: number;
  pasid: number;
  page: number;
  offset: number;
  permissions: Permissions;
  sentAtMicros: number;
}

/** A group response matched an outstanding group (R12): its credits and its index are free again (R10, R11). */
export interface ResponseReceived {
  kind: 'ResponseReceived';
  device: number;
  groupId: number;
  code: ResponseCode;
  receivedAtMicros: number;
}

/** The device issues no new access of the PASID; those under way still go through their faults (R94). */
export interface PasidStopping {
  kind: 'PasidStopping';
  device: number;
  pasid: number;
}

/**
 * The stop marker left the device: a last page request without read and write, behind all page requests of its PASID (R23). It has
 * a number like a page request, but takes no credit and gets no response.
 */
export interface StopMarkerSent {
  kind: 'StopMarkerSent';
  request: number;
  device: number;
  pasid: number;
  sentAtMicros: number;
}

/** Entries in the range are gone from the ATC and translations in flight for it are marked stale (R25, R28). */
export interface AtcInvalidated {
  kind: 'AtcInvalidated';
  /** The device, or EVERY_DEVICE (-1). Devices that hang or vanished are never meant. */
  device: number;
  pasid: number;
  /** First page and number of pages; `pages` 0 means every page of the PASID. */
  page: number;
  pages: number;
}
