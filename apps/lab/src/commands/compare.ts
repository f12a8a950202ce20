import { resolve } from 'node:path';
import { type ComparableRun, compareRuns, type RunComparison } from '@faultline/report';
import { BadInput, Exit } from '../errors';
import { comparisonLines } from '../print/comparison';
import { quoted } from '../print/shell-word';
import { styleFor } from '../print/style';
import { reportDataOf } from '../report/kept-data';
import { readRequest } from '../report/origin';
import { findRun, type RunFolder, RUNS_DIRECTORY } from '../run/run-folder';
import type { Terminal } from '../terminal';

export interface CompareFlags {
  runs: string;
  json?: boolean;
}

/** Puts runs side by side: what changed from the first ones to the others, and whether that is more than noise. */
export async function compare(
  references: readonly string[],
  flags: CompareFlags,
  terminal: Terminal,
): Promise<Exit> {
  const folders = foldersOf(references, flags.runs);
  const runs: ComparableRun[] = [];
  for (const folder of folders) runs.push(await comparableRun(folder));
  const comparison = compareRuns(runs);
  if (flags.json) terminal.out(JSON.stringify(comparison, null, 2));
  else {
    const repeat = repetitionCommands(comparison, folders, flags.runs);
    const style = styleFor(terminal.colour);
    terminal.out(comparisonLines(comparison, repeat, style, terminal.columns).join('\n'));
  }
  return Exit.OK;
}

function foldersOf(references: readonly string[], runs: string): RunFolder[] {
  const folders = references.map((reference) => findRun(runs, reference));
  const paths = folders.map(({ path }) => path);
  const twice = folders.find(({ path }, place) => paths.indexOf(path) < place);
  if (twice)
    throw new BadInput(
      `run ${twice.id} is named twice, expected different runs: none is a repetition of itself`,
    );
  if (folders.length < 2)
    throw new BadInput(
      `only run ${folders[0]?.id ?? 'none'} to compare, expected at least two: 'faultline compare latest~1 latest' takes the last two`,
    );
  return folders;
}

async function comparableRun(folder: RunFolder): Promise<ComparableRun> {
  const data = await reportDataOf(folder);
  const { scenario } = data;
  if (scenario) return { ...data, scenario };
  throw new BadInput(
    `run ${folder.id} has no ${folder.scenario}: without it nothing says which runs are its repetitions`,
  );
}

/** Fewer repetitions say little about noise. */
const ENOUGH_RUNS = 3;

/** For each group of few runs, the command that makes it another time; with another seed, so that noise of the workload counts. */
function repetitionCommands(
  { groups }: RunComparison,
  folders: readonly RunFolder[],
  runs: string,
): string[] {
  const seeds = groups.flatMap((group) => group.runs.map(({ seed }) => seed ?? 0));
  const seed = Math.max(...seeds) + 1;
  return groups.flatMap((group) => {
    const [run] = group.runs;
    const folder = folders.find(({ id }) => id === run?.id);
    if (!folder || group.runs.length >= ENOUGH_RUNS) return [];
    const request = readRequest(folder);
    const where = resolve(runs) === resolve(RUNS_DIRECTORY) ? '' : ` --runs ${quoted(runs)}`;
    if (!request)
      return [
        `npx faultline run SCENARIO --set seed=${seed}${where}   # SCENARIO and settings of ${folder.id}`,
      ];
    const settings = [...request.settings.filter((each) => !each.startsWith('seed=')), `seed=${seed}`];
    const words = settings.map((each) => ` --set ${quoted(each)}`).join('');
    return [`npx faultline run ${quoted(request.scenarioFile)}${words}${where}`];
  });
}
