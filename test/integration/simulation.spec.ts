import { createHash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { costProfiles, type ResolvedScenario } from '@faultline/contracts';
import {
  simulate,
  type SimulationOptions,
  type SimulationPlatform,
  SimulationStands,
} from '@faultline/simulation';
import fc from 'fast-check';
import { complaintsOf } from '../kit/audit-log';
import { scenarioOf } from '../kit/scenario';
import { livelyScenario } from '../kit/timeline-arbitrary';

/** Seeds that are tried, from the first on; many more with FAULTLINE_SEEDS=500. */
const seeds = Number(process.env['FAULTLINE_SEEDS'] ?? 100);
const firstSeed = Number(process.env['FAULTLINE_SEED'] ?? 1);

const quiet = (): void => undefined;
const platform: SimulationPlatform = {
  sha256: (bytes) => createHash('sha256').update(bytes).digest(),
  // A tick that a promise asks for comes when no promise has anything left to do.
  settle: (task) => queueMicrotask(() => process.nextTick(task)),
  breathe: () => new Promise((resolve) => setImmediate(resolve)),
  states: { encode: serialize, decode: deserialize },
  openTrace: () => {
    throw new Error('there is no trace here');
  },
  logger: { info: quiet, warn: quiet, error: quiet },
};

const run = (scenario: ResolvedScenario, options?: SimulationOptions) =>
  simulate(scenario, platform, options);

const scenario: ResolvedScenario = {
  ...scenarioOf({
    workers: { processes: 2, servers: 2, groupsPerMessage: 4 },
    replicas: { iommus: 2, mmHandlers: 2, deviceEmulators: 2 },
    devices: [{ credits: 8, workloads: [{ accesses: 400, pages: 256, outstanding: 8 }] }],
  }),
  profile: 'pri-minor',
  cost: costProfiles['pri-minor'],
};
/** Leases are short, so that much happens in little time. */
const LEASE_MILLIS = 30;
const rough: SimulationOptions = {
  network: { hopMicros: { median: 5, p99: 50 }, loss: 0.02, duplication: 0.02 },
  failures: { count: 6, everyMicros: 5_000 },
  leaseMillis: LEASE_MILLIS,
  snapshotEvents: 100,
};

describe('a simulation', () => {
  it('runs a scenario to its end in model time, and passes the audit of its log', async () => {
    const rows: string[] = [];
    const result = await run(scenario, { onFault: ({ id }) => rows.push(id) });
    expect(complaintsOf(result.audit)).toEqual([]);
    expect(result.audit.runEnded).toBe('finished');
    expect(rows.length).toBe(result.faults);
    expect(result.faults).toBeGreaterThan(200);
    // Device, interrupt, worker, handler and response of the profile, and next to nothing for the bus.
    const { p50Micros } = result.endToEnd.summary();
    expect(p50Micros).toBeGreaterThan(20);
    expect(p50Micros).toBeLessThan(60);
  });

  it('gives the same log for the same seed, byte for byte, whatever happens to processes and messages', async () => {
    const tales: string[][] = [[], [], []];
    const hashes = [];
    for (const [place, seed] of [7, 7, 8].entries()) {
      const result = await run(scenario, { ...rough, seed, tell: (line) => tales[place]?.push(line) });
      hashes.push(result.logHash);
    }
    expect(hashes[1]).toBe(hashes[0]);
    expect(tales[1]).toEqual(tales[0]);
    expect(tales[0]?.length).toBeGreaterThan(3);
    expect(hashes[2]).not.toBe(hashes[0]);
  });

  it('says where everything stands when nothing goes on any more', async () => {
    const lossy = { ...rough, failures: undefined, network: { loss: 1 }, patienceMicros: 20_000 };
    const stands = await run(scenario, lossy).catch((error: unknown) => error);
    expect(stands).toBeInstanceOf(SimulationStands);
    expect(String(stands)).toMatch(
      /nothing came to an end in 0\.02 s of model time \(\{"ended":0,"issued":8,/,
    );
  });
});

describe(`simulations of random scenarios, with failures (FAULTLINE_SEED=${firstSeed}, ${seeds} seeds)`, () => {
  it('lose no fault and answer none twice', async () => {
    const happened = { kill: 0, freeze: 0 };
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const [lively] = fc.sample(livelyScenario, { seed, numRuns: 1 });
      if (!lively) throw new Error('no scenario was drawn');
      const replicas = { iommus: 2, mmHandlers: 2, deviceEmulators: 2 };
      const told: string[] = [];
      try {
        const result = await run(
          { ...lively, replicas },
          { ...rough, seed, tell: (line) => told.push(line) },
        );
        expect([seed, complaintsOf(result.audit), result.buried]).toEqual([seed, [], []]);
        for (const verb of ['kill', 'freeze'] as const)
          happened[verb] += told.filter((line) => / ms {2}(\w+) /.exec(line)?.[1] === verb).length;
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}\n${told.join('\n')}`, { cause: error });
      }
    }
    // Many a scenario is over before its first failure; of many, not all are.
    const least = Math.floor(seeds / 4);
    expect([happened, happened.kill >= least, happened.freeze >= least]).toEqual([happened, true, true]);
  }, 1_800_000);
});
