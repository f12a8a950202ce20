import {
  lateProcesses,
  type ResolvedProcess,
  type Scenario,
  type ScenarioWorkload,
} from '@faultline/contracts';
import { Permission, type Permissions, shardOfPasid } from '@faultline/domain';
import { areasOf, type PageRange } from './areas';
import { at } from './at';
import type { ScenarioSource } from './scenario-source';
import { type TraceFactsByPlace, workloadPlace } from './trace-facts';
import { checkedVmas, checkPages } from './vmas';

/** Processes with their PASIDs, shards and areas. Throws {@link ScenarioError} for areas that mean nothing. */
export function resolveProcesses(
  scenario: Scenario,
  traces: TraceFactsByPlace,
  source: ScenarioSource,
): ResolvedProcess[] {
  const replaced = replacedProcesses(scenario);
  const late = lateProcesses(scenario);
  const pasids = assignPasids(scenario, replaced);
  const touched = touchedPages(scenario, traces, source);
  return scenario.processes.map(({ name, vmas, populate }, mm) => {
    const pasid = at(pasids, name);
    // A process that takes a PASID over has the areas that the workloads of the one before expect.
    const first = firstOf(name, replaced);
    return {
      mm,
      name,
      pasid,
      shard: shardOfPasid(pasid, scenario.mm.shards),
      starts: late.has(name) ? 'timeline' : 'begin',
      vmas:
        vmas === 'from-workloads'
          ? areasOf(touched.get(first) ?? [])
          : checkedVmas(vmas, ['processes', mm, 'vmas'], source),
      ...(populate && { populate }),
    };
  });
}

/** For each process that takes a PASID over: whose it was before. */
function replacedProcesses(scenario: Scenario): Map<string, string> {
  return new Map(
    scenario.timeline.flatMap(({ replaceDomain }) =>
      replaceDomain ? [[replaceDomain.by, replaceDomain.process] as const] : [],
    ),
  );
}

/** The process that had the PASID before any other took it over. */
function firstOf(name: string, replaced: ReadonlyMap<string, string>): string {
  const before = replaced.get(name);
  return before === undefined ? name : firstOf(before, replaced);
}

function assignPasids(scenario: Scenario, replaced: ReadonlyMap<string, string>): Map<string, number> {
  const taken = new Set(scenario.processes.map((process) => process.pasid));
  const pasids = new Map<string, number>();
  let next = 1;
  for (const { name, pasid } of scenario.processes) {
    if (replaced.has(name)) continue;
    while (taken.has(next)) next += 1;
    pasids.set(name, pasid ?? next++);
  }
  for (const name of replaced.keys()) pasids.set(name, at(pasids, firstOf(name, replaced)));
  return pasids;
}

/** Everything that workloads and traces touch, by process. */
function touchedPages(
  scenario: Scenario,
  traces: TraceFactsByPlace,
  source: ScenarioSource,
): Map<string, PageRange[]> {
  const touched = new Map<string, PageRange[]>();
  scenario.devices.forEach((device, index) =>
    device.workloads.forEach((workload, place) => {
      const ranges = touched.get(workload.process) ?? [];
      touched.set(workload.process, ranges);
      if ('trace' in workload) ranges.push(...at(traces, workloadPlace(index, place)).ranges);
      else ranges.push(rangeOf(workload, ['devices', index, 'workloads', place, 'startPage'], source));
    }),
  );
  return touched;
}

function rangeOf(
  { startPage, pages, mix }: Exclude<ScenarioWorkload, { trace: string }>,
  path: (string | number)[],
  source: ScenarioSource,
): PageRange {
  const end = startPage + pages;
  checkPages(startPage, end, path, source);
  return { start: startPage, end, permissions: permissionsOf(mix) };
}

/** What a mix of accesses needs. */
function permissionsOf(mix: { read: number; write: number; execute: number }): Permissions {
  return (
    (mix.read > 0 ? Permission.READ : 0) |
    (mix.write > 0 ? Permission.WRITE : 0) |
    (mix.execute > 0 ? Permission.EXECUTE : 0)
  );
}
