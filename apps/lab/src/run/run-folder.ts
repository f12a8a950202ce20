import { join, resolve } from 'node:path';
import { isRun, listRuns, RunFolder } from '@faultline/record';
import { BadInput } from '../errors';

export { RunFolder } from '@faultline/record';
export { RUNS_DIRECTORY } from './runs-directory';

/** A run id: date and time in UTC, so that names sort by age, and four random letters, so that two at once differ. */
export function newRunId(now: Date, random: () => number): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const suffix = Array.from({ length: 4 }, () => letters[Math.floor(random() * letters.length)] ?? 'a').join(
    '',
  );
  return `${stamp}-${suffix}`;
}

/**
 * Finds a run by its id under `runs`, by a path, or as `latest`; `latest~2` is the one two before it. Throws {@link BadInput} when there
 * is none.
 */
export function findRun(runs: string, reference: string): RunFolder {
  const [isLatest, back = 0] = /^latest(?:~(\d+))?$/.exec(reference) ?? [];
  if (isLatest !== undefined) return nthLatest(runs, reference, Number(back));
  const named = [join(runs, reference), reference].find((path) => isRun(path));
  if (named !== undefined) return new RunFolder(resolve(named));
  const known = listRuns(runs).slice(-3);
  const hint =
    known.length > 0
      ? `expected 'latest', a path, or an id such as ${known.join(', ')}`
      : `there is no run under ${runs} yet`;
  throw new BadInput(`no run '${reference}' with a log.sqlite: ${hint}`);
}

function nthLatest(runs: string, reference: string, back: number): RunFolder {
  const ids = listRuns(runs);
  if (ids.length === 0)
    throw new BadInput(`no run under ${runs}: start one with 'faultline run examples/quickstart.yaml'`);
  const id = ids.at(-1 - back);
  if (id === undefined)
    throw new BadInput(
      `no run '${reference}': there ${ids.length === 1 ? 'is 1' : `are ${ids.length}`} under ${runs}`,
    );
  return new RunFolder(resolve(runs, id));
}
