import fc from 'fast-check';
import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import { foldRunResults, shardOfPasid, splitRuns } from './runs';

const { SUCCESS, INVALID } = ResponseCode;

describe('runs of a group', () => {
  it('D7 are consecutive members of one shard, in order', () => {
    const members = [2, 4, 1, 3, 6, NO_PASID].map((pasid) => ({ pasid }));
    expect(splitRuns(members, 2)).toEqual([
      { shard: 0, start: 0, end: 2 },
      { shard: 1, start: 2, end: 4 },
      { shard: 0, start: 4, end: 6 },
    ]);
  });

  it('D7 cover every member exactly once', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1, max: 20 })),
        fc.integer({ min: 1, max: 5 }),
        (pasids, shards) => {
          const runs = splitRuns(
            pasids.map((pasid) => ({ pasid })),
            shards,
          );
          const covered = runs.flatMap(({ shard, start, end }) =>
            pasids.slice(start, end).map((pasid) => [pasid, shard]),
          );
          expect(covered).toEqual(pasids.map((pasid) => [pasid, shardOfPasid(pasid, shards)]));
          for (let i = 1; i < runs.length; i += 1) expect(runs[i]?.shard).not.toBe(runs[i - 1]?.shard);
        },
      ),
    );
  });

  it('R118 the first error is the code of the group, and later members are skipped', () => {
    const minor = { resolution: 'minor', error: 'none' } as const;
    const invalid = { resolution: 'invalid', error: 'no-vma' } as const;
    const skipped = { resolution: 'skipped', error: 'none' } as const;
    const results = [
      { code: SUCCESS, members: [minor] },
      { code: INVALID, members: [minor, invalid, skipped] },
      { code: SUCCESS, members: [minor] },
    ];
    expect(foldRunResults(6, results)).toEqual({
      code: INVALID,
      members: [minor, minor, invalid, skipped, skipped, skipped],
    });
    expect(foldRunResults(1, results.slice(0, 1))).toEqual({ code: SUCCESS, members: [minor] });
  });
});
