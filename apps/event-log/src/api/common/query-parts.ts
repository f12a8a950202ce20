import { z } from 'zod';

/** A whole number in an address. */
export const whole = (least: number, most: number = Number.MAX_SAFE_INTEGER) =>
  z.coerce.number().int().min(least).max(most);

/** How many to give. */
export const limit = (usual: number, most: number) =>
  whole(1, most).default(usual).describe(`how many to give, at most ${most}`);

export const cursor = z.string().min(1).max(200).optional().describe('nextCursor of the page before');

/** A sequence of the log. */
export const sequence = whole(1);

/** The name of a run in an address: its id, `live` or `latest`. A name that would lead out of the folder is none. */
export const run = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]{0,99}$/, 'the id of a run, live or latest')
  .describe('id of the run; `live` is the one that is being recorded, `latest` the newest');
