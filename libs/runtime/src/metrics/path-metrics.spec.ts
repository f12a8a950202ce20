import {
  type AccessEnded,
  type GroupHandled,
  type GroupQueued,
  type GroupResponded,
  ResponseCode,
} from '@faultline/domain';
import { shownOf } from './families.testkit';
import { PathMetrics } from './path-metrics';

const identity = { device: 3, segment: 0, groupId: 1, pasid: 5, model: 'pri' } as const;
const responded = (group: number, respondedAtMicros: number): GroupResponded => ({
  ...identity,
  ...{ kind: 'GroupResponded', group, groupEpoch: 1, code: ResponseCode.SUCCESS, cause: 'handled' },
  respondedAtMicros,
});
const handled = (group: number, handledAtMicros: number): GroupHandled => ({
  ...{ kind: 'GroupHandled', iommu: 0, epoch: 1, group, device: 3, code: ResponseCode.SUCCESS },
  ...{ startedAtMicros: 600, handlingAtMicros: 700, handledAtMicros, members: [], positions: [] },
});

const shown = ({ families }: PathMetrics, name: string) => shownOf(families, name);

describe('the metrics of the path', () => {
  it('show what may go wrong before it does', () => {
    const metrics = new PathMetrics();
    expect(shown(metrics, 'faultline_events_total')).toEqual({ RingOverflowSet: 0, AccessRetried: 0 });
    expect(shown(metrics, 'faultline_requests_dropped_total')).toEqual({
      ...{ overflow: 0, 'pri-off': 0, 'unknown-device': 0, fenced: 0 },
    });
    expect(shown(metrics, 'faultline_responses_total')).toEqual({
      ...{ 'success handled': 0, 'failure handled': 0, 'invalid handled': 0, 'invalid timeout': 0 },
      ...{ 'invalid teardown': 0, 'invalid removed': 0, 'invalid replaced': 0 },
    });
  });

  it('time the stages of a group by its last member, as its worker sees them', () => {
    const metrics = new PathMetrics();
    const members = [
      { sentAtMicros: 0, writtenAtMicros: 1 },
      { sentAtMicros: 100, writtenAtMicros: 150 },
    ] as unknown as GroupQueued['members'];
    metrics.handled({ members, queuedAtMicros: 350 } as GroupQueued, handled(1, 1_600));
    const stages = shown(metrics, 'faultline_stage_seconds');
    const sums = ['deviceToIommu', 'iommuToQueue', 'queueWait', 'mm'].map((stage) => stages[`${stage} sum`]);
    expect(sums).toEqual([50e-6, 200e-6, 250e-6, 1_000e-6]);
    expect(stages['mm']).toBe(1);
  });

  it('time the response of each group once, whichever results come again', () => {
    const metrics = new PathMetrics();
    metrics.admits([handled(1, 1_000), handled(2, 2_000)]);
    metrics.released([responded(1, 1_250)]);
    metrics.admits([handled(1, 1_000)]);
    metrics.released([responded(2, 2_500), responded(9, 9_000)]);
    const stages = shown(metrics, 'faultline_stage_seconds');
    expect([stages['response'], stages['response sum']]).toEqual([2, 750e-6]);
    expect(shown(metrics, 'faultline_responses_total')).toMatchObject({ 'success handled': 3 });
  });

  it('forget results of which nothing is heard any more', () => {
    const metrics = new PathMetrics();
    const [old, newer] = [handled(0, 10), handled(65_536, 20)];
    metrics.admits([old]);
    for (let group = 1; group < 65_536; group += 1) metrics.admits([handled(group, 1)]);
    metrics.admits([newer]);
    metrics.released([responded(old.group, 110), responded(newer.group, 220)]);
    const stages = shown(metrics, 'faultline_stage_seconds');
    expect([stages['response'], stages['response sum']]).toEqual([1, 200e-6]);
  });

  it('count events by kind, and time accesses by outcome', () => {
    const metrics = new PathMetrics();
    const ended: AccessEnded = {
      ...{ kind: 'AccessEnded', device: 1, access: 0, pasid: 1, page: 1, offset: 0, permissions: 1 },
      ...{ outcome: 'completed', rounds: 1, request: 1, intendedAtMicros: 0 },
      ...{ startedAtMicros: 100, receivedAtMicros: 300, endedAtMicros: 400 },
    };
    metrics.released([ended, { ...ended, receivedAtMicros: 0 }]);
    expect(shown(metrics, 'faultline_events_total')).toMatchObject({ AccessEnded: 2 });
    expect(shown(metrics, 'faultline_access_seconds')).toEqual({ completed: 2, 'completed sum': 600e-6 });
    expect(shown(metrics, 'faultline_stage_seconds')['retry']).toBe(1);
  });
});
