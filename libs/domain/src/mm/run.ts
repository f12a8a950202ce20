import type { MemberResult } from '../iopf/events';
import type { Permissions, ResponseCode } from '../kernel/vocabulary';

/** One page request of a group, as a worker hands it to the mm. */
export interface RunMember {
  pasid: number;
  /** Binding generation the request was made under (D2). */
  generation: number;
  page: number;
  permissions: Permissions;
}

/** Consecutive members of one group that one shard owns (D7): handled in order, stopping at the first error (R118). */
export interface Run {
  /** Chosen by the caller, unique while the run is open in this shard. */
  run: number;
  members: readonly RunMember[];
}

/** What became of a run. Members after a failed one are `skipped`. */
export interface RunResult {
  run: number;
  code: ResponseCode;
  members: MemberResult[];
}
