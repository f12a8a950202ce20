import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import type { MemberResult } from './events';

/** Consecutive members `[start, end)` of a group that one mm shard owns (D7). */
export interface GroupRun {
  shard: number;
  start: number;
  end: number;
}

/** What a shard made of a run. */
export interface GroupRunResult {
  code: ResponseCode;
  members: readonly MemberResult[];
}

/** The mm shard that owns a PASID (D7). Requests without one go to shard 0, which answers them INVALID (R107). */
export function shardOfPasid(pasid: number, shards: number): number {
  return pasid === NO_PASID ? 0 : pasid % shards;
}

/** Splits a group into runs, in the order in which they must be handled. */
export function splitRuns(members: readonly { readonly pasid: number }[], shards: number): GroupRun[] {
  const runs: GroupRun[] = [];
  let open: GroupRun | undefined;
  for (let i = 0; i < members.length; i += 1) {
    const shard = shardOfPasid(members[i]?.pasid ?? NO_PASID, shards);
    if (open !== undefined && open.shard === shard) {
      open.end = i + 1;
    } else {
      open = { shard, start: i, end: i + 1 };
      runs.push(open);
    }
  }
  return runs;
}

/**
 * Folds the results of a group's runs, in order and up to the first failed one, into the group's outcome: the first error is
 * the group's code, and later members are skipped (R118).
 */
export function foldRunResults(
  memberCount: number,
  results: readonly GroupRunResult[],
): { code: ResponseCode; members: MemberResult[] } {
  let code: ResponseCode = ResponseCode.SUCCESS;
  const members: MemberResult[] = [];
  for (const result of results) {
    if (code !== ResponseCode.SUCCESS) break;
    code = result.code;
    for (const member of result.members) members.push(member);
  }
  while (members.length < memberCount) members.push({ resolution: 'skipped', error: 'none' });
  return { code, members };
}
