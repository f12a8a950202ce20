import { WholePath } from './faultline/whole-path';
import { processFigures, type Round, usedBy, WARM_UP_MILLIS } from './measure';
import type { BenchOptions } from './options';
import type { Children } from './support/children';
import { sleep } from './support/deadline';
import type { BenchServer } from './support/server';
import { TARGET_OUTSTANDING, watchedNames } from './support/system';
import type { Named } from './support/usage';

const REPETITIONS = 5;
const TURNS = 16;
const QUICK_TURNS = 2;
/** How long a system works at a time: the machine is the same for neighbours in so short a time, and a turn is long against a batch. */
const TURN_MILLIS = 500;
/** What happens to one fault in a hundred is compiled by their engine long after what happens to all. */
const OBSERVED_WARM_UP_MILLIS = 12_000;

interface Observed {
  path: WholePath;
  processes: Named[];
  /** Processor seconds that each of them used in its turns. */
  cpuSeconds: number[];
}

interface ObserveOptions {
  options: BenchOptions;
  children: Children;
  bench: BenchServer;
  onProgress(line: string): void;
}

/**
 * What watching the path costs. That is less than two runs of fresh processes differ by, so watched and unwatched services stand side by
 * side and work in short turns, each while the processes of the others are stopped. A round for each of them and each repetition; none
 * when the options name no watched system.
 */
export async function observe({ options, children, bench, onProgress }: ObserveOptions): Promise<Round[]> {
  const watched = watchedNames.filter((name) => options.systems.includes(name));
  if (watched.length === 0) return [];
  const { workers, quick } = options;
  const server = { name: 'nats-server', pid: bench.server.pid };
  const warmUpMillis = quick ? WARM_UP_MILLIS : OBSERVED_WARM_UP_MILLIS;
  const systems = (['faultline', ...watched] as const).map(
    (name) => new WholePath({ children, bench, workers, name, warmUpMillis, kind: 'turns' }),
  );
  const repetitions = quick ? 1 : REPETITIONS;
  const rounds: Round[] = [];
  try {
    for (let repetition = 1; repetition <= repetitions; repetition += 1) {
      rounds.push(...(await children.race(takeTurns(systems, server, quick ? QUICK_TURNS : TURNS))));
      onProgress(`cost of observation: ${repetition} of ${repetitions}`);
    }
  } finally {
    await Promise.all(systems.map((system) => system.dispose()));
  }
  return rounds;
}

async function takeTurns(systems: readonly WholePath[], server: Named, turns: number): Promise<Round[]> {
  const observed: Observed[] = [];
  for (const path of systems) {
    await path.begin(TARGET_OUTSTANDING);
    const processes = [...path.processes(), server];
    observed.push({ path, processes, cpuSeconds: processes.map(() => 0) });
    await sleep(path.warmUpMillis);
    await path.freeze();
  }
  for (let turn = 0; turn < turns; turn += 1)
    for (const each of turn % 2 === 0 ? observed : [...observed].reverse()) await takeTurn(each);
  const rounds: Round[] = [];
  for (const each of observed) rounds.push(await close(each));
  return rounds;
}

async function takeTurn({ path, processes, cpuSeconds }: Observed): Promise<void> {
  path.thaw();
  const before = usedBy(processes);
  await path.open();
  await sleep(TURN_MILLIS);
  path.shut();
  for (const [place, used] of usedBy(processes).entries())
    cpuSeconds[place] = (cpuSeconds[place] ?? 0) + used - (before[place] ?? 0);
  await path.freeze();
}

async function close({ path, processes, cpuSeconds }: Observed): Promise<Round> {
  path.thaw();
  const { figures, record } = await path.close();
  const used = processFigures(processes, cpuSeconds, figures);
  const auditClean = await path.audit();
  await path.finish();
  const { name: system } = path;
  return { system, outstanding: TARGET_OUTSTANDING, figures, processes: used, record, auditClean };
}
