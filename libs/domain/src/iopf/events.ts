import type { GroupIdentity, ResponseCode } from '../kernel/vocabulary';

/** How a member of a group was resolved. */
export type MemberResolution =
  /** The page was already there with the needed permission (R119). */
  | 'spurious'
  /** Resolved without storage (R115). */
  | 'minor'
  /** Resolved by reading from storage (R115). */
  | 'major'
  /** The error that stopped the group (R118); the reason is in the member's `error`. */
  | 'invalid'
  /** Not attempted, because an earlier member failed (R118). */
  | 'skipped';

/** Why a member was answered INVALID (R107-R111, R116, D2). */
export type FaultError =
  'none' | 'no-pasid' | 'not-bound' | 'generation' | 'no-vma' | 'permission' | 'out-of-memory' | 'bus-error';

/** Outcome of one member, in the order of the group. */
export interface MemberResult {
  resolution: MemberResolution;
  error: FaultError;
}

/** A position in the log of one mm shard. */
export interface ShardPosition {
  shard: number;
  sequence: number;
}

/** A worker handled a group. The log of these is the only way a result reaches the IOMMU. */
export interface GroupHandled extends GroupIdentity {
  kind: 'GroupHandled';
  device: number;
  code: ResponseCode;
  /** When the worker began (end of the queue wait), when the mm began, and when the mm was done. */
  startedAtMicros: number;
  handlingAtMicros: number;
  handledAtMicros: number;
  members: MemberResult[];
  /** The device may be answered only when the IOMMU's page-table replica has reached these (D8). */
  positions: ShardPosition[];
}

export type IopfEvent = GroupHandled;
