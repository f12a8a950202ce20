import type { ResolvedScenario } from '@faultline/contracts';
import { instancesOf } from '@faultline/simulation';
import type { SimulationCase } from './simulation-case';

/** Whether a case still shows what it is shrunk for. */
export type Shows = (one: SimulationCase) => Promise<boolean>;

/**
 * The smallest case that is found which still shows what this one shows: failures, steps, devices, workloads, processes and replicas are
 * left out, and accesses and times cut, for as long as something can be, or until the time is up. Like ddmin, large parts first.
 */
export async function shrink(
  found: SimulationCase,
  shows: Shows,
  isTimeUp: () => boolean,
): Promise<SimulationCase> {
  let smallest = found;
  const isShown: Shows = async (one) => !isTimeUp() && isSound(one.scenario) && (await shows(one));
  for (let before: SimulationCase | undefined; before !== smallest && !isTimeUp();) {
    before = smallest;
    for (const candidates of reductions) smallest = await reduce(smallest, candidates, isShown);
  }
  return smallest;
}

/**
 * Whether a scenario could come to its end: a device that hangs is reset or removed later, and whose process is to do something, or has
 * something done to it, is started first. One that could not would show any standstill.
 */
export function isSound({ processes: all, timeline, devices: here }: ResolvedScenario): boolean {
  const hanging = new Set<number>();
  const started = new Set(all.filter(({ starts }) => starts === 'begin').map(({ mm }) => mm));
  for (const { do: action } of timeline) {
    if (action.action === 'hang-device') hanging.add(action.device);
    else if ('device' in action && action.action !== 'replace-domain') hanging.delete(action.device);
    if (action.action === 'start') started.add(action.mm);
    else if ('mm' in action && !started.has(action.mm)) return false;
    if (action.action === 'replace-domain') started.add(action.byMm);
  }
  const isDone = here.every(({ workloads: each }) => each.every(({ mm }) => started.has(mm)));
  return hanging.size === 0 && isDone;
}

/** Smaller cases than this one, the smallest first. */
type Reduction = (one: SimulationCase) => Iterable<SimulationCase>;

/** Takes the first candidate that shows it, and looks for a smaller one again, until there is none. */
async function reduce(found: SimulationCase, candidates: Reduction, shows: Shows): Promise<SimulationCase> {
  for (let smallest = found; ;) {
    const smaller = await firstOf(candidates(smallest), shows);
    if (!smaller) return smallest;
    smallest = smaller;
  }
}

async function firstOf(
  candidates: Iterable<SimulationCase>,
  shows: Shows,
): Promise<SimulationCase | undefined> {
  for (const candidate of candidates) if (await shows(candidate)) return candidate;
  return undefined;
}

/** What is left of a list without a part of it: without halves first, then without quarters, and so on. */
function* without<T>(list: readonly T[], least = 0): Generator<T[]> {
  for (let size = list.length; size >= 1; size = Math.floor(size / 2))
    for (let start = 0; start < list.length; start += size) {
      const left = [...list.slice(0, start), ...list.slice(start + size)];
      if (left.length >= least && left.length < list.length) yield left;
    }
}

function* withScenario(
  one: SimulationCase,
  scenarios: Iterable<ResolvedScenario>,
): Generator<SimulationCase> {
  for (const scenario of scenarios) yield withVictims({ ...one, scenario });
}

/** Failures of processes that are not there any more are none. */
function withVictims(one: SimulationCase): SimulationCase {
  const there = new Set(instancesOf(one.scenario).map(({ instance }) => instance));
  const failures = one.failures.map((failure) => ({
    ...failure,
    victims: failure.victims.filter((victim) => there.has(victim)),
  }));
  return { ...one, failures: failures.filter(({ victims }) => victims.length > 0) };
}

function* failures(one: SimulationCase): Generator<SimulationCase> {
  for (const left of without(one.failures)) yield { ...one, failures: left };
}

function* steps(one: SimulationCase): Generator<SimulationCase> {
  for (const timeline of without(one.scenario.timeline))
    yield { ...one, scenario: { ...one.scenario, timeline } };
}

