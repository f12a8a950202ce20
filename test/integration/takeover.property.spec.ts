import type { ResolvedScenario } from '@faultline/contracts';
import fc from 'fast-check';
import { complaintsAbout } from '../kit/complaints';
import { smallScenario } from '../kit/scenario-arbitrary';
import { takeovers } from '../kit/takeover-arbitrary';
import { livelyScenario } from '../kit/timeline-arbitrary';
import { runVirtually } from '../kit/virtual-run';

/** Scenarios that are tried; many more with FAULTLINE_RUNS=300, the same ones again with FAULTLINE_SEED. */
const numRuns = Number(process.env['FAULTLINE_RUNS'] ?? 60);
const seed = Number(process.env['FAULTLINE_SEED'] ?? Date.now() % 2 ** 31);
const effort = { seed, numRuns, endOnFailure: process.env['FAULTLINE_SHRINK'] === undefined };

/** A log that is trimmed all the time, and one that is not: then a new owner has all of it. */
const trims = fc.constantFrom(40, undefined);
/** A worker that died settles nothing: its groups come again soon. */
const trouble = fc.constantFrom({ loss: 0, ackWaitMillis: 2_000 }, { loss: 0.05, ackWaitMillis: 2_000 });

/** Random scenarios through random takeovers: nobody may have a complaint. */
const survives = (scenarios: fc.Arbitrary<ResolvedScenario>) => (): Promise<void> =>
  fc.assert(
    fc.asyncProperty(
      scenarios,
      trouble,
      takeovers,
      trims,
      fc.nat(),
      async (scenario, wrong, planned, trimSteps, seedOfWorld) => {
        const how = { trouble: wrong, takeovers: planned, snapshotEvents: 150, trimSteps };
        expect(complaintsAbout(await runVirtually(scenario, { seed: seedOfWorld, ...how }))).toEqual([]);
      },
    ),
    effort,
  );

describe(`replicas that die, freeze and hand over (FAULTLINE_SEED=${seed})`, () => {
  it('lose no fault and answer none twice', survives(smallScenario), 1_800_000);

  it('nor do they while processes and devices come and go', survives(livelyScenario), 1_800_000);
});
