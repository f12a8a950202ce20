import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../kit/command-line';

export interface ShownDocument {
  /** Its path in the repository. */
  path: string;
  text: string;
  /** What its reader does, in order. */
  steps: Step[];
  /** The commands among them. */
  commands: string[];
}

/** A line of a block of `sh`, without comments; or a file that the reader writes: a block of `yaml` with a name, and `+` for what is added to it. */
export type Step = { command: string } | { file: string; adds: boolean; text: string };

/** The README and everything under docs, in the order of their names. */
export function shownDocuments(): ShownDocument[] {
  return ['README.md', ...markdownIn('docs')].map((path) => {
    const text = readFileSync(join(REPOSITORY, path), 'utf8');
    const steps = stepsOf(text);
    return {
      path,
      text,
      steps,
      commands: steps.flatMap((step) => ('command' in step ? [step.command] : [])),
    };
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

const BLOCK = /```(?:sh|yaml (\S+)( \+)?)\n([^]*?)```/g;

function stepsOf(document: string): Step[] {
  return [...document.matchAll(BLOCK)].flatMap(([, file, adds, text = '']): Step[] => {
    if (file !== undefined) return [{ file, adds: adds !== undefined, text }];
    const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim());
    return lines.filter((line) => line !== '').map((command) => ({ command }));
  });
}

/** Whether a command makes a run and keeps it. */
export const isRun = (command: string): boolean =>
  command === 'npm start' || command.startsWith('npx faultline run ');
