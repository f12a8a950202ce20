import { describeFailure } from '@faultline/simulation';
import { type DefectName, defects } from '../../kit/defects';
import { sabotaged } from '../../kit/sabotage';
import { type Found, search, shorten } from '../search';
import type { SimulationCase } from '../simulation-case';
import { taleOf } from '../tale';
import { commandOf, parseOptions, type SimulationRunOptions, usage } from './options';
import { UsageError } from '../../kit/run-options';

const names = Object.keys(defects) as DefectName[];
/** Seeds from one line of progress to the next. */
const PROGRESS = 25;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function run(options: SimulationRunOptions): Promise<boolean> {
  const { from, seeds, defect, shrinkSeconds } = options;
  const name = names.find((each) => each === defect);
  const look = async (): Promise<Found | undefined> => {
    const beganAt = performance.now();
    const found = await search(from, seeds, (seed) => {
      const count = seed - from + 1;
      const seconds = ((performance.now() - beganAt) / 1_000).toFixed(0);
      if (count % PROGRESS === 0) say(`${count} of ${seeds} seeds in ${seconds} s: nothing found`);
    });
    if (!found) return undefined;
    say(`seed ${found.seed}: ${found.finding.sentence}`);
    say(`shortening it, for ${shrinkSeconds} s at most`);
    const untilAt = performance.now() + shrinkSeconds * 1_000;
    return shorten(found, () => performance.now() > untilAt);
  };
  const found = name ? await sabotaged(defects[name], look) : await look();
  if (found) report(found, defect);
  else say(`seeds ${from} to ${from + seeds - 1}: nothing found`);
  return found === undefined;
}

function report({ seed, shortest, seen, shortestFinding }: Found, defect: string | undefined): void {
  say('');
  for (const line of describeCase(shortest)) say(line);
  say('');
  for (const line of taleOf(seen, shortestFinding)) say(line);
  say('');
  say(`VIOLATION seed ${seed}: ${shortestFinding.sentence}`);
  say(`the same again: ${commandOf(seed, defect)}`);
}

/** What is left of the scenario, and what goes wrong in it. */
function describeCase({ scenario, failures }: SimulationCase): string[] {
  const { iommus, devices, processes, replicas, workers, timeline, shards } = scenario;
  const accesses = devices.map(
    ({ name, iommu, workloads }) =>
      `${name} behind iommu${iommu}: ${workloads.map((each) => `${each.accesses} accesses of PASID ${each.pasid}`).join(', ')}`,
  );
  return [
    `${iommus.map(({ name, model, profile }) => `${name} (${model}, ${profile})`).join(', ')}; ${processes.length} processes; ` +
      `frames ${shards.map(({ frames }) => frames).join('+')}; queues ${scenario.queues}; ${scenario.iopf.generation}, ${scenario.iopf.order}`,
    `replicas: ${replicas.mmHandlers} mm-handler, ${replicas.iommus} iommu, ${replicas.deviceEmulators} device-emulator, ${workers.processes} iopf-worker`,
    ...accesses,
    ...timeline.map(
      ({ after, do: action }) => `step ${JSON.stringify(action)} after ${JSON.stringify(after ?? {})}`,
    ),
    ...failures.map(
      (failure) => `failure at ${(failure.atMicros / 1_000).toFixed(3)} ms: ${describeFailure(failure)}`,
    ),
  ];
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), names);
  if (options === 'help') return say(usage(names));
  if (!(await run(options))) process.exitCode = 1;
}

main().catch((error: unknown) => {
  process.stderr.write(
    `simulation: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = error instanceof UsageError ? 2 : 1;
});
