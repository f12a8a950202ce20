import {
  automaticDeadlines,
  automaticTimeScale,
  chargesAnything,
  type CostProfile,
  costProfileOf,
  type HostCosts,
  hostCostsOf,
  type ResolvedDevice,
  type ResolvedProcess,
  type ResolvedScenario,
  type ResolvedShard,
  type ResolvedWorkload,
  type Scenario,
  ScenarioError,
  type ScenarioWorkload,
} from '@faultline/contracts';
import { at } from './at';
import { resolveProcesses } from './processes';
import type { ScenarioSource } from './scenario-source';
import { resolveTimeline } from './timeline';
import { type TraceFactsByPlace, workloadPlace } from './trace-facts';

/**
 * Decides everything a scenario leaves open: indices, PASIDs, shards, the time scale, the areas of the address spaces. `traces`
 * holds what a look at the trace files has shown. Throws {@link ScenarioError} for what only shows here.
 */
export function resolveScenario(
  scenario: Scenario,
  traces: TraceFactsByPlace,
  source: ScenarioSource,
): ResolvedScenario {
  const cost = costProfileOf(scenario.profile);
  const hostCosts = resolveHostCosts(scenario);
  const processes = resolveProcesses(scenario, traces, source);
  const byName = new Map(processes.map((process) => [process.name, process]));
  const iommus = new Map(scenario.iommus.map((iommu, index) => [iommu.name, index]));
  return {
    name: scenario.name,
    seed: scenario.seed,
    profile: typeof scenario.profile === 'string' ? scenario.profile : 'own',
    cost,
    ...(hostCosts ? { hostCosts } : {}),
    timeScale: scenario.timeScale === 'auto' ? automaticTimeScale(cost, hostCosts) : scenario.timeScale,
    queues: scenario.queues,
    workers: resolveWorkers(scenario.workers, cost, hostCosts),
    replicas: { ...scenario.replicas },
    iopf: { ...scenario.iopf, generation: scenario.iopf.generation === 'g1' ? 'G1' : 'G2' },
    deadlines: resolveDeadlines(scenario, cost, hostCosts),
    shards: Array.from({ length: scenario.mm.shards }, (_, shard) => resolveShard(scenario.mm, shard)),
    // One device segment behind each IOMMU, with the same number.
    iommus: scenario.iommus.map(({ entry: _entry, ...iommu }, index) => ({
      iommu: index,
      segment: index,
      ...iommu,
    })),
    processes,
    devices: scenario.devices.map((device, index) => {
      const iommu = at(iommus, device.iommu);
      checkGroupSize(device, index, scenario.iommus[iommu], source);
      return resolveDevice(device, index, iommu, byName, traces);
    }),
    timeline: resolveTimeline(scenario, byName, source),
  };
}

function resolveWorkers(
  { processes, servers, groupsPerMessage }: Scenario['workers'],
  cost: CostProfile,
  hostCosts: HostCosts | undefined,
): ResolvedScenario['workers'] {
  // A worker takes whole messages, as many as keep its servers busy if they are full. Where a group takes its time they rarely are, and
  // servers would sleep beside a full queue.
  return {
    processes,
    servers,
    groupsPerMessage: groupsPerMessage ?? (chargesAnything(cost, hostCosts) ? 1 : 16),
  };
}

function resolveHostCosts({ workers, mm }: Scenario): HostCosts | undefined {
  const { wakeMicros, switchMicros, queueLockMicros, queueLockBounceMicros } = workers;
  return hostCostsOf({
    ...{ wakeMicros, switchMicros, queueLockMicros, queueLockBounceMicros },
    ...{ mmLockMicros: mm.lockMicros, mmLockBounceMicros: mm.lockBounceMicros },
  });
}

function resolveDeadlines(
  { deadlines: { teardownStepMicros, invalidationMicros }, devices }: Scenario,
  cost: CostProfile,
  hostCosts: HostCosts | undefined,
): ResolvedScenario['deadlines'] {
  const retries = devices.map(({ onFault, retryMaxMicros }) => (onFault === 'drop' ? retryMaxMicros : 0));
  const automatic = automaticDeadlines(cost, hostCosts, Math.max(...retries));
  return {
    teardownStepMicros: spanOf(teardownStepMicros, automatic.teardownStepMicros),
    invalidationMicros: spanOf(invalidationMicros, automatic.invalidationMicros),
  };
}

/** Model microseconds, 0 for none. */
function spanOf(written: number | 'auto' | 'off', automatic: number): number {
  if (written === 'auto') return automatic;
  return written === 'off' ? 0 : written;
}

function resolveShard(
  { framesPerShard, shards: _, lockMicros: _hold, lockBounceMicros: _bounce, ...mm }: Scenario['mm'],
  shard: number,
): ResolvedShard {
  // Without a limit there is room for every page there can be.
  return { shard, frames: framesPerShard, ...mm, swapPages: mm.swapPages ?? Number.MAX_SAFE_INTEGER };
}

function resolveDevice(
  device: Scenario['devices'][number],
  index: number,
  iommu: number,
  processes: ReadonlyMap<string, ResolvedProcess>,
  traces: TraceFactsByPlace,
): ResolvedDevice {
  return {
    device: index,
    name: device.name,
    iommu,
    segment: iommu,
    credits: device.credits,
    atcEntries: device.atcEntries,
    pagesPerGroup: device.pagesPerGroup,
    responsePasidRequired: device.responsePasidRequired,
    responseTimeoutMicros: spanOf(device.responseTimeoutMicros, 0),
    hasHandler: device.handler,
    ...(device.onFault === 'drop'
      ? { retransmission: { firstMicros: device.retryMicros, mostMicros: device.retryMaxMicros } }
      : {}),
    workloads: device.workloads.map((workload, place) =>
      resolveWorkload(workload, workloadPlace(index, place), at(processes, workload.process), traces),
    ),
  };
}

function resolveWorkload(
  workload: ScenarioWorkload,
  place: string,
  { mm, pasid }: ResolvedProcess,
  traces: TraceFactsByPlace,
): ResolvedWorkload {
  const paced = {
    mm,
    pasid,
    outstanding: workload.outstanding,
    ratePerSecond: workload.ratePerSecond ?? 0,
    arrivals: workload.arrivals,
    ...(workload.accessMicros > 0 ? { accessMicros: workload.accessMicros } : {}),
  };
  if ('trace' in workload) {
    const { file, format, accesses } = at(traces, place);
    return { source: 'trace', file, format, accesses, ...paced };
  }
  const { pattern, accesses, startPage, pages, stridePages, exponent, mix } = workload;
  return {
    source: 'synthetic',
    pattern,
    accesses,
    startPage,
    pages,
    stridePages,
    exponent,
    mix: { ...mix },
    ...paced,
  };
}

/** A group that the ring can never hold overflows it each time it is sent, and its accesses never come to an end. */
function checkGroupSize(
  device: Scenario['devices'][number],
  index: number,
  iommu: Scenario['iommus'][number] | undefined,
  source: ScenarioSource,
): void {
  if (iommu?.model !== 'pri') return;
  const outstanding = device.workloads.reduce((sum, workload) => sum + workload.outstanding, 0);
  const largest = Math.min(device.pagesPerGroup, device.credits, outstanding);
  const room = iommu.priQueueEntries - 1;
  if (largest <= room) return;
  throw new ScenarioError(
    source.file,
    source.lineOf(['devices', index, 'pagesPerGroup']),
    `groups of up to ${largest} page requests`,
    `at most ${room}, which is what the page request ring of ${iommu.name} holds (R41)`,
  );
}
