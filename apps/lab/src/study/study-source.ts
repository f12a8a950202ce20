import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { FAULTLINE_VERSION, type ResolvedScenario } from '@faultline/contracts';
import { parseStudy, type PlannedRun, pointsOf, type Study } from '@faultline/study';
import { BadInput } from '../errors';
import { refuseCrowd } from '../run/plan';
import { checkScenarioText, readText } from '../scenario/preflight';

/** A study that was read, with the base scenario of its points. */
export interface StudySource {
  /** As it was named, or found by its name. */
  file: string;
  text: string;
  study: Study;
  /** What complaints about the scenario name, and what its traces are relative to. */
  scenarioFile: string;
  scenarioText: string;
  /** Tells whether runs that are there belong to this study: the same questions, scenario and version. */
  digest: string;
}

/** Studies that come with the program: examples/studies beside the program's own folder. */
export function shippedStudies(directory = shippedDirectory()): { name: string; file: string }[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((file) => extname(file) === '.yaml')
    .sort()
    .map((file) => ({ name: basename(file, '.yaml'), file: resolve(directory, file) }));
}

/** This file is apps/lab/src/study/study-source, below dist/ when it is compiled. */
function shippedDirectory(): string {
  const root = resolve(__dirname, __filename.endsWith('.ts') ? '../../../..' : '../../../../..');
  return resolve(root, 'examples/studies');
}

/**
 * Reads a study by the name of one that is shipped, or by its file. Throws {@link BadInput} when there is none, `ScenarioError` for
 * what is wrong with it.
 */
export function readStudy(nameOrFile: string, overrides: readonly string[]): StudySource {
  const file = fileOf(nameOrFile);
  const text = readText(file, 'study', 'examples/studies/overflow.yaml');
  const study = parseStudy(file, text, overrides);
  const { scenario } = study;
  const isFile = typeof scenario === 'string';
  const scenarioFile = isFile ? resolve(dirname(file), scenario) : file;
  const scenarioText = isFile ? readText(scenarioFile) : JSON.stringify(scenario);
  const digest = createHash('sha256')
    .update(JSON.stringify([study, scenarioText, FAULTLINE_VERSION]))
    .digest('hex');
  return { file, text, study, scenarioFile, scenarioText, digest };
}

function fileOf(nameOrFile: string): string {
  if (/[./\\]/.test(nameOrFile) || existsSync(nameOrFile)) return nameOrFile;
  const shipped = shippedStudies();
  const found = shipped.find(({ name }) => name === nameOrFile);
  if (found) return found.file;
  throw new BadInput(
    `no study '${nameOrFile}': expected a file, or one of ${shipped.map(({ name }) => name).join(', ')}`,
  );
}

/** The scenario of one run. Throws `ScenarioError`. */
export async function scenarioOfRun(
  { scenarioFile, scenarioText }: StudySource,
  { settings, seed }: Pick<PlannedRun, 'settings' | 'seed'>,
): Promise<ResolvedScenario> {
  const { resolved } = await checkScenarioText(scenarioFile, scenarioText, [...settings, `seed=${seed}`]);
  return resolved;
}

/** Looks at the scenario of every point, so that a study does not stop in its middle for what could be seen before. */
export async function checkPoints(source: StudySource): Promise<void> {
  const { study } = source;
  for (const { settings } of pointsOf(study)) {
    const scenario = await scenarioOfRun(source, { settings, seed: study.seed });
    if (study.mode !== 'simulated') refuseCrowd(scenario);
  }
}
