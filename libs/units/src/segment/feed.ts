import type { AccessDraw } from '@faultline/domain';

/** Where a workload's accesses come from. */
export interface AccessFeed {
  /** Whether `take` has one now. A feed that reads a file may have none for a moment; it says when that changes. */
  readonly ready: boolean;
  /** No access is left. */
  readonly done: boolean;
  /** Whether more of it is on its way from outside, in wall time. */
  readonly reading: boolean;
  take(): Pick<AccessDraw, 'page' | 'offset' | 'permissions'>;
  close(): void;
}
