import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Every command that the documents show is run, in the order in which a reader meets them, with the program as it is in this
 * checkout. `npm test` alone is not: it is what runs this.
 */

const ROOT = join(__dirname, '..');
const MINUTES = 60_000;
const run = promisify(execFile);

interface Shown {
  document: string;
  command: string;
}

function documents(): string[] {
  const inside = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return inside(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
  return ['README.md', ...inside('docs')];
}

/** The lines of all `sh` blocks, without comments. */
function commandsOf(document: string): Shown[] {
  const text = readFileSync(join(ROOT, document), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map((match) => match[1] ?? '');
  return blocks
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '')
    .map((command) => ({ document, command }));
}

const shown = documents().flatMap(commandsOf);
/** Each once, but runs once in each document: what one looks at is what it ran itself. */
const nameOf = ({ document, command }: Shown): string =>
  command.startsWith('npx faultline run ') ? `${document} ${command}` : command;
const distinct = [...new Map(shown.map((each) => [nameOf(each), each])).values()];

/** Runs of the documents' own are removed; the newest of each command is what the next one looks at. */
const before = existsSync(join(ROOT, 'runs')) ? readdirSync(join(ROOT, 'runs')) : [];
afterAll(() => {
  if (!existsSync(join(ROOT, 'runs'))) return;
  for (const name of readdirSync(join(ROOT, 'runs'))) {
    if (!before.includes(name)) rmSync(join(ROOT, 'runs', name), { recursive: true, force: true });
  }
});

describe('the commands that the documents show', () => {
  it('are there: the two of the start, and the look at a run', () => {
    const commands = distinct.map(({ command }) => command);
    expect(commands.slice(0, 2)).toEqual(['npm start', 'npm test']);
    expect(commands.length).toBeGreaterThan(8);
  });

  it.each(distinct.filter(({ command }) => command !== 'npm test'))(
    '$command ($document)',
    async ({ command }) => {
      const [program = '', ...words] = command.split(/\s+/);
      expect(['npm', 'npx']).toContain(program);
      const { stdout } = await run(program, words, { cwd: ROOT, maxBuffer: 64 * 1024 * 1024 });
      expect(stdout).not.toBe('');
      if (command === 'npm start') expect(stdout).toMatch(/audit passed/);
    },
    3 * MINUTES,
  );

  it('name files that exist', () => {
    for (const document of documents()) {
      const text = readFileSync(join(ROOT, document), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
        const path = join(ROOT, document, '..', target);
        if (!existsSync(path)) throw new Error(`${document} links to ${target}, which does not exist`);
      }
    }
  });
});
