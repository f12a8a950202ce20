import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../kit/command-line';

/**
 * What a document shows of what a command prints: a block of `out` for the same lines to the letter, as simulations print them; of `out
 * like` for lines that differ in their numbers, as those of a live run do. A line of three dots stands for lines that are left out.
 */
export interface Sample {
  isLike: boolean;
  text: string;
}

const LEFT_OUT = '...';

/** The stretches of a sample that were printed in this order, and the first of them that was not; undefined when all were. */
export function missingFrom(printed: string, { isLike, text }: Sample): string | undefined {
  const form = isLike ? likeness : (line: string): string => line.trimEnd();
  const lines = printed.split('\n').map(form);
  let from = 0;
  for (const stretch of stretchesOf(text)) {
    const wanted = stretch.map(form);
    const at = lines.findIndex(
      (_, place) => place >= from && wanted.every((line, index) => lines[place + index] === line),
    );
    if (at < 0) return stretch.join('\n');
    from = at + wanted.length;
  }
  return undefined;
}

function stretchesOf(text: string): string[][] {
  const stretches: string[][] = [[]];
  for (const line of text.trimEnd().split('\n')) {
    if (line.trim() === LEFT_OUT) stretches.push([]);
    else stretches.at(-1)?.push(line);
  }
  return stretches.filter((stretch) => stretch.length > 0);
}

/** Not the one in a name such as `nic0` or `p99`. */
const NUMBER = /(?<![A-Za-z\d.])[+-]?\d[\d,.:]*(?: (?:ns|µs|ms|s|min|h|k\/s|M\/s)\b|\/s\b)?/g;

/** A line without what is another one in each live run: numbers with their units, ids, paths, bars, and the width of columns. */
const likeness = (line: string): string =>
  line
    .replace(/\s#+$/, '')
    .replace(/\S*\/\S+\/\S+/g, '/')
    .replace(/\b0x[0-9a-f]+/g, '#')
    .replace(/\b\d{8}-\d{6}-[a-z0-9]{4}\b/g, '#')
    .replace(NUMBER, '#')
    .replace(/\s+/g, ' ')
    .replace(/#(?: #)+/g, '#')
    .trim();

/** Writes into a document what a command prints now, in the place of a sample: from its first line to its last one. */
export function renewSample(path: string, printed: string, { isLike, text }: Sample): void {
  const [first = '', ...rest] = text.trimEnd().split('\n');
  const lines = printed.split('\n').map((line) => line.trimEnd());
  const from = lines.indexOf(first);
  const to = lines.indexOf(rest.at(-1) ?? first, from);
  if (isLike || from < 0 || to < 0)
    throw new Error(`${path}: what begins with '${first}' has to be written anew by hand`);
  const file = join(REPOSITORY, path);
  const document = readFileSync(file, 'utf8');
  writeFileSync(
    file,
    document.replace(text, () => `${lines.slice(from, to + 1).join('\n')}\n`),
  );
}
