import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * The first file of one of these names that can be run: in the folders of PATH, then in `places`, where such a program lies that is on
 * nobody's PATH. Undefined where there is none.
 */
export function findProgram(
  names: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
  places: readonly string[] = [],
): string | undefined {
  const folders = [...(environment['PATH'] ?? '').split(delimiter).filter(Boolean), ...places];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find((path) => isProgram(path));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * For the top of a spec file whose tests need a program: where it is missing, says in one line that they are not run and how to get it; on
 * a build machine that is a test that failed.
 */
export function tellIfMissing(what: string, isThere: boolean, howToGetIt: string): void {
  if (isThere) return;
  process.stderr.write(`not run: ${howToGetIt}\n`);
  if (process.env['CI'] === 'true') it(`has ${what}`, () => expect(howToGetIt).toBe(''));
}
