import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A rule of docs/reference/fault-path.md. */
export interface Rule {
  number: number;
  title: string;
  /** Recorded runs that its text names, as in `V:hand-flow-basic`; a trailing `*` stands for a family of them. */
  vectors: string[];
}

const PAGE = join(__dirname, '../../docs/reference/fault-path.md');
/** `**R41. Capacity.** ...`, and `**R12.** One response ...` where the sentence is the title. */
const HEAD = /^\*\*R(\d+)\.\s*(.*)$/;

/** The rules in their order, read from the page that states them. */
export function readRules(): Rule[] {
  const rules: Rule[] = [];
  let open: Rule | undefined;
  for (const line of readFileSync(PAGE, 'utf8').split('\n')) {
    const head = HEAD.exec(line);
    if (head) rules.push((open = { number: Number(head[1]), title: titleOf(head[2] ?? ''), vectors: [] }));
    else if (line.startsWith('#') || line.startsWith('---')) open = undefined;
    for (const [, vector] of line.matchAll(/V:([a-z0-9-]+\*?)/g)) {
      if (open && vector !== undefined && !open.vectors.includes(vector)) open.vectors.push(vector);
    }
  }
  return rules;
}

/** Up to the end of the bold words, without what marks them. */
function titleOf(rest: string): string {
  const bold = rest.indexOf('**');
  const title = rest.slice(bold === 0 ? 2 : 0, bold > 0 ? bold : undefined).split('. ')[0] ?? '';
  return title
    .replaceAll('*', '')
    .replace(/[.:,]?\s*$/, '')
    .trim();
}