function* devices(one: SimulationCase): Generator<SimulationCase> {
  for (const left of without(one.scenario.devices, 1)) {
    const there = new Set(left.map(({ device }) => device));
    const timeline = one.scenario.timeline.filter(({ do: { ...action } }) =>
      'device' in action ? there.has(action.device) : true,
    );
    yield { ...one, scenario: { ...one.scenario, devices: left, timeline } };
  }
}

function* workloads(one: SimulationCase): Generator<SimulationCase> {
  for (const [place, device] of one.scenario.devices.entries())
    for (const left of without(device.workloads, 1)) yield withDevice(one, place, { workloads: left });
}

/** A process that no workload is part of, and no step is about. */
function* processes(one: SimulationCase): Generator<SimulationCase> {
  const { scenario } = one;
  const used = new Set<number>();
  for (const { workloads: each } of scenario.devices) for (const { mm } of each) used.add(mm);
  for (const { do: action } of scenario.timeline) {
    if ('mm' in action) used.add(action.mm);
    if ('byMm' in action) used.add(action.byMm);
  }
  const left = scenario.processes.filter(({ mm }) => used.has(mm));
  if (left.length < scenario.processes.length && left.length > 0)
    yield { ...one, scenario: { ...scenario, processes: left } };
}

/** IOMMUs without devices. They are known by their numbers, so that only the last ones can go. */
function* iommus(one: SimulationCase): Generator<SimulationCase> {
  const { scenario } = one;
  const most = Math.max(...scenario.devices.map(({ iommu }) => iommu));
  const left = scenario.iommus.filter(({ iommu }) => iommu <= most);
  const timeline = scenario.timeline.filter(({ do: { ...action } }) =>
    'iommu' in action ? action.iommu <= most : true,
  );
  if (left.length < scenario.iommus.length)
    yield { ...one, scenario: { ...scenario, iommus: left, timeline } };
}

function* replicas(one: SimulationCase): Generator<SimulationCase> {
  const { scenario } = one;
  const { replicas: counts, workers } = scenario;
  const fewer: ResolvedScenario[] = [];
  for (const name of ['iommus', 'mmHandlers', 'deviceEmulators'] as const)
    if (counts[name] > 1) fewer.push({ ...scenario, replicas: { ...counts, [name]: counts[name] - 1 } });
  if (workers.processes > 1)
    fewer.push({ ...scenario, workers: { ...workers, processes: workers.processes - 1 } });
  yield* withScenario(one, fewer);
}

/** How small a number may become, from the smallest on: what shows at one may not show at another. */
function smaller(count: number): number[] {
  const counts = [1, Math.floor(count / 4), Math.floor(count / 2), count - 1];
  return [...new Set(counts)].filter((each) => each >= 1 && each < count);
}

function* accesses(one: SimulationCase): Generator<SimulationCase> {
  for (const [place, { workloads: all }] of one.scenario.devices.entries())
    for (const [index, workload] of all.entries())
      for (const count of smaller(workload.accesses))
        yield withDevice(one, place, { workloads: all.with(index, { ...workload, accesses: count }) });
}

function* times(one: SimulationCase): Generator<SimulationCase> {
  for (const [place, failure] of one.failures.entries())
    for (const part of [0.1, 0.5]) {
      const lastsMicros = Math.floor(failure.lastsMicros * part);
      if (lastsMicros < failure.lastsMicros)
        yield { ...one, failures: one.failures.with(place, { ...failure, lastsMicros }) };
    }
}

/** A network in which nothing goes wrong by itself, and nothing takes long. */
function* network(one: SimulationCase): Generator<SimulationCase> {
  for (const trouble of ['loss', 'duplication', 'reordering'] as const)
    if (one.network[trouble]) yield { ...one, network: { ...one.network, [trouble]: 0 } };
}

function withDevice(
  one: SimulationCase,
  place: number,
  change: Partial<ResolvedScenario['devices'][number]>,
): SimulationCase {
  const { scenario } = one;
  const device = scenario.devices[place];
  if (!device) throw new Error(`no device at ${place}`);
  return {
    ...one,
    scenario: { ...scenario, devices: scenario.devices.with(place, { ...device, ...change }) },
  };
}

const reductions: readonly Reduction[] = [
  ...[failures, steps, devices, workloads, processes, iommus, replicas, network, accesses, times],
];
