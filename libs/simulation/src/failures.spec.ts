import { FAILURE_VERBS, type FailurePlan, planFailures } from './failures';

const LEASE_MILLIS = 30;
const instances = ['iommu-1', 'iommu-2', 'iopf-worker-1'];
const plan: FailurePlan = { count: 500, everyMicros: 1_000, verbs: FAILURE_VERBS };

describe('failures', () => {
  it('are the same for the same seed, and others for another', () => {
    const drawn = planFailures(plan, instances, LEASE_MILLIS, 5);
    expect(planFailures(plan, instances, LEASE_MILLIS, 5)).toEqual(drawn);
    expect(planFailures(plan, instances, LEASE_MILLIS, 6)).not.toEqual(drawn);
  });

  it('happen to everybody, in every way, one after the other, some for longer than a lease', () => {
    const drawn = planFailures(plan, instances, LEASE_MILLIS, 1);
    expect(new Set(drawn.flatMap(({ victims }) => victims))).toEqual(new Set(instances));
    expect(new Set(drawn.map(({ verb }) => verb))).toEqual(new Set(FAILURE_VERBS));
    const times = drawn.map(({ atMicros }) => atMicros);
    expect(times).toEqual([...times].sort((one, other) => one - other));
    const lasting = drawn.map(({ lastsMicros }) => lastsMicros / 1_000 / LEASE_MILLIS);
    expect(Math.max(...lasting)).toBeGreaterThan(1);
    expect(Math.max(...lasting)).toBeLessThanOrEqual(2);
    // Several are cut off together, and nothing else happens to several at once.
    const crowds = drawn.filter(({ victims }) => victims.length > 1);
    expect(new Set(crowds.map(({ verb }) => verb))).toEqual(new Set(['cut']));
  });

  it('kill and freeze unless they are told to do something else', () => {
    const { verbs: _verbs, ...rest } = plan;
    const drawn = planFailures(rest, instances, LEASE_MILLIS, 1);
    expect(new Set(drawn.map(({ verb }) => verb))).toEqual(new Set(['kill', 'freeze']));
  });
});
