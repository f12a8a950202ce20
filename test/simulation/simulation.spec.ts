import { simulationPlatform } from '@faultline/runtime';
import { FAILURE_VERBS, simulate } from '@faultline/simulation';
import { commandOf } from './run/options';
import { search, shorten } from './search';
import { caseOf } from './simulation-case';
import { taleOf } from './tale';

/** Seeds that are tried, from the first on; many more with FAULTLINE_SEEDS=500. */
const seeds = Number(process.env['FAULTLINE_SEEDS'] ?? 200);
const firstSeed = Number(process.env['FAULTLINE_SEED'] ?? 1);
const SHORTEN_MILLIS = 60_000;
/** Seeds that are run twice. */
const REPEATED = 20;

describe(`simulations of random scenarios, with failures of every kind (FAULTLINE_SEED=${firstSeed}, ${seeds} seeds)`, () => {
  it('break no invariant at any step', async () => {
    const found = await search(firstSeed, seeds);
    if (!found) return;
    const untilAt = performance.now() + SHORTEN_MILLIS;
    const { seed, finding, seen, shortestFinding } = await shorten(found, () => performance.now() > untilAt);
    throw new Error(
      [
        `seed ${seed}: ${finding.sentence}`,
        ...taleOf(seen, shortestFinding),
        commandOf(seed, undefined),
      ].join('\n'),
    );
  }, 1_800_000);

  it('leave the same log behind when they run again, in an engine that has learned of them meanwhile', async () => {
    const hashes = async (): Promise<string[]> => {
      const logs: string[] = [];
      for (let seed = firstSeed; seed < firstSeed + REPEATED; seed += 1) {
        const { scenario, ...options } = caseOf(seed);
        logs.push((await simulate(scenario, simulationPlatform, options)).logHash);
      }
      return logs;
    };
    const first = await hashes();
    expect(new Set(first).size).toBe(REPEATED);
    expect(await hashes()).toEqual(first);
  }, 120_000);

  it('are as many as they say: failures of every kind, and scenarios with and without', () => {
    const cases = Array.from({ length: 200 }, (_, place) => caseOf(place + 1));
    const verbs = new Set(cases.flatMap(({ failures }) => failures.map(({ verb }) => verb)));
    expect([...verbs].sort()).toEqual([...FAILURE_VERBS].sort());
    const { models, generations, orders } = {
      models: new Set(cases.flatMap(({ scenario }) => scenario.iommus.map(({ model }) => model))),
      generations: new Set(cases.map(({ scenario }) => scenario.iopf.generation)),
      orders: new Set(cases.map(({ scenario }) => scenario.iopf.order)),
    };
    expect([models.size, generations.size, orders.size]).toEqual([2, 2, 2]);
    expect(cases.some(({ failures }) => failures.length === 0)).toBe(true);
    // Neighbours have nothing in common: the first failure is another one, at another time.
    expect(new Set(cases.map(({ failures }) => failures[0]?.atMicros)).size).toBeGreaterThan(150);
  });
});
