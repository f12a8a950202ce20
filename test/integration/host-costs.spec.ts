import type { FaultRow } from '@faultline/audit';
import type { CostProfile, HostCosts, ResolvedScenario } from '@faultline/contracts';
import { simulate, type SimulationResult } from '@faultline/simulation';
import { fitUsl } from '@faultline/stats';
import { complaintsOf } from '../kit/audit-log';
import { BASE_PAGE, scenarioOf } from '../kit/scenario';
import { simulationPlatform } from '@faultline/runtime';

const DEVICES = 8;
const CREDITS = 16;
const HANDLER_MICROS = 20;
const SERVERS = [1, 2, 4, 8, 16, 32, 64];

const constant = (micros: number) => ({ median: micros, p99: micros });
const cost: CostProfile = {
  ...{ deviceMicros: 1, interruptMicros: 1, enqueueMicros: 0, responseMicros: 1, prefetchMicros: 0 },
  ...{ handlerMicros: constant(HANDLER_MICROS), storageMicros: constant(0), source: 'a test' },
};
const NOTHING: HostCosts = {
  ...{ wakeMicros: 0, switchMicros: 0, queueLockMicros: 0, queueLockBounceMicros: 0 },
  ...{ mmLockMicros: 0, mmLockBounceMicros: 0 },
};

/** One worker with so many servers, and more faults at all times than it has servers, each of a page of its own. */
function busyScenario(servers: number, queues: string, host?: Partial<HostCosts>): ResolvedScenario {
  const pages = 64;
  return {
    ...scenarioOf({
      ...{ queues, framesPerShard: DEVICES * pages },
      workers: { processes: 1, servers, groupsPerMessage: 1 },
      processes: [{ vmas: [{ pages: DEVICES * pages }] }],
      iommus: Array.from({ length: DEVICES }, () => ({})),
      devices: Array.from({ length: DEVICES }, (_, iommu) => ({
        ...{ iommu, credits: CREDITS },
        workloads: [
          {
            ...{ pattern: 'sequential', accesses: pages, outstanding: CREDITS },
            ...{ startPage: BASE_PAGE + iommu * pages, pages },
          },
        ],
      })),
    }),
    cost,
    ...(host ? { hostCosts: { ...NOTHING, ...host } } : {}),
  };
}

interface Outcome extends SimulationResult {
  rows: FaultRow[];
  perMilli: number;
}

async function run(scenario: ResolvedScenario): Promise<Outcome> {
  const rows: FaultRow[] = [];
  const result = await simulate(scenario, simulationPlatform, { onFault: (row) => rows.push(row) });
  expect(complaintsOf(result.audit)).toEqual([]);
  return { ...result, rows, perMilli: (1_000 * result.faults) / result.activeMicros };
}

