import { ObservedPath } from './faultline/observed-path';
import { processFigures, type Round, usedBy } from './measure';
import type { BenchOptions } from './options';
import type { Children } from './support/children';
import { sleep } from './support/deadline';
import type { BenchServer } from './support/server';
import { isWatched, type ObservedName, observedNames, TARGET_OUTSTANDING } from './support/system';
import type { Named } from './support/usage';

/** Runs of fresh processes, and how often each thing is observed in each. */
const REPETITIONS = 4;
const TURNS = 12;
/** Before any counts: what happens to one fault in a hundred is compiled by their engine long after what happens to all. */
const WARM_UP_TURNS = 4;
const QUICK = { repetitions: 1, turns: 2, warmUpTurns: 1 };
/** The machine is the same for neighbours in so short a time, and a turn is long against a batch and a collection of garbage. */
const TURN_MILLIS = 1_600;
/** Spans are exported a second after they ended: what was begun in one turn is over before the next one counts. */
const SETTLE_MILLIS = 1_200;

interface ObserveOptions {
  options: BenchOptions;
  children: Children;
  bench: BenchServer;
  onProgress(line: string): void;
}

/**
 * What watching the path costs: the services count and trace in some turns, and do not in others. Processes of the same code differ by
 * more than that from each other, so each is held against itself. A round for each thing observed and each repetition; none when the
 * options name nothing that is watched.
 */
export async function observe({ options, children, bench, onProgress }: ObserveOptions): Promise<Round[]> {
  if (!options.systems.some(isWatched)) return [];
  const { workers, quick } = options;
  const server = { name: 'nats-server', pid: bench.server.pid };
  const { repetitions, ...size } = quick
    ? QUICK
    : { repetitions: REPETITIONS, turns: TURNS, warmUpTurns: WARM_UP_TURNS };
  const rounds: Round[] = [];
  for (let repetition = 1; repetition <= repetitions; repetition += 1) {
    const outstanding = TARGET_OUTSTANDING;
    const path = await ObservedPath.start({ children, bench, workers, outstanding, repetition });
    try {
      rounds.push(...(await children.race(takeTurns(path, server, size))));
    } finally {
      await path.finish();
    }
    onProgress(`cost of observation: ${repetition} of ${repetitions}`);
  }
  return rounds;
}

type CpuSeconds = Record<ObservedName, number[]>;

async function takeTurns(
  path: ObservedPath,
  server: Named,
  { turns, warmUpTurns }: { turns: number; warmUpTurns: number },
): Promise<Round[]> {
  const processes = [...path.processes(), server];
  const none = (): number[] => processes.map(() => 0);
  const cpuSeconds: CpuSeconds = { faultline: none(), metered: none(), traced: none() };
  for (let turn = -warmUpTurns; turn < turns; turn += 1) {
    // Forwards and backwards, so that what changes as the run goes on changes for all alike.
    for (const name of turn % 2 === 0 ? observedNames : [...observedNames].reverse()) {
      if (await path.observe(name)) await sleep(SETTLE_MILLIS);
      if (turn < 0) await sleep(TURN_MILLIS);
      else await takeTurn(path, processes, cpuSeconds[name]);
    }
  }
  return close(path, processes, cpuSeconds);
}

async function takeTurn(
  path: ObservedPath,
  processes: readonly Named[],
  cpuSeconds: number[],
): Promise<void> {
  const before = usedBy(processes);
  path.open();
  await sleep(TURN_MILLIS);
  path.shut();
  for (const [place, used] of usedBy(processes).entries())
    cpuSeconds[place] = (cpuSeconds[place] ?? 0) + used - (before[place] ?? 0);
}

async function close(
  path: ObservedPath,
  processes: readonly Named[],
  cpuSeconds: CpuSeconds,
): Promise<Round[]> {
  const { figures, record } = await path.close();
  const used = observedNames.map((name) => processFigures(processes, cpuSeconds[name], figures[name]));
  const auditClean = await path.audit();
  return observedNames.map((system, place): Round => {
    const round = {
      system,
      outstanding: TARGET_OUTSTANDING,
      figures: figures[system],
      processes: used[place] ?? [],
    };
    // One run has one record, whatever was observed of it.
    return system === 'faultline' ? { ...round, record, auditClean } : round;
  });
}
