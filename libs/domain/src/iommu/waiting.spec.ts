import type { ShardPosition } from '../iopf/events';
import { createReplica, evolvePosition, type Replica } from './replica';
import { createWaitingResults, evolveForget, evolveWait, evolveWake, type WaitingResults } from './waiting';

const readyOf = ({ ready }: WaitingResults): number[] => ready.map(({ serial }) => serial);

/** Three results; all wait for position 5 of shard 0, the second one for position 9 of shard 1 too. */
function three(): { waiting: WaitingResults; replica: Replica } {
  const [waiting, replica] = [createWaitingResults(), createReplica(2)];
  const first: ShardPosition = { shard: 0, sequence: 5 };
  for (const serial of [1, 2, 3]) {
    const positions = serial === 2 ? [first, { shard: 1, sequence: 9 }] : [first];
    evolveWait(waiting, replica, {
      serial,
      group: serial,
      groupEpoch: 1,
      code: 0,
      positions,
      sequence: serial,
    });
  }
  return { waiting, replica };
}

function reach({ waiting, replica }: ReturnType<typeof three>, shard: number, sequence: number): void {
  evolvePosition(replica, shard, sequence);
  evolveWake(waiting, replica, shard);
}

describe('results that wait for their mappings', () => {
  it('D8 are ready in the order in which the last of their mappings came', () => {
    const results = three();
    reach(results, 0, 4);
    expect(readyOf(results.waiting)).toEqual([]);
    reach(results, 0, 5);
    expect(readyOf(results.waiting)).toEqual([1, 3]);
    reach(results, 1, 9);
    expect(readyOf(results.waiting)).toEqual([1, 3, 2]);
  });

  it.each([
    [1, [3, 2]],
    [3, [1, 2]],
    [2, [1, 3]],
    [4, [1, 3, 2]],
  ])('D8 when group %i ends otherwise, only its own result waits no more', (serial, left) => {
    const results = three();
    reach(results, 0, 5);
    reach(results, 1, 9);
    evolveForget(results.waiting, serial);
    expect(readyOf(results.waiting)).toEqual(left);
    expect([...results.waiting.bySerial.keys()].sort()).toEqual([...left].sort());
  });

  it('D8 one that ended while it waited never becomes ready', () => {
    const results = three();
    evolveForget(results.waiting, 1);
    reach(results, 0, 5);
    expect(readyOf(results.waiting)).toEqual([3]);
  });
});
