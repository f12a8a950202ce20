import { existsSync, readFileSync } from 'node:fs';
import { BadInput } from '../errors';

/** What a file that is kept with a run should hold. */
export interface KeptFile<Kept> {
  path: string;
  /** In words, for who finds it damaged. */
  holds: string;
  isWhole(value: unknown): value is Kept;
}

/** Reads a JSON file that is kept with a run; undefined when there is none. Throws {@link BadInput} for one that is damaged. */
export function readKept<Kept>({ path, holds, isWhole }: KeptFile<Kept>): Kept | undefined {
  if (!existsSync(path)) return undefined;
  const damaged = (found: string, options?: ErrorOptions): BadInput =>
    new BadInput(
      `${path} is damaged: found ${found}, expected ${holds}; copy it again, or remove it to go on without it`,
      options,
    );
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged('no JSON', { cause: error });
    throw error;
  }
  if (isWhole(value)) return value;
  throw damaged('JSON of something else');
}

/** Whether a value is an object, or also that it has lists of these names. */
export function hasLists(value: unknown, ...lists: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const parts = new Map<string, unknown>(Object.entries(value));
  return lists.every((name) => Array.isArray(parts.get(name)));
}
