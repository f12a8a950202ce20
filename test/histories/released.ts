import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What was given to others, and is never changed again. */
export interface Released {
  /** Versions of this program, whose histories stay as they are. */
  versions: string[];
  /** By schema, its highest version that a released program wrote; its layouts up to there stay as they are. */
  schemas: Record<string, number>;
}

const RELEASED_FILE = join(__dirname, 'released.json');

export const released = (): Released => JSON.parse(readFileSync(RELEASED_FILE, 'utf8')) as Released;
