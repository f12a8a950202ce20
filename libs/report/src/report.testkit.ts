import {
  type AuditReport,
  type FaultRow,
  INVARIANT_TITLES,
  INVARIANTS,
  measureStages,
} from '@faultline/audit';
import type { ResolvedScenario } from '@faultline/contracts';
import {
  deviceTable,
  FaultFigures,
  latencyRows,
  type RunReportData,
  runFigures,
  StageSums,
  topologyOf,
} from '.';

export const BEGIN = 1_763_856_000_000_000;

/** A fault that was sent so many microseconds after the beginning and went through all stages, each of its length. */
export function faultRow(
  request: number,
  sentMicros: number,
  [toIommu, toQueue, wait, mm, response, retry]: number[],
  change: Partial<FaultRow> = {},
): FaultRow {
  const times = [toIommu, toQueue, wait, mm, response, retry].map((each) => each ?? 0);
  let at = BEGIN + sentMicros;
  const [writtenAtMicros, queuedAtMicros, startedAtMicros, handledAtMicros, answered, settledAtMicros] =
    times.map((micros) => (at += micros)) as [number, number, number, number, number, number];
  const instants = {
    ...{ sentAtMicros: BEGIN + sentMicros, writtenAtMicros, queuedAtMicros, startedAtMicros },
    ...{ handlingAtMicros: startedAtMicros, handledAtMicros, respondedAtMicros: answered },
    ...{ receivedAtMicros: answered, settledAtMicros },
    ...change.instants,
  };
  return {
    ...{
      id: `0.1.${request}`,
      segment: 0,
      segmentEpoch: 1,
      request,
      round: 0,
      model: 'pri',
      iommu: 0,
      device: 0,
    },
    ...{
      pasid: 1,
      page: 0x10000 + request,
      permissions: 1,
      access: request,
      group: `0.1.${request}`,
      groupId: 0,
    },
    ...{
      queue: 'iommu-0',
      code: 'success',
      settlement: 'completed',
      resolution: null,
      error: null,
      complete: true,
    },
    sequences: { written: 1, queued: 1, handled: 1, responded: 1, settled: 1 },
    ...change,
    instants,
    ...measureStages(instants, 'pri'),
  };
}

/** A scenario with so many devices behind one IOMMU. */
export function scenarioOf(devices: number, change: Partial<ResolvedScenario> = {}): ResolvedScenario {
  const cost = {
    ...{ deviceMicros: 1, interruptMicros: 5, enqueueMicros: 8, responseMicros: 3, prefetchMicros: 0 },
    ...{ handlerMicros: { median: 4, p99: 4 }, storageMicros: { median: 0, p99: 0 }, source: 'a test' },
  };
  return {
    ...{ name: 'test', seed: 7, profile: 'pri-minor', cost, timeScale: 100, queues: 'per-iommu' },
    workers: { processes: 2, servers: 4, groupsPerMessage: 16 },
    iommus: [
      { iommu: 0, name: 'pri0', model: 'pri', segment: 0, priQueueEntries: 64, eventQueueEntries: 64 },
    ],
    devices: Array.from({ length: devices }, (_, device) => ({
      device,
      name: `nic${device}`,
      iommu: 0,
      workloads: [],
    })),
    shards: [{ shard: 0, frames: 1024 }],
    processes: [],
    timeline: [],
    ...change,
  } as unknown as ResolvedScenario;
}

/** An audit in which every invariant holds but I8, which no audit looks at. */
export function auditOf(change: Partial<AuditReport> = {}): AuditReport {
  return {
    ...{ clean: true, messages: 10, events: 20, firstSequence: 1, lastSequence: 10, runEnded: 'finished' },
    chain: { first: null, heads: 0, headsTo: 0 },
    invariants: INVARIANTS.map((invariant) => ({
      ...{ invariant, title: INVARIANT_TITLES[invariant], violated: 0, violations: [] },
      ...(invariant === 'I8'
        ? { status: 'not-checked', checked: 0, note: 'the tests do' }
        : { status: 'passed', checked: 5 }),
    })),
    ...{ eventsByKind: {}, counts: {}, pending: { groups: 0, requests: 0, stalls: 0, faults: 0 } },
    ...change,
  } as AuditReport;
}

/** The data of a run with those faults. */
export function reportOf(
  faults: readonly FaultRow[],
  scenario: ResolvedScenario | null = scenarioOf(1),
  change: Partial<RunReportData> = {},
): RunReportData {
  const moments = faults.flatMap(({ instants }) => [
    instants.sentAtMicros,
    instants.settledAtMicros ?? instants.sentAtMicros,
  ]);
  const span =
    faults.length === 0 ? null : { firstMicros: Math.min(...moments), lastMicros: Math.max(...moments) };
  const figures = new FaultFigures(span);
  const slowest = new StageSums();
  for (const fault of faults) {
    figures.take(fault);
    if (fault.totalMicros !== null) slowest.take(fault);
  }
  return {
    format: 'faultline-report/2',
    run: {
      ...{
        id: '20260101-000000-test',
        scenario: scenario?.name ?? 'test',
        profile: scenario?.profile ?? null,
      },
      ...{
        seed: scenario?.seed ?? null,
        timeScale: scenario?.timeScale ?? null,
        end: 'finished',
        drained: true,
      },
      ...{ startedAtMicros: BEGIN, lengthMicros: 1e6 },
    },
    program: { version: '0.1.0', commit: 'abc1234' },
    machine: { cpu: 'a processor', cores: 2, memoryBytes: 2 ** 30, os: 'Linux', node: 'v20.0.0' },
    log: { messages: 10, bytes: 1000, durability: 'acknowledged before fsync' },
    audit: { atEnd: true, report: auditOf() },
    faults: {
      ...{ sent: figures.faults, settled: figures.endToEnd.count },
      ...{ activeMicros: 1e6, settledPerSecond: figures.endToEnd.count },
    },
    totals: [{ id: 'accesses', what: 'accesses', count: 12, detail: 'hit 2' }],
    latency: latencyRows(figures),
    figures: runFigures(figures, slowest, scenario),
    devices: deviceTable(figures, scenario),
    use: null,
    slowest: [],
    topology: scenario && topologyOf(scenario, figures),
    scenario,
    ...change,
  };
}
