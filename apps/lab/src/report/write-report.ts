import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { type PageParts, renderReport, reportCsv } from '@faultline/report';
import { BadInput } from '../errors';
import { type RunFolder, RUNS_DIRECTORY } from '../run/run-folder';
import { quoted } from '../print/shell-word';
import { gatherReport, type RunReference } from './gather';

/**
 * Writes the report of a run: a page that needs nothing else, and beside it its numbers as JSON and as CSV. Returns the page's path.
 * `runs` is where the user keeps runs, for the commands that the page shows. Throws {@link BadInput} for a name that is no page's.
 */
export async function writeReport(
  folder: RunFolder,
  runs: string,
  file: string = folder.report,
): Promise<string> {
  if (!/\.html?$/.test(file))
    throw new BadInput(`--out is '${file}', expected a file that ends in .html: its data goes beside it`);
  const data = await gatherReport(folder, referenceTo(folder, runs));
  writeFileSync(file, renderReport(data, pageParts()));
  writeFileSync(beside(file, 'json'), `${JSON.stringify(data, null, 1)}\n`);
  writeFileSync(beside(file, 'csv'), reportCsv(data));
  return resolve(file);
}

const beside = (file: string, kind: string): string => file.replace(/\.html?$/, `.${kind}`);

/** What to call the run in a command that is given where this one was. */
function referenceTo(folder: RunFolder, runs: string): RunReference {
  if (resolve(runs, folder.id) !== folder.path) return { run: quoted(folder.path), options: '' };
  const isUsual = resolve(runs) === resolve(RUNS_DIRECTORY);
  return { run: folder.id, options: isUsual ? '' : ` --runs ${quoted(runs)}` };
}

const { resolve: find } = createRequire(__filename);

/** The library that draws, from where it is installed. */
export function pageParts(): PageParts {
  const script = find('uplot/dist/uPlot.iife.min.js');
  const text = (file: string): string => readFileSync(file, 'utf8');
  return {
    plotScript: text(script),
    plotStyle: text(join(dirname(script), 'uPlot.min.css')),
    plotLicence: text(join(dirname(script), '../LICENSE')),
    sha256: (of) => createHash('sha256').update(of).digest('base64'),
  };
}
