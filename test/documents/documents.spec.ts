import { FAULTLINE_VERSION } from '@faultline/contracts';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../kit/command-line';
import { EXPECTED, expectWell } from './expected-runs';
import { Reader } from './reader';
import { missingFrom, renewSample, type Sample } from './samples';
import { isRun, shownDocuments, type Step } from './shown-commands';

/**
 * Every command that the documents show is run, document by document, in the order in which a reader meets them, with the program as
 * it is in this checkout. `npm test` alone is not: it is what runs this. What the documents show of what they print is held against
 * what they print; `UPDATE_REFERENCE=1` writes those samples anew that simulations print.
 */
const documents = shownDocuments();
const MINUTES = 60_000;

const reader = new Reader();
afterAll(() => reader.remove());

it('the commands of the documents are there: the two of the start, every example, and what is expected of some', () => {
  const commands = documents.flatMap((document) => document.commands);
  expect(commands.slice(0, 2)).toEqual(['npm start', 'npm test']);
  expect(commands.length).toBeGreaterThan(20);
  const examples = readdirSync(join(REPOSITORY, 'examples')).filter((name) => name.endsWith('.yaml'));
  const runs = commands.filter(isRun).join('\n');
  for (const name of examples) expect(runs).toContain(`examples/${name}`);
  expect(commands).toEqual(expect.arrayContaining(Object.keys(EXPECTED)));
});

it(
  'npx faultline is the program of this checkout',
  () => {
    const { bin } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
      bin: { faultline: string };
    };
    expect(join(REPOSITORY, bin.faultline)).toBe(join(REPOSITORY, 'bin/faultline'));
    const version = execFileSync('npx', ['faultline', '--version'], { cwd: REPOSITORY, encoding: 'utf8' });
    expect(version).toBe(`${FAULTLINE_VERSION}\n`);
  },
  MINUTES,
);

describe.each(documents.filter(({ commands }) => commands.length > 0))('$path', ({ path, steps }) => {
  const tested = steps.filter((step) => !('command' in step) || step.command !== 'npm test');
  it.each(
    tested.map((step): [string, Step] => ['command' in step ? step.command : `writes ${step.file}`, step]),
  )(
    '%s',
    async (_, step) => {
      if (!('command' in step)) return reader.write(step);
      const { command, samples } = step;
      expect(command).toMatch(/^(npm start$|npx faultline )/);
      const { finished, ran } = await reader.follow(path, command);
      expect({ exit: finished.exit, err: finished.exit === 0 ? '' : finished.err }).toEqual({
        exit: 0,
        err: '',
      });
      expect(finished.out).not.toBe('');
      for (const sample of samples) expectShown(path, finished.out, sample);
      if (!ran) return;
      expectWell(ran);
      EXPECTED[command]?.(ran);
    },
    5 * MINUTES,
  );
});

function expectShown(path: string, printed: string, sample: Sample): void {
  if (missingFrom(printed, sample) === undefined) return;
  if (process.env['UPDATE_REFERENCE'] !== '1') expect(printed).toContain(missingFrom(printed, sample));
  else renewSample(path, printed, sample);
}

it.each(documents)('$path links to files and headings that exist', ({ path, text }) => {
  for (const [, target = '', anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)) {
    const file = target === '' ? path : join(path, '..', target);
    expect([target, existsSync(join(REPOSITORY, file))]).toEqual([target, true]);
    if (anchor !== undefined) expect(anchorsOf(file)).toContain(anchor);
  }
});

/** Names of the headings of a document, as links have them. */
function anchorsOf(file: string): string[] {
  const headings = readFileSync(join(REPOSITORY, file), 'utf8').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
