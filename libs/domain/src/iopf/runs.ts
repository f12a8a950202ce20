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
  if (members.length === 0) return [];
  let run = runFrom(members, 0, shards);
  // Nearly always it is the only one: a list that begins with it has room for it alone, where an empty one would make room for many.
  const runs = [run];
  while (run.end < members.length) {
    run = runFrom(members, run.end, shards);
    runs.push(run);
  }
  return runs;
}

function runFrom(members: readonly { readonly pasid: number }[], start: number, shards: number): GroupRun {
  const shard = shardAt(members, start, shards);
  let end = start + 1;
  while (end < members.length && shardAt(members, end, shards) === shard) end += 1;
  return { shard, start, end };
}

function shardAt(members: readonly { readonly pasid: number }[], place: number, shards: number): number {
  return shardOfPasid(members[place]?.pasid ?? NO_PASID, shards);
}

/**
 * Folds the results of a group's runs, in order and up to the first failed one, into the group's outcome: the first error is
 * the group's code, and later members are skipped (R118).
 */
export function foldRunResults(
  memberCount: number,
  results: readonly GroupRunResult[],
): { code: ResponseCode; members: MemberResult[] } {
  const first = results[0];
  // The list begins as a copy, which has room for the one result that most groups have and no more.
  const members = first === undefined ? [] : first.members.slice();
  let code: ResponseCode = first === undefined ? ResponseCode.SUCCESS : first.code;
  for (let place = 1; place < results.length && code === ResponseCode.SUCCESS; place += 1) {
    const result = results[place];
    if (result === undefined) break;
    code = result.code;
    for (const member of result.members) members.push(member);
  }
  while (members.length < memberCount) members.push({ resolution: 'skipped', error: 'none' });
  return { code, members };
}
