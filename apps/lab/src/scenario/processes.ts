import { lateProcesses, type ResolvedProcess, type Scenario } from '@faultline/contracts';
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
  return scenario.processes.map(({ name, vmas }, mm) => {
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
          ? areasOf(touchedPages(scenario, first, traces, source))
          : checkedVmas(vmas, ['processes', mm, 'vmas'], source),
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
