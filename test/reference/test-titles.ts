import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');
const ROOMS = ['libs', 'apps', 'test', 'bench'];
const BLOCKS = new Set(['describe', 'it', 'test']);

/** A test, by the titles it stands under. */
export interface TestTitle {
  file: string;
  title: string;
}

/**
 * Every test of the repository, with the titles of its blocks before its own. The sources are parsed and not run: that all tests
 * pass is what the test run itself says.
 */
export function readTestTitles(): TestTitle[] {
  const files = ROOMS.flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.spec.ts') || name.endsWith('.contract.testkit.ts'))
      .map((name) => join(ROOT, room, name)),
  );
  return files.sort().flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
    return titlesIn(source, []).map((title) => ({ file: relative(ROOT, file), title }));
  });
}

function titlesIn(node: ts.Node, above: readonly string[]): string[] {
  const titles: string[] = [];
  node.forEachChild((child) => {
    const block = ts.isCallExpression(child) ? blockOf(child) : undefined;
    if (!block) titles.push(...titlesIn(child, above));
    else if (block.kind === 'describe') titles.push(...titlesIn(child, [...above, block.title]));
    else titles.push([...above, block.title].join(' '));
  });
  return titles;
}

/** `it('...')`, `describe('...')`, and the `.each(...)('...')` forms of both. */
function blockOf(call: ts.CallExpression): { kind: string; title: string } | undefined {
  const [first] = call.arguments;
  if (!first || !ts.isStringLiteralLike(first)) return undefined;
  let callee: ts.Expression = call.expression;
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  if (!ts.isIdentifier(callee) || !BLOCKS.has(callee.text)) return undefined;
  return { kind: callee.text, title: first.text };
}

/** Numbers of the rules that a title names: `R39`, `R41, R43`, `R95-R97`. */
export function rulesNamed(title: string): number[] {
  const named = new Set<number>();
  for (const [, from, to] of title.matchAll(/\bR(\d{1,3})(?:\s?-\s?R(\d{1,3}))?\b/g)) {
    for (let rule = Number(from); rule <= Number(to ?? from); rule += 1) named.add(rule);
  }
  return [...named];
}