async function throughputs(queues: string, host: Partial<HostCosts>): Promise<number[]> {
  const found: number[] = [];
  for (const servers of SERVERS) found.push((await run(busyScenario(servers, queues, host))).perMilli);
  return found;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

describe('throughput against servers', () => {
  const locked = { queueLockMicros: 2, queueLockBounceMicros: 0.2 };

  it('of one shared queue peaks and then falls, with a coherency that the fit finds', async () => {
    const found = await throughputs('global', locked);
    const peak = found.indexOf(Math.max(...found));
    expect(SERVERS[peak]).toBe(8);
    // No server waits for the lock while there are few, so that they double what one does.
    expect(found[1]).toBeGreaterThan(1.9 * (found[0] ?? 0));
    expect(found.slice(peak)).toEqual(found.slice(peak).toSorted((one, other) => other - one));
    expect(found.at(-1)).toBeLessThan(0.4 * (found[peak] ?? 0));
    const fit = fitUsl(
      found.map((perMilli, place) => ({
        concurrency: SERVERS[place] ?? 0,
        throughputsPerSecond: [1_000 * perMilli],
      })),
    );
    if (fit.kind !== 'fit') throw new Error(`refused: ${JSON.stringify(fit)}`);
    expect(fit.intervals.kappa.low).toBeGreaterThan(0);
  }, 300_000);

  it('of a queue for each device rises on, and is level where the lock of the address space is full', async () => {
    const mmLockMicros = 2;
    const found = await throughputs('per-iommu', { ...locked, mmLockMicros });
    expect(found).toEqual(found.toSorted((one, other) => one - other));
    const [sixteen = 0, thirtyTwo = 0, sixtyFour = 0] = found.slice(-3);
    expect(sixteen).toBeGreaterThan(450);
    for (const level of [thirtyTwo, sixtyFour]) {
      expect(level).toBeGreaterThan(0.9 * (1_000 / mmLockMicros));
      expect(level).toBeLessThanOrEqual(1_000 / mmLockMicros);
    }
  }, 300_000);
});

describe('what the software of the machine costs', () => {
  it('stands in the stage where it is spent: before a group begins, and in the mm', async () => {
    const servers = CREDITS;
    const free = await run(busyScenario(servers, 'global'));
    const started = await run(busyScenario(servers, 'global', { wakeMicros: 100, switchMicros: 7 }));
    const locked = await run(busyScenario(servers, 'global', { mmLockMicros: 5, mmLockBounceMicros: 1 }));
    const mean = ({ times }: Outcome, stage: 'queueWait' | 'mm'): number =>
      times.of(stage).summary().meanMicros;
    // Nobody waits for the lock of an address space where there is none, and nobody's handling changes by how it was begun.
    expect(mean(free, 'mm')).toBeLessThan(HANDLER_MICROS + 2);
    expect(mean(started, 'mm')).toBeCloseTo(mean(free, 'mm'), 1);
    expect(mean(started, 'queueWait')).toBeGreaterThan(mean(free, 'queueWait') + 7);
    // Fifteen others wait before one has the lock: for each a hold, and a hand-over that is longer for each that waits.
    expect(mean(locked, 'mm')).toBeGreaterThan(10 * 5);
    for (const { rows } of [free, started, locked]) {
      for (const { stages, totalMicros, complete } of rows) {
        expect(complete).toBe(true);
        expect(sum(Object.values(stages).map((micros) => micros ?? 0))).toBe(totalMicros);
      }
    }
  }, 120_000);

  it('is known by use: of servers, of the locks of queues and of those of address spaces', async () => {
    const { hostUse, activeMicros, faults } = await run(
      busyScenario(32, 'global', { ...{ queueLockMicros: 1, mmLockMicros: 2 }, wakeMicros: 3 }),
    );
    const [worker, ...others] = hostUse.workers;
    if (!worker) throw new Error('no worker told of itself');
    expect(others).toEqual([]);
    expect(worker.woken + worker.switched).toBe(faults);
    expect(worker.busyMicros / (worker.servers * activeMicros)).toBeGreaterThan(0.9);
    expect(worker.busyMicros / (worker.servers * activeMicros)).toBeLessThanOrEqual(1);
    const queue = worker.queueLocks['global'];
    expect(queue?.taken).toBe(faults);
    expect(queue?.heldMicros).toBeCloseTo(faults * 1, 3);
    const [space] = hostUse.mmLocks;
    expect(space).toMatchObject({ mm: 0, taken: faults });
    expect(space?.heldMicros).toBeCloseTo(faults * 2, 3);
    expect((space?.heldMicros ?? 0) / activeMicros).toBeGreaterThan(0.9);
  }, 120_000);

  it('that is nothing changes nothing', async () => {
    const rows = [];
    for (const host of [undefined, {}, { queueLockBounceMicros: 5, mmLockBounceMicros: 5 }])
      rows.push((await run(busyScenario(4, 'per-iommu', host))).rows);
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[2]).toEqual(rows[0]);
  }, 120_000);
});
