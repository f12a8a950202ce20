import { MAX_PAGE } from '@faultline/domain';
import { z } from 'zod';

/** Values that several parts of the scenario file have. */

export const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, "a name of 1 to 32 letters a-z, digits and '-'");
export const positive = z.int().positive();
export const count = z.int().nonnegative();
export const permissions = z.string().regex(/^(?=.*[rwx])[rwx-]{1,3}$/, "letters r, w, x or '-'");
/** A page number: a decimal or 0x number of 4 KiB pages. */
export const pageNumber = z.int().nonnegative().max(MAX_PAGE);
/** Model time that may be none. */
export const microsOrNone = z.number().nonnegative();
