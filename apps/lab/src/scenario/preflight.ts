import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseScenario, type ResolvedScenario, type Scenario, ScenarioError } from '@faultline/contracts';
import { BadInput } from '../errors';
import { inspectTrace } from './inspect-trace';
import { resolveScenario } from './resolve';
import type { ScenarioSource } from './scenario-source';
import { scenarioSource } from './source';
import { type TraceFacts, workloadPlace } from './trace-facts';

/** A scenario that was looked at in every detail, before anything starts. */
export interface CheckedScenario {
  /** As it was written. */
  text: string;
  resolved: ResolvedScenario;
}

/** Reads a scenario and every trace it names. Throws {@link ScenarioError} or {@link BadInput} for the first thing that is wrong. */
export async function checkScenario(file: string, overrides: readonly string[]): Promise<CheckedScenario> {
  return checkScenarioText(file, readText(file), overrides);
}

/** Checks a scenario that was read already, or that stands in another file; `file` is what complaints call it and what traces are relative to. */
export async function checkScenarioText(
  file: string,
  text: string,
  overrides: readonly string[],
): Promise<CheckedScenario> {
  const scenario = parseScenario(file, text, overrides);
  const source = scenarioSource(file, text, scenario);
  const traces = await inspectTraces(scenario, file, source);
  return { text, resolved: resolveScenario(scenario, traces, source) };
}

/** Reads a file that a person wrote, of a kind that `example` is one of. Throws {@link BadInput} when there is no such file. */
export function readText(file: string, kind = 'scenario', example = 'examples/quickstart.yaml'): string {
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found) throw new BadInput(`no ${kind} file ${file}: expected a YAML file such as ${example}`);
  if (!found.isFile()) throw new BadInput(`${file} is no file: expected a YAML file such as ${example}`);
  return readFileSync(file, 'utf8');
}

async function inspectTraces(
  scenario: Scenario,
  file: string,
  source: ScenarioSource,
): Promise<Map<string, TraceFacts>> {
  const facts = new Map<string, TraceFacts>();
  for (const [device, { workloads }] of scenario.devices.entries()) {
    for (const [place, workload] of workloads.entries()) {
      if (!('trace' in workload)) continue;
      // Relative to the scenario, so that it runs from any directory.
      const path = resolve(dirname(file), workload.trace);
      if (!statSync(path, { throwIfNoEntry: false })?.isFile()) {
        const line = source.lineOf(['devices', device, 'workloads', place, 'trace']);
        throw new ScenarioError(
          file,
          line,
          `trace '${workload.trace}', but there is no file ${path}`,
          'a trace file, relative to the scenario file',
        );
      }
      const { format, accesses, ranges } = await inspectTrace(path, workload.format, workload.limit);
      facts.set(workloadPlace(device, place), { file: path, format, accesses, ranges });
    }
  }
  return facts;
}
