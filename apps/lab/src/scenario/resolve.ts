import {
  automaticTimeScale,
  costProfiles,
  type ResolvedDevice,
  type ResolvedProcess,
  type ResolvedScenario,
  type ResolvedVma,
  type ResolvedWorkload,
  type Scenario,
  ScenarioError,
  type ScenarioWorkload,
} from '@faultline/contracts';
import { MAX_PAGE, parsePermissions, Permission, type Permissions } from '@faultline/domain';
import { areasOf, type PageRange } from './areas';
import { type TraceFactsByPlace, workloadPlace } from './trace-facts';

/** Where complaints about a scenario point. */
export interface ScenarioSource {
  file: string;
  /** Line of the deepest part of the path that the file has. */
  lineOf(path: readonly (string | number)[]): number;
}

/**
 * Decides everything a scenario leaves open: indices, PASIDs, shards, the time scale, the areas of the address spaces. `traces`
 * holds what a look at the trace files has shown. Throws {@link ScenarioError} for what only shows here.
 */
export function resolveScenario(
  scenario: Scenario,
  traces: TraceFactsByPlace,
  source: ScenarioSource,
): ResolvedScenario {
  const cost = costProfiles[scenario.profile];
  const processes = resolveProcesses(scenario, traces, source);
  const pasids = new Map(processes.map((process) => [process.name, process.pasid]));
  const iommus = new Map(scenario.iommus.map((iommu, index) => [iommu.name, index]));
  return {
    name: scenario.name,
    seed: scenario.seed,
    profile: scenario.profile,
    cost: { ...cost },
    timeScale: scenario.timeScale === 'auto' ? automaticTimeScale(cost) : scenario.timeScale,
    queues: scenario.queues,
    workers: { ...scenario.workers },
    shards: Array.from({ length: scenario.mm.shards }, (_, shard) => ({
      shard,
      frames: scenario.mm.framesPerShard,
    })),
    // One device segment behind each IOMMU, with the same number.
    iommus: scenario.iommus.map((iommu, index) => ({ iommu: index, segment: index, ...iommu })),
    processes,
    devices: scenario.devices.map((device, index) => {
      const iommu = at(iommus, device.iommu);
      checkGroupSize(device, index, scenario.iommus[iommu], source);
      return resolveDevice(device, index, iommu, pasids, traces);
    }),
  };
}

function resolveDevice(
  device: Scenario['devices'][number],
  index: number,
  iommu: number,
  pasids: ReadonlyMap<string, number>,
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
    workloads: device.workloads.map((workload, place) =>
      resolveWorkload(workload, workloadPlace(index, place), at(pasids, workload.process), traces),
    ),
  };
}

function resolveWorkload(
  workload: ScenarioWorkload,
  place: string,
  pasid: number,
  traces: TraceFactsByPlace,
): ResolvedWorkload {
  const paced = {
    pasid,
    outstanding: workload.outstanding,
    ratePerSecond: workload.ratePerSecond ?? 0,
    arrivals: workload.arrivals,
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

function resolveProcesses(
  scenario: Scenario,
  traces: TraceFactsByPlace,
  source: ScenarioSource,
): ResolvedProcess[] {
  const taken = new Set(scenario.processes.map((process) => process.pasid));
  let next = 1;
  const assign = (): number => {
    while (taken.has(next)) next += 1;
    return next++;
  };
  return scenario.processes.map((process, mm) => {
    const pasid = process.pasid ?? assign();
    const vmas =
      process.vmas === 'from-workloads'
        ? areasOf(touchedPages(scenario, process.name, traces, source))
        : checkedVmas(process.vmas, ['processes', mm, 'vmas'], source);
    return { mm, name: process.name, pasid, shard: pasid % scenario.mm.shards, vmas };
  });
}

/** Everything that the workloads and traces of a process touch. */
function touchedPages(
  scenario: Scenario,
  process: string,
  traces: TraceFactsByPlace,
  source: ScenarioSource,
): PageRange[] {
  return scenario.devices.flatMap((device, index) =>
    device.workloads.flatMap((workload, place): PageRange[] => {
      if (workload.process !== process) return [];
      if ('trace' in workload) return at(traces, workloadPlace(index, place)).ranges;
      const end = workload.startPage + workload.pages;
      checkPages(workload.startPage, end, ['devices', index, 'workloads', place, 'startPage'], source);
      return [{ start: workload.startPage, end, permissions: permissionsOf(workload.mix) }];
    }),
  );
}

/** What a mix of accesses needs. */
function permissionsOf(mix: { read: number; write: number; execute: number }): Permissions {
  return (
    (mix.read > 0 ? Permission.READ : 0) |
    (mix.write > 0 ? Permission.WRITE : 0) |
    (mix.execute > 0 ? Permission.EXECUTE : 0)
  );
}

type WrittenVma = Exclude<Scenario['processes'][number]['vmas'], string>[number];

function checkedVmas(
  written: readonly WrittenVma[],
  path: readonly (string | number)[],
  source: ScenarioSource,
): ResolvedVma[] {
  const resolved = written.map((vma, index) => {
    checkPages(vma.startPage, vma.startPage + vma.pages, [...path, index, 'startPage'], source);
    const permissions = parsePermissions(vma.permissions) ?? 0;
    checkReadable(permissions, [...path, index, 'permissions'], source);
    return { ...vma, permissions, index };
  });
  const sorted = [...resolved].sort((a, b) => a.startPage - b.startPage);
  sorted.forEach((vma, place) => {
    const before = sorted[place - 1];
    if (!before || before.startPage + before.pages <= vma.startPage) return;
    throw new ScenarioError(
      source.file,
      source.lineOf([...path, Math.max(before.index, vma.index)]),
      `an area from page ${vma.startPage} that overlaps the one from page ${before.startPage}`,
      'areas apart from each other',
    );
  });
  return resolved.map(({ index: _index, ...vma }) => vma);
}

function checkPages(
  start: number,
  end: number,
  path: readonly (string | number)[],
  source: ScenarioSource,
): void {
  if (end - 1 <= MAX_PAGE) return;
  throw new ScenarioError(
    source.file,
    source.lineOf(path),
    `pages ${start} to ${end - 1}`,
    `page numbers of at most 52 bits (${MAX_PAGE})`,
  );
}

/** A device that asked for such a page would get a response, miss again, and never come to an end. */
function checkReadable(
  permissions: Permissions,
  path: readonly (string | number)[],
  source: ScenarioSource,
): void {
  if ((permissions & Permission.EXECUTE) === 0 || (permissions & Permission.READ) !== 0) return;
  const expected = 'one that is readable too: a translation cannot express execute-only pages (R5)';
  throw new ScenarioError(source.file, source.lineOf(path), 'an execute-only area', expected);
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

/** The parser has checked all references, so a missing one is a defect of this file. */
function at<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`scenario reference '${String(key)}' was not resolved`);
  return value;
}
