import { isMap, isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { ScenarioError } from '../scenario/errors';

export type Path = readonly PropertyKey[];

/** A kind of file that people write, for what its reader says of a wrong one. */
export interface DocumentKind {
  /** What stands at the top: `a scenario: a mapping with name, iommus, processes, devices`. */
  what: string;
  /** The page that lists its keys. */
  reference: string;
  /** A setting as `--set` takes it. */
  exampleSetting: string;
  /** A mapping whose keys have dots in them: behind it a setting names one of its keys, and nothing inside. */
  dotted?: string;
}

/** A file whose every key was checked, and where its parts stand. */
export interface CheckedDocument<T> {
  data: T;
  /** 1-based line of the deepest part of the path that is there, so that a missing key points at its parent. */
  lineOf(path: Path): number;
}

/**
 * Reads a file of YAML, of which JSON is a part, and checks it against its schema. `overrides` are `key=value` settings with dotted
 * keys (`workers.processes=4`, `devices.0.credits=8`), applied before anything is checked. Throws {@link ScenarioError} for the first
 * thing that is wrong.
 */
export function readDocument<T>(
  kind: DocumentKind,
  schema: z.ZodType<T>,
  file: string,
  text: string,
  overrides: readonly string[] = [],
): CheckedDocument<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, intAsBigInt: false });
  const broken = document.errors[0];
  if (broken)
    throw new ScenarioError(file, lines.linePos(broken.pos[0]).line, firstLine(broken.message), 'YAML', {
      cause: broken,
    });
  if (!isMap(document.contents)) throw new ScenarioError(file, 1, 'no mapping at the top', kind.what);
  for (const override of overrides) applyOverride(kind, file, document, override);
  const result = schema.safeParse(document.toJS());
  if (!result.success) throw complaint(kind, file, document, lines, result.error);
  return { data: result.data, lineOf: (path) => lineOf(document, lines, path) };
}

function applyOverride(kind: DocumentKind, file: string, document: Document, override: string): void {
  const equals = override.indexOf('=');
  if (equals < 1)
    throw new ScenarioError('--set', 0, `'${override}'`, `key=value, for example ${kind.exampleSetting}`);
  const path = pathOf(kind, override.slice(0, equals));
  const parsed = parseDocument(override.slice(equals + 1));
  const value: unknown = parsed.errors.length > 0 ? override.slice(equals + 1) : parsed.toJS();
  try {
    document.setIn(path, value);
  } catch (cause) {
    throw new ScenarioError('--set', 0, `'${override}'`, `a key that exists in ${file}`, { cause });
  }
}

function pathOf({ dotted }: DocumentKind, key: string): Path {
  if (dotted !== undefined && key.startsWith(`${dotted}.`)) return [dotted, key.slice(dotted.length + 1)];
  return key.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

/** The line of the deepest node that exists on the path, so that a missing key points at its parent. */
function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let depth = path.length; depth >= 0; depth -= 1) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function complaint(
  kind: DocumentKind,
  file: string,
  document: Document,
  lines: LineCounter,
  error: z.ZodError,
): ScenarioError {
  const issue = deepest(error.issues);
  const path = issue ? [...issue.path] : [];
  if (issue?.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    return new ScenarioError(
      file,
      keyLine(document, lines, path, key),
      `unknown key '${[...path, key].join('.')}'`,
      `a key of ${kind.reference}`,
      { cause: error },
    );
  }
  const value: unknown = path.length > 0 ? document.getIn(path) : document.toJS();
  const found = value === undefined ? `no '${path.join('.')}'` : `'${path.join('.')}' ${show(value)}`;
  return new ScenarioError(
    file,
    lineOf(document, lines, path),
    found,
    issue ? expectedBy(issue) : kind.what,
    {
      cause: error,
    },
  );
}

/** The checker's names of types, as a person would tell them. */
const WORDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
};

/** `Too small: expected number to be >0`, as what stands behind "expected"; what was found is said before it. */
export function expectedBy(issue: z.core.$ZodIssue): string {
  const expected = issue.message.replace(/^[A-Z][a-z ]*: expected /, '').replace(/, received \w+$/, '');
  return (
    WORDS[expected] ??
    expected.replace(/^number to be /, 'a number ').replace(/^array to have /, 'a list with ')
  );
}

/** For a union, the issue of the alternative that came furthest says more than "invalid input". */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  const issue = issues[0];
  if (issue?.code !== 'invalid_union' || issue.errors.length === 0) return issue;
  const alternatives = issue.errors
    .map((alternative) => deepest(alternative))
    .filter((each) => each !== undefined);
  const best = alternatives.sort((a, b) => rank(b) - rank(a))[0];
  return best && { ...best, path: [...issue.path, ...best.path] };
}

function rank(issue: z.core.$ZodIssue): number {
  return issue.path.length * 2 - (issue.code === 'unrecognized_keys' ? 1 : 0);
}

function keyLine(document: Document, lines: LineCounter, path: Path, key: string): number {
  const parent: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === key) : undefined;
  return pair && isNode(pair.key) && pair.key.range
    ? lines.linePos(pair.key.range[0]).line
    : lineOf(document, lines, path);
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Without the place, which is said before it. */
function firstLine(message: string): string {
  return (message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '');
}
