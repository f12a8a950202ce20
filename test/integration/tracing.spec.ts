import { FaultSampler, type ResolvedScenario } from '@faultline/contracts';
import type { Span } from '@faultline/runtime';
import fc from 'fast-check';
import { complaintsAbout } from '../kit/complaints';
import { type Draft, scenarioOf } from '../kit/scenario';
import { smallScenario } from '../kit/scenario-arbitrary';
import { takeovers } from '../kit/takeover-arbitrary';
import { livelyScenario } from '../kit/timeline-arbitrary';
import { judgeTraces, type TraceReport } from '../kit/traced';
import { type RunOptions, runVirtually } from '../kit/virtual-run';

/** Scenarios that are tried; many more with FAULTLINE_RUNS=300, the same ones again with FAULTLINE_SEED. */
const numRuns = Number(process.env['FAULTLINE_RUNS'] ?? 20);
const seed = Number(process.env['FAULTLINE_SEED'] ?? Date.now() % 2 ** 31);
const effort = { seed, numRuns, endOnFailure: process.env['FAULTLINE_SHRINK'] === undefined };

const LAB = 'virtual';

/** Two processes, two devices, frames that do not suffice, and an area that may only be read. */
const crowded = (model: 'pri' | 'stall', more: Draft = {}): ResolvedScenario =>
  scenarioOf({
    framesPerShard: 40,
    workers: { processes: 2, servers: 4, groupsPerMessage: 4 },
    iommus: [{ model, priQueueEntries: 8, eventQueueEntries: 4 }],
    processes: [{}, { vmas: [{ permissions: 1, backing: 'file-private' }] }],
    devices: [
      { pagesPerGroup: 4, workloads: [{ accesses: 400 }] },
      { workloads: [{ accesses: 400, pasid: 2 }] },
    ],
    ...more,
  });

async function traced(
  scenario: ResolvedScenario,
  ratio: number,
  options: RunOptions = {},
): Promise<TraceReport & { spans: Span[] }> {
  const spans: Span[] = [];
  const sink = { take: (span: Span) => void spans.push(span) };
  const run = await runVirtually(scenario, {
    ...options,
    traces: { sampler: new FaultSampler(LAB, ratio), sink },
  });
  expect(complaintsAbout(run)).toEqual([]);
  const isWhole = options.takeovers === undefined && options.trouble === undefined;
  const report = judgeTraces({ log: run.log, spans, sampler: new FaultSampler(LAB, ratio), isWhole });
  return { ...report, spans };
}

const HOPS = ['iommu.queue', 'iommu.hw', 'iopf', 'mm', 'mm.handle'];

describe('the traces of a run', () => {
  it.each([
    ['pri', ['delivery'], ['iommu.page-request', 'iommu.translate']],
    ['stall', [], []],
  ] as const)('say of each fault under the %s model what the record says', async (model, stages, hops) => {
    const { complaints, traced: faults, names } = await traced(crowded(model), 1);
    expect(complaints).toEqual([]);
    expect(faults.length).toBeGreaterThan(400);
    expect(names['fault']).toBe(faults.length);
    const all = ['device -> IOMMU', 'IOMMU -> queue', 'queue wait', 'mm', 'handle', 'response', 'retry'];
    expect([...all, ...stages].filter((name) => !names[name])).toEqual([]);
    expect([...HOPS, ...hops].filter((hop) => !names[`process ${hop}`])).toEqual([]);
  });

  it('are those of the same faults in every service, and of no others', async () => {
    const { complaints, traced: faults, spans } = await traced(crowded('pri'), 0.1);
    expect(complaints).toEqual([]);
    expect(faults.length).toBeGreaterThan(20);
    expect(faults.length).toBeLessThan(150);
    const ofFaults = spans.filter(({ kind }) => kind === 'internal').map(({ traceId }) => traceId);
    expect(new Set(ofFaults).size).toBe(faults.length);
  });

  it('show a group that waits for its turn', async () => {
    const iopf = { generation: 'G1', order: 'fair', quantum: 1, window: 1 } as const;
    const { complaints, names } = await traced(crowded('pri', { iopf, shards: 2 }), 1);
    expect(complaints).toEqual([]);
    expect(names['held']).toBeGreaterThan(0);
  });

  it.each([
    ['whatever the scenario', smallScenario],
    ['and while processes and devices come and go', livelyScenario],
  ])(
    `are whole %s (FAULTLINE_SEED=${seed})`,
    (_what, scenarios) =>
      fc.assert(
        fc.asyncProperty(scenarios, fc.nat(), async (scenario, seedOfWorld) => {
          expect((await traced(scenario, 1, { seed: seedOfWorld })).complaints).toEqual([]);
        }),
        effort,
      ),
    600_000,
  );

  it(`tell nothing that is not so when replicas die, freeze and hand over (FAULTLINE_SEED=${seed})`, async () => {
    const trouble = { loss: 0.05, ackWaitMillis: 2_000 };
    const one = fc.asyncProperty(
      smallScenario,
      takeovers,
      fc.nat(),
      async (scenario, planned, seedOfWorld) => {
        const how = { seed: seedOfWorld, trouble, takeovers: planned, snapshotEvents: 150 };
        const report = await traced(scenario, 1, how);
        expect(report.complaints).toEqual([]);
      },
    );
    await fc.assert(one, effort);
  }, 600_000);
});

it('without anybody who asks for traces, no message has one', async () => {
  const { log } = await runVirtually(crowded('pri'));
  expect(log.filter(({ headers }) => 'traceparent' in headers)).toEqual([]);
});
