import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../kit/command-line';

export interface ShownDocument {
  /** Its path in the repository. */
  path: string;
  text: string;
  /** The lines of its `sh` blocks, without comments. */
  commands: string[];
}

/** The README and everything under docs, in the order of their names. */
export function shownDocuments(): ShownDocument[] {
  return ['README.md', ...markdownIn('docs')].map((path) => {
    const text = readFileSync(join(REPOSITORY, path), 'utf8');
    return { path, text, commands: commandsOf(text) };
  });
}

function markdownIn(folder: string): string[] {
  return readdirSync(join(REPOSITORY, folder), { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return markdownIn(path);
      return entry.name.endsWith('.md') ? [path] : [];
    });
}

function commandsOf(text: string): string[] {
  const blocks = [...text.matchAll(/```sh\n([^]*?)```/g)].map((match) => match[1] ?? '');
  return blocks
    .flatMap((block) => block.split('\n'))
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
}

/** Whether a command makes a run and keeps it. */
export const isRun = (command: string): boolean =>
  command === 'npm start' || command.startsWith('npx faultline run ');
