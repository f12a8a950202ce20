import { shrink } from './shrink';
import { caseOf, type SimulationCase } from './simulation-case';
import { type Finding, findingOf, type Seen } from './trial';

/** A seed that shows something, and the shortest case found that shows the same. */
export interface Found {
  seed: number;
  finding: Finding;
  shortest: SimulationCase;
  /** Of a run of the shortest case. */
  seen: Seen;
  shortestFinding: Finding;
}

/** Runs seeds one after the other. Returns the first that shows something, not shortened yet. */
export async function search(
  from: number,
  seeds: number,
  onRun: (seed: number) => void = () => undefined,
): Promise<{ seed: number; finding: Finding } | undefined> {
  for (let seed = from; seed < from + seeds; seed += 1) {
    const finding = await findingOf(caseOf(seed));
    if (finding) return { seed, finding };
    onRun(seed);
  }
  return undefined;
}

/** Shortens what a seed shows, until the time is up. */
export async function shorten(
  { seed, finding }: { seed: number; finding: Finding },
  isTimeUp: () => boolean,
): Promise<Found> {
  const shows = async (one: SimulationCase): Promise<boolean> =>
    (await findingOf(one))?.kind === finding.kind;
  const shortest = await shrink(caseOf(seed), shows, isTimeUp);
  const seen: Seen = { messages: [], told: [] };
  const shortestFinding = await findingOf(shortest, seen);
  // The same case gives the same run: one that does not would be a defect of the simulator.
  if (shortestFinding?.kind !== finding.kind)
    throw new Error(`the shortest case shows ${shortestFinding?.kind ?? 'nothing'}, not ${finding.kind}`);
  return { seed, finding, shortest, seen, shortestFinding };
}
