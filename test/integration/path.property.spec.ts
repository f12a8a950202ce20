import { createHash } from 'node:crypto';
import type { ResolvedScenario } from '@faultline/contracts';
import { Permission, type Permissions } from '@faultline/domain';
import fc from 'fast-check';
import type { WatchedAccess } from '../kit/access-watch';
import { complaintsAbout } from '../kit/complaints';
import { ampleScenario, smallScenario, trouble } from '../kit/scenario-arbitrary';
import { livelyScenario } from '../kit/timeline-arbitrary';
import { type FinishedRun, runVirtually } from '../kit/virtual-run';

/** Scenarios that are tried; many more with FAULTLINE_RUNS=300, the same ones again with FAULTLINE_SEED. */
const numRuns = Number(process.env['FAULTLINE_RUNS'] ?? 60);
const seed = Number(process.env['FAULTLINE_SEED'] ?? Date.now() % 2 ** 31);
const effort = { seed, numRuns, endOnFailure: process.env['FAULTLINE_SHRINK'] === undefined };

describe(`random small scenarios (FAULTLINE_SEED=${seed})`, () => {
  it('come to an end, end every access once, pass the audit, and fold to the same state again', async () => {
    await fc.assert(
      fc.asyncProperty(smallScenario, trouble, fc.nat(), async (scenario, wrong, worldSeed) => {
        expectSound(scenario, await runVirtually(scenario, { seed: worldSeed, trouble: wrong }));
      }),
      effort,
    );
  }, 1_800_000);

  it('of the same seed have the same accesses and the same outcome of each, whatever the timing, where nothing contends', async () => {
    await fc.assert(
      fc.asyncProperty(
        ampleScenario,
        trouble,
        fc.nat(),
        fc.nat(),
        async (scenario, wrong, oneSeed, otherSeed) => {
          const one = await runVirtually(scenario, { seed: oneSeed });
          const other = await runVirtually(scenario, { seed: otherSeed, trouble: wrong });
          expect(other.laboratory.accesses.outcomes()).toEqual(one.laboratory.accesses.outcomes());
          for (const access of other.laboratory.accesses.all.values()) {
            expect({ ...access, ends: [expectedOutcome(scenario, access)] }).toEqual(access);
          }
        },
      ),
      { ...effort, numRuns: Math.ceil(numRuns / 4) },
    );
  }, 1_800_000);

  it('repeat bit for bit in the same world', async () => {
    await fc.assert(
      fc.asyncProperty(smallScenario, trouble, fc.nat(), async (scenario, wrong, worldSeed) => {
        const [one, other] = [
          await runVirtually(scenario, { seed: worldSeed, trouble: wrong }),
          await runVirtually(scenario, { seed: worldSeed, trouble: wrong }),
        ];
        expect(digest(other)).toEqual(digest(one));
      }),
      { ...effort, numRuns: Math.ceil(numRuns / 10) },
    );
  }, 1_800_000);
});

describe(`random small scenarios with a timeline (FAULTLINE_SEED=${seed})`, () => {
  it('come to an end, end or withdraw every access once, pass the audit, and fold to the same state again', async () => {
    await fc.assert(
      fc.asyncProperty(livelyScenario, trouble, fc.nat(), async (scenario, wrong, worldSeed) => {
        expectSettled(scenario, await runVirtually(scenario, { seed: worldSeed, trouble: wrong }));
      }),
      effort,
    );
  }, 1_800_000);

  it('come to an end also where no worker ever answers, by the response timeouts', async () => {
    await fc.assert(
      fc.asyncProperty(livelyScenario, fc.nat(), async (scenario, worldSeed) => {
        const deaf = {
          ...scenario,
          workers: { ...scenario.workers, processes: 0 },
          devices: scenario.devices.map((device) => ({ ...device, responseTimeoutMicros: 3_000_000 })),
        };
        const run = await runVirtually(deaf, { seed: worldSeed });
        expectSettled(deaf, run);
        expect(run.report.counts['groupResponded.success'] ?? 0).toBe(0);
      }),
      { ...effort, numRuns: Math.ceil(numRuns / 4) },
    );
  }, 1_800_000);
});

/** The log in short: comparing thousands of bodies byte by byte takes longer than the run. */
function digest({ log }: FinishedRun): string[] {
  return log.map(
    ({ subject, id, body }) => `${subject} ${id} ${createHash('sha256').update(body).digest('hex')}`,
  );
}

function expectSound(scenario: ResolvedScenario, run: FinishedRun): void {
  expectSettled(scenario, run);
  const planned = scenario.devices
    .flatMap(({ workloads }) => workloads)
    .reduce((sum, { accesses }) => sum + accesses, 0);
  const accesses = [...run.laboratory.accesses.all.values()];
  expect(accesses).toHaveLength(planned);
  expect(accesses.filter((access) => !isPossible(scenario, access))).toEqual([]);
}

/** What holds whatever happens to processes and devices meanwhile. */
function expectSettled(scenario: ResolvedScenario, run: FinishedRun): void {
  expect(complaintsAbout(run)).toEqual([]);
  const accesses = [...run.laboratory.accesses.all.values()];
  expect(
    accesses.filter((access) => access.ends[0] === 'completed' && !isEverAllowed(scenario, access)),
  ).toEqual([]);
}

/** Whether any process that ever has the PASID allows such an access at any time. */
function isEverAllowed(scenario: ResolvedScenario, { pasid, page, permissions }: WatchedAccess): boolean {
  const granted = scenario.timeline.flatMap(({ do: action }) =>
    action.action === 'protect' ? [action] : [],
  );
  return scenario.processes
    .filter((process) => process.pasid === pasid)
    .flatMap(({ mm, vmas }) => [...vmas, ...granted.filter((range) => range.mm === mm)])
    .filter(({ startPage, pages }) => page >= startPage && page < startPage + pages)
    .some((area) => (asked(permissions) & ~area.permissions) === 0);
}

/** What no area allows never completes. What one allows may share a group with what is not allowed, and its answer (R118). */
function isPossible(scenario: ResolvedScenario, access: WatchedAccess): boolean {
  const { pagesPerGroup = 1 } = scenario.devices.find(({ device }) => device === access.device) ?? {};
  const [outcome] = access.ends;
  return outcome === expectedOutcome(scenario, access) || (outcome === 'invalid' && pagesPerGroup > 1);
}

/** What becomes of an access when memory suffices: its areas alone decide. */
function expectedOutcome(
  scenario: ResolvedScenario,
  { pasid, page, permissions }: WatchedAccess,
): 'completed' | 'invalid' {
  const process = scenario.processes.find((each) => each.pasid === pasid);
  const area = process?.vmas.find(({ startPage, pages }) => page >= startPage && page < startPage + pages);
  return area !== undefined && (asked(permissions) & ~area.permissions) === 0 ? 'completed' : 'invalid';
}

/** A page request cannot ask for nothing but execute: it asks to read as well (R5, R23). */
function asked(permissions: Permissions): Permissions {
  return permissions & (Permission.READ | Permission.WRITE) ? permissions : permissions | Permission.READ;
}
