import type { SegmentCommand } from '@faultline/domain';
import { ManualClock } from '@faultline/hosting';
import { RetransmissionTimers } from './retransmission-timers';

const dropped = (drop: number, retryMicros: number) =>
  ({ kind: 'AccessDropped', device: 4, access: 10 + drop, drop, retryMicros }) as const;

describe('retransmission timers', () => {
  const clock = new ManualClock();
  let fired: SegmentCommand[] = [];
  let timers: RetransmissionTimers;
  beforeEach(() => {
    fired = [];
    timers = new RetransmissionTimers(clock, 100, (command) => fired.push(command));
  });

  it('bring each access back after its model time', () => {
    timers.begin(dropped(1, 50));
    timers.begin(dropped(2, 20));
    clock.advance(1_999);
    expect(fired).toEqual([]);
    clock.advance(1);
    expect(fired).toEqual([{ kind: 'RetransmitAccess', device: 4, access: 12, drop: 2 }]);
    clock.advance(3_000);
    expect(fired).toHaveLength(2);
  });

  it('bring nothing back once they are stopped', () => {
    timers.begin(dropped(1, 50));
    timers.stop();
    clock.advance(10_000);
    expect(fired).toEqual([]);
  });
});
