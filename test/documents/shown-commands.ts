import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../kit/command-line';
import type { Sample } from './samples';

export interface ShownDocument {
  /** Its path in the repository. */
  path: string;
  text: string;
  /** What its reader does, in order. */
  steps: Step[];
  /** The commands among them. */
  commands: string[];
}

/**
 * A line of a block of `sh`, without comments, and samples of what it prints; or a file that the reader writes: a block of `yaml` with a
 * name, and `+` for what is added to it.
 */
export type Step = { command: string; samples: Sample[] } | { file: string; adds: boolean; text: string };

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

const BLOCK = /```(?:sh|yaml (\S+)( \+)?|out( like)?(?: (npx? [^\n]+))?)\n([^]*?)```/g;

function stepsOf(document: string): Step[] {
  const steps: Step[] = [];
  for (const [block, file, adds, like, printer, text = ''] of document.matchAll(BLOCK)) {
    if (file !== undefined) steps.push({ file, adds: adds !== undefined, text });
    else if (block.startsWith('```out'))
      printedBy(steps, printer).samples.push({ isLike: like !== undefined, text });
    else
      for (const line of text.split('\n').map((each) => each.replace(/(^|\s)#.*$/, '').trim()))
        if (line !== '') steps.push({ command: line, samples: [] });
  }
  return steps;
}

/** The command that printed a sample: the last one before it, or the last of those words that it names. */
function printedBy(steps: readonly Step[], words: string | undefined): Extract<Step, { command: string }> {
  const commands = steps.flatMap((step) => ('command' in step ? [step] : []));
  const found = commands.filter(({ command }) => words === undefined || command === words).at(-1);
  if (!found) throw new Error(`a sample of ${words ?? 'a command'} stands before it`);
  return found;
}

/** Whether a command makes a run and keeps it. */
export const isRun = (command: string): boolean =>
  command === 'npm start' || command.startsWith('npx faultline run ');
