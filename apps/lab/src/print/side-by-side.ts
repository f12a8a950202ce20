import { formatTable } from './table';

/** What stands between the columns of a line that differs. */
const DIFFERS = '!';
/** A value up to this long stays on one line, if both sides do: records can then be compared at a glance. */
const SHORT = 40;
/** Stands for a value that one side does not have. */
const ABSENT = Symbol('absent');

type Row = [left: string, right: string];

interface Side {
  heading: string;
  value: unknown;
}

/** Two values as JSON in two columns, field beside field and entry beside entry, with a mark where they differ. */
export function sideBySide(left: Side, right: Side, width: number): string[] {
  const column = Math.max(16, Math.floor((width - 6) / 2));
  const rows = rowsOf(left.value, right.value, '', '').map(([one, other]) => [
    cut(one, column),
    one === other ? '' : DIFFERS,
    cut(other, column),
  ]);
  return formatTable([{ heading: left.heading }, { heading: ' ' }, { heading: right.heading }], rows);
}

function rowsOf(left: unknown, right: unknown, indent: string, key: string): Row[] {
  const [one, other] = [flatten(left), flatten(right)];
  const opens = isOpen(left) || isOpen(right);
  if (!opens || (one.length <= SHORT && other.length <= SHORT))
    return [[line(indent, key, one), line(indent, key, other)]];
  const [leftBrackets, rightBrackets] = [bracketsOf(left), bracketsOf(right)];
  const inner = keysOf(left, right).flatMap((name) =>
    rowsOf(
      fieldOf(left, name),
      fieldOf(right, name),
      `${indent}  `,
      Array.isArray(left) || Array.isArray(right) ? '' : `${name}: `,
    ),
  );
  return [
    [line(indent, key, leftBrackets?.[0] ?? one), line(indent, key, rightBrackets?.[0] ?? other)],
    ...inner,
    [line(indent, '', leftBrackets?.[1] ?? ''), line(indent, '', rightBrackets?.[1] ?? '')],
  ];
}

function line(indent: string, key: string, text: string): string {
  return text === '' ? '' : `${indent}${key}${text}`;
}

/** Fields of either side, those of the left one first. */
function keysOf(left: unknown, right: unknown): string[] {
  const keys = [left, right].flatMap((value) => (isOpen(value) ? Object.keys(value) : []));
  return [...new Set(keys)];
}

function fieldOf(value: unknown, key: string): unknown {
  if (!isOpen(value)) return ABSENT;
  const field = (value as Readonly<Record<string, unknown>>)[key];
  return field === undefined ? ABSENT : field;
}

function isOpen(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function bracketsOf(value: unknown): [open: string, close: string] | undefined {
  if (!isOpen(value)) return undefined;
  return Array.isArray(value) ? ['[', ']'] : ['{', '}'];
}

function flatten(value: unknown): string {
  if (value === ABSENT) return '';
  const text = JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'bigint' ? `0x${part.toString(16)}` : part,
  ) as string | undefined;
  return text ?? 'nothing';
}

function cut(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}
