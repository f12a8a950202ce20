import type { FaultRow } from '@faultline/audit';
import { type CostProfile, costProfiles, type ResolvedScenario } from '@faultline/contracts';
import { simulate, type SimulationOptions, type SimulationResult } from '@faultline/simulation';
import fc from 'fast-check';
import { complaintsOf } from '../kit/audit-log';
import { type Draft, scenarioOf } from '../kit/scenario';
import { simulationPlatform } from '@faultline/runtime';
import { livelyScenario } from '../kit/timeline-arbitrary';

const seeds = Number(process.env['FAULTLINE_SEEDS'] ?? 5);
const firstSeed = Number(process.env['FAULTLINE_SEED'] ?? 1);

const FIRST_MICROS = 1_000;
const minor: CostProfile = { ...costProfiles['pri-minor'] };
const handling = (micros: number): CostProfile => ({
  ...minor,
  handlerMicros: { median: micros, p99: micros },
});

const PAGES = 200;

/** Each access of a page of its own, by a device that drops what faults, or waits. */
function scenario(drops: boolean, cost: CostProfile, more: Draft = {}): ResolvedScenario {
  const retransmission = drops ? { firstMicros: FIRST_MICROS, mostMicros: 8 * FIRST_MICROS } : undefined;
  return {
    ...scenarioOf({
      processes: [{ vmas: [{ pages: PAGES }] }],
      devices: [
        {
          ...{ credits: 8, ...(retransmission ? { retransmission } : {}) },
          workloads: [{ pattern: 'sequential', accesses: PAGES, pages: PAGES, outstanding: 8 }],
        },
      ],
      workers: { processes: 2, servers: 4, groupsPerMessage: 4 },
      ...more,
    }),
    cost,
  };
}

async function run(
  of: ResolvedScenario,
  options?: SimulationOptions,
): Promise<SimulationResult & { rows: FaultRow[] }> {
  const rows: FaultRow[] = [];
  const result = await simulate(of, simulationPlatform, { ...options, onFault: (row) => rows.push(row) });
  expect(complaintsOf(result.audit)).toEqual([]);
  expect(result.audit.runEnded).toBe('finished');
  return { ...result, rows };
}

const sum = (stages: FaultRow['stages']): number =>
  Object.values(stages).reduce<number>((all, micros) => all + (micros ?? 0), 0);

describe('a device that drops what faults', () => {
  it('takes for a fault what its timer takes, and all of that stands in the retry stage', async () => {
    const waiting = await run(scenario(false, minor));
    const dropping = await run(scenario(true, minor));
    expect([waiting.faults, dropping.faults]).toEqual([PAGES, PAGES]);
    const longest = Math.max(...waiting.rows.map(({ totalMicros }) => totalMicros ?? Infinity));
    expect(longest).toBeLessThan(100);
    for (const { totalMicros, stages, settlement, complete } of dropping.rows) {
      expect([settlement, complete]).toEqual(['completed', true]);
      expect(totalMicros).toBeGreaterThanOrEqual(FIRST_MICROS);
      expect(totalMicros).toBeLessThan(FIRST_MICROS + 5);
      expect(sum(stages)).toBe(totalMicros);
      expect(stages.retry).toBeGreaterThan(FIRST_MICROS - longest);
    }
  });

  it('comes in vain while the host is at it, and waits twice as long from then on', async () => {
    const { rows, faults } = await run(scenario(true, handling(1.5 * FIRST_MICROS)));
    // Dropped at 0, and at 1 ms once more; the page is there at 1.5 ms; at 3 ms it is found.
    expect(faults).toBe(PAGES);
    for (const { totalMicros } of rows) {
      expect(totalMicros).toBeGreaterThanOrEqual(3 * FIRST_MICROS);
      expect(totalMicros).toBeLessThan(3 * FIRST_MICROS + 5);
    }
  });

  it('faults anew where the page is gone again when it comes, round after round', async () => {
    const { rows } = await run(
      scenario(true, minor, {
        framesPerShard: 4,
        memory: { reclaim: 'lru' },
        processes: [{ vmas: [{ pages: PAGES }] }],
      }),
    );
    const again = rows.filter(({ settlement }) => settlement === 'retried');
    expect(again.length).toBeGreaterThan(0);
    expect(rows.filter(({ settlement }) => settlement === 'completed')).toHaveLength(PAGES);
    for (const { totalMicros, stages } of again) {
      expect(sum(stages)).toBe(totalMicros);
      expect(stages.retry).toBeGreaterThan(FIRST_MICROS / 2);
    }
  });

  it('loses nothing and answers nothing twice when its segment is taken over (D9)', async () => {
    const told: string[] = [];
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const replicas = { iommus: 2, mmHandlers: 2, deviceEmulators: 2 };
      // The audit's I5 says that every access ended once.
      const { rows } = await run(scenario(true, minor, { replicas, seed }), {
        seed,
        network: { hopMicros: { median: 5, p99: 50 }, loss: 0.02, duplication: 0.02 },
        failures: { count: 6, everyMicros: 5_000 },
        leaseMillis: 30,
        snapshotEvents: 100,
        tell: (line) => told.push(line),
      });
      // Accesses that were dropped when their segment was lost find their page when they are issued again, and never fault.
      expect(rows.filter(({ settlement }) => settlement === 'completed').length).toBeGreaterThan(PAGES / 2);
    }
    expect(told.filter((line) => line.includes('device-emulator')).length).toBeGreaterThan(seeds / 2);
  }, 300_000);

  it('takes part in whatever else happens: teardowns, removals, resets, memory pressure, contended locks', async () => {
    for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
      const [lively] = fc.sample(livelyScenario, { seed, numRuns: 1 });
      if (!lively) throw new Error('no scenario was drawn');
      const isPri = (iommu: number): boolean => lively.iommus[iommu]?.model === 'pri';
      const result = await simulate(
        {
          ...lively,
          replicas: { iommus: 2, mmHandlers: 2, deviceEmulators: 2 },
          hostCosts: {
            ...{ wakeMicros: 5, switchMicros: 2, queueLockMicros: 1, queueLockBounceMicros: 0.1 },
            ...{ mmLockMicros: 2, mmLockBounceMicros: 0.1 },
          },
          devices: lively.devices.map((device) => ({
            ...device,
            ...(isPri(device.iommu) ? { retransmission: { firstMicros: 50, mostMicros: 800 } } : {}),
          })),
        },
        simulationPlatform,
        { seed, failures: { count: 3, everyMicros: 5_000 }, leaseMillis: 30, snapshotEvents: 100 },
      );
      expect([seed, complaintsOf(result.audit), result.buried]).toEqual([seed, [], []]);
    }
  }, 300_000);
});
