import { join } from 'node:path';
import { readOrigin } from '../report/origin';
import { scenarioOf } from '../run-names';
import { scratchDirectory } from '../testing.testkit';
import { RunFolder } from './run-folder';

const scratch = scratchDirectory();
const folder = new RunFolder(scratch.path);

it('is undefined when nobody kept the file', () => {
  expect(scenarioOf(folder)).toBeUndefined();
  expect(readOrigin(folder)).toEqual({ program: null, machine: null });
});

it('is what stands in it', () => {
  scratch.file('origin.json', '{"program":{"version":"0.1.0","commit":null}}');
  expect(readOrigin(folder)).toEqual({ program: { version: '0.1.0', commit: null }, machine: null });
});

it.each([
  ['scenario.json', '{"name":"a","dev', 'no JSON'],
  ['scenario.json', '', 'no JSON'],
  ['scenario.json', 'null', 'JSON of something else'],
  ['scenario.json', '{"devices":[]}', 'JSON of something else'],
  ['origin.json', '[]', 'JSON of something else'],
  ['origin.json', '{"program":', 'no JSON'],
])('is one clear line for a damaged one: %s with %j', (name, text, found) => {
  scratch.file(name, text);
  const read = (): unknown => (name === 'scenario.json' ? scenarioOf(folder) : readOrigin(folder));
  const path = join(scratch.path, name);
  expect(read).toThrow(
    expect.objectContaining({
      exit: 2,
      message: expect.stringMatching(
        new RegExp(`^${path} is damaged: found ${found}, expected [^\\n]+; copy it again, or remove it`),
      ) as string,
    }),
  );
});
