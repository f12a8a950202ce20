import { ResponseCode } from '../kernel/vocabulary';
import { nextResponseDeadline } from './expiry';
import {
  attached,
  bound,
  LiveIommu,
  owner,
  pageRequest,
  result,
  segmentSeen,
  stalledAccess,
  testIommu,
} from './iommu.testkit';
import { isIdle, pendingGroups } from './queries';

const expire = { kind: 'ExpireGroups' } as const;

/** Device 1 waits 100 µs, device 2 for ever, device 3 stalls and waits 60 µs. */
function timed(generation: 'G1' | 'G2' = 'G1'): LiveIommu {
  return new LiveIommu(testIommu({ priQueueEntries: 16, generation }), [
    owner,
    segmentSeen,
    attached(1, { responseTimeoutMicros: 100 }),
    attached(2),
    attached(3, { model: 'stall', responseTimeoutMicros: 60 }),
    ...[1, 2, 3].map((device) => bound(device, 7)),
  ]);
}

describe('a response timeout', () => {
  it('has no deadline while nothing is open, and none for a device without one', () => {
    const live = timed();
    expect(nextResponseDeadline(live.state)).toBeUndefined();
    live.send(pageRequest(1, { device: 2 }), 10);
    live.drain(20);
    expect(nextResponseDeadline(live.state)).toBeUndefined();
  });

  it('counts from the writing of the last request, and the oldest deadline is next', () => {
    const live = timed();
    live.send(pageRequest(1, { groupId: 4, last: false }), 5);
    live.send(pageRequest(2, { groupId: 4 }), 10);
    live.send(pageRequest(3), 30);
    live.drain(70);
    expect(nextResponseDeadline(live.state)).toBe(110);
    live.send(stalledAccess(4), 40);
    live.drain(80);
    expect(nextResponseDeadline(live.state)).toBe(100);
    live.send(result(3, { code: ResponseCode.INVALID }), 90);
    expect(nextResponseDeadline(live.state)).toBe(110);
  });

  it.each(['G1', 'G2'] as const)(
    '[%s] answers INVALID what is due, oldest first, and nothing else',
    (generation) => {
      const live = timed(generation);
      live.send(pageRequest(1), 10);
      live.send(pageRequest(2), 20);
      live.send(pageRequest(3), 21);
      live.send(pageRequest(4, { device: 2 }), 0);
      live.drain(22);
      expect(live.send(expire, 109)).toEqual([]);
      expect(live.send(expire, 120)).toMatchObject([
        {
          kind: 'GroupResponded',
          group: 1,
          code: ResponseCode.INVALID,
          cause: 'timeout',
          respondedAtMicros: 120,
        },
        { kind: 'GroupResponded', group: 2, code: ResponseCode.INVALID, cause: 'timeout' },
      ]);
      expect(pendingGroups(live.state)).toHaveLength(2);
      expect(live.send(result(1), 130)).toMatchObject([{ kind: 'ResultDropped', reason: 'duplicate' }]);
    },
  );

  it('R129 aborts a held transaction', () => {
    const live = timed();
    live.send(stalledAccess(1), 10);
    live.drain(20);
    expect(live.send(expire, 70)).toMatchObject([
      { kind: 'GroupResponded', model: 'stall', cause: 'timeout' },
      { kind: 'StallEnded', outcome: 'aborted', code: ResponseCode.INVALID, endedAtMicros: 70 },
    ]);
    expect(isIdle(live.state)).toBe(true);
  });

  it('D8 also a group whose result waits for its mappings is over then', () => {
    const live = timed();
    live.send(pageRequest(1), 10);
    live.drain(20);
    live.send(result(1, { positions: [{ shard: 0, sequence: 5 }] }), 30);
    live.send(expire, 110);
    expect(live.state.volatile.waiting.bySerial.size).toBe(0);
  });

  it('is looked for only where an attached device has one', () => {
    const live = timed();
    expect(live.state.durable.hasTimeouts).toBe(true);
    for (const device of [1, 3]) live.send({ kind: 'DetachDevice', device });
    expect(live.state.durable.hasTimeouts).toBe(false);
  });
});
