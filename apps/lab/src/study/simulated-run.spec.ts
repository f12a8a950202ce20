import type { ResolvedScenario } from '@faultline/contracts';
import { simulatedRun } from './simulated-run';
import { jobOf } from './study.testkit';

const SLOW = [
  ...['workers.processes=1', 'workers.servers=1', 'workers.wakeMicros=2', 'workers.queueLockMicros=1'],
  'devices.0.workloads.0.outstanding=1',
];

async function runOf(
  settings: string[],
  change: (scenario: ResolvedScenario) => ResolvedScenario = (scenario) => scenario,
) {
  const job = await jobOf({}, [...SLOW, ...settings]);
  return simulatedRun({ ...job, scenario: change(job.scenario) });
}

describe('a simulated run of a study', () => {
  it('says how late accesses of an open loop began, and nothing of the kind for a closed one', async () => {
    // A fault takes over 20 µs, one access may be under way, and one is meant to begin each 10 µs.
    const late = await runOf(['devices.0.workloads.0.ratePerSecond=100000']);
    expect(late.failure).toBeNull();
    expect(late.figures['late.p50']).toBeGreaterThan(100);
    expect((await runOf([])).figures['late.p50']).toBeNull();
  });

  it('knows what a fault costs with all that is charged', async () => {
    const free = await runOf(['workers.wakeMicros=0', 'workers.queueLockMicros=0']);
    expect((await runOf([])).modelledMicros - free.modelledMicros).toBeCloseTo(3, 9);
  });

  it('of a process whose pages are there before it begins has no fault on them', async () => {
    const { figures, audit } = await runOf(['processes.0.populate=true']);
    expect(figures).toMatchObject({ faults: 0, accesses: 60, pages: 60, prefetched: 60, pagesRemoved: 0 });
    expect(audit).toEqual({ clean: true, violated: [] });
    const { figures: short } = await runOf(['processes.0.populate=true', 'mm.framesPerShard=16']);
    expect(short['faults']).toBeGreaterThan(0);
  });

  it('that comes to no end says why, in its place', async () => {
    const { failure, figures, audit } = await runOf(['devices.0.responseTimeoutMicros=off'], (scenario) => ({
      ...scenario,
      workers: { ...scenario.workers, processes: 0 },
    }));
    expect(failure).toMatch(/the simulation stands still/);
    expect([figures, audit.clean]).toEqual([{}, false]);
  });
});
