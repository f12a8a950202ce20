import { z } from 'zod';
import { LAB_NAME } from './subjects';

const siteClaim = z.object({
  /** The run that has the site; the event log keeps it in a folder of that name. */
  run: z.string().regex(/^[\w-]+$/),
  /** The laboratory to serve; null while it is made ready, and when the services are to leave it. */
  lab: z.string().regex(LAB_NAME).nullable(),
  /** Who claimed: another value for every process that ever did. */
  holder: z.string().min(1),
  /** When it was claimed, in ISO 8601, for people. Nobody decides by it: clocks differ. */
  since: z.string(),
  /** Grows while the holder lives: a claim that stands still is taken over. */
  beat: z.number().int(),
});

/** What the key of a site says. */
export type SiteClaim = z.infer<typeof siteClaim>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeSiteClaim(claim: SiteClaim): Uint8Array {
  return encoder.encode(JSON.stringify(claim));
}

/** The claim, or `undefined` for a value that is none. */
export function decodeSiteClaim(value: Uint8Array): SiteClaim | undefined {
  try {
    return siteClaim.safeParse(JSON.parse(decoder.decode(value))).data;
  } catch {
    return undefined;
  }
}
