import { type FaultRow, STAGE_NAMES, STAGES, totalsOf } from '@faultline/audit';
import { NO_PASID } from '@faultline/domain';
import { type FaultQueries, type RunSummary, summarise } from '@faultline/record';
import {
  deviceTable,
  FaultFigures,
  latencyRows,
  machineUseOf,
  runFigures,
  type RunReportData,
  type SlowFault,
  StageSums,
  topologyOf,
  type TotalRow,
} from '@faultline/report';
import { formatPage } from '@faultline/stats';
import { type FaultSource, openFaults } from '../fault-source';
import { countRows } from '../print/counts';
import type { RunReport } from '../print/run-report';
import { keptReport } from '../run/kept-report';
import type { RunFolder } from '../run/run-folder';
import { namesOf, scenarioOf } from '../run-names';
import { endsOfLog } from './log-ends';
import { readOrigin } from './origin';

const SLOWEST = 10;

/** How a command names the run: words that come after `faultline fault`, and options that come last. */
export interface RunReference {
  run: string;
  options: string;
}

/**
 * Everything that a report of a run shows. Counts over its faults one by one, so that a run of any length has room. What the run did
 * not say of itself, because it was interrupted, is found out from its record.
 */
export async function gatherReport(folder: RunFolder, reference: RunReference): Promise<RunReportData> {
  const source = await openFaults(folder);
  try {
    return await gather(folder, source, reference);
  } finally {
    await source.close();
  }
}

async function gather(
  folder: RunFolder,
  { queries, reader }: FaultSource,
  reference: RunReference,
): Promise<RunReportData> {
  const kept = keptReport(folder);
  const scenario = scenarioOf(folder) ?? null;
  const summary = kept?.summary ?? (await summarise(reader, scenario ? totalsOf(scenario) : undefined));
  const figures = new FaultFigures(await queries.span());
  for await (const faults of queries.walk()) for (const fault of faults) figures.take(fault);
  const tail = new StageSums();
  const leastMicros = await queries.slowestMicros(Math.ceil(figures.endToEnd.count / 100));
  if (leastMicros !== null)
    for await (const faults of queries.walk(leastMicros)) for (const fault of faults) tail.take(fault);
  const { startedAtMicros, endedAtMicros } = await endsOfLog(reader);
  const lengthMicros =
    startedAtMicros === null || endedAtMicros === null ? null : endedAtMicros - startedAtMicros;
  const changes = ownerChanges(await reader.ownersByUnit());
  return {
    format: 'faultline-report/2',
    run: {
      id: folder.id,
      scenario: kept?.scenario ?? scenario?.name ?? folder.id,
      profile: kept?.profile ?? scenario?.profile ?? null,
      seed: scenario?.seed ?? null,
      timeScale: kept?.timeScale ?? scenario?.timeScale ?? null,
      end: summary.audit.runEnded,
      drained: kept?.drained ?? null,
      ...{ startedAtMicros, lengthMicros },
    },
    ...readOrigin(folder),
    log: { messages: summary.messages, bytes: summary.bytes, durability: kept?.durability ?? null },
    audit: { atEnd: kept !== undefined, report: summary.audit },
    faults: {
      sent: figures.faults,
      settled: figures.endToEnd.count,
      activeMicros: summary.active.durationMicros,
      settledPerSecond: summary.active.faultsPerSecond,
    },
    totals: totalRows(summary, kept, changes),
    latency: latencyRows(figures),
    figures: runFigures(figures, tail, scenario),
    devices: deviceTable(figures, scenario),
    use: kept?.hostUse
      ? machineUseOf(kept.hostUse, figures.endToEnd.count, summary.active.durationMicros / kept.timeScale)
      : null,
    slowest: await slowestFaults(queries, namesOf(scenario ?? undefined).device, reference),
    topology: scenario && topologyOf(scenario, figures),
    scenario,
  };
}

function totalRows(summary: RunSummary, kept: RunReport | undefined, ownerChanges: number): TotalRow[] {
  const unsaid = kept ? '' : 'not known: the run left no summary';
  return [
    ...countRows(summary),
    {
      id: 'ownerChanges',
      what: 'changes of owner',
      count: ownerChanges,
      detail: 'times a unit was taken over by another replica, or handed over to it',
    },
    {
      id: 'deadLetters',
      what: 'dead letters',
      count: kept?.deadLetters ?? null,
      detail: unsaid || 'messages no service could use',
    },
    {
      id: 'repairedQueues',
      what: 'queues repaired',
      count: kept?.repairedQueues ?? null,
      detail: unsaid || 'times the server had stopped to deliver from one',
    },
  ];
}

/** The first owner of a unit takes it from nobody. */
function ownerChanges(owners: Readonly<Record<string, number>>): number {
  const units = Object.entries(owners).filter(([unit]) => /^(iommu|segment|mm)\.\d+$/.test(unit));
  return units.reduce((sum, [, count]) => sum + count - 1, 0);
}

async function slowestFaults(
  queries: FaultQueries,
  nameOf: (device: number) => string,
  { run, options }: RunReference,
): Promise<SlowFault[]> {
  const { faults } = await queries.faults({ slowestFirst: true, limit: SLOWEST });
  return faults.map((fault) => ({
    id: fault.id,
    device: nameOf(fault.device),
    pasid: fault.pasid === NO_PASID ? 'none' : String(fault.pasid),
    page: formatPage(fault.page),
    code: fault.code,
    totalMicros: fault.totalMicros ?? 0,
    longest: longestStage(fault),
    command: `npx faultline fault ${run} ${fault.id}${options}`,
  }));
}

function longestStage({ stages }: FaultRow): SlowFault['longest'] {
  const known = STAGES.map((stage) => ({ stage: STAGE_NAMES[stage], micros: stages[stage] ?? -Infinity }));
  const longest = known.reduce((most, each) => (each.micros > most.micros ? each : most));
  return Number.isFinite(longest.micros) ? longest : null;
}
