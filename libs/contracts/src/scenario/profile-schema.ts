import { z } from 'zod';
import { profileNames } from './profiles';
import { microsOrNone } from './schema-parts';

/** The profile of a scenario: one of the table by its name, or the stages themselves. */

const weighted = z.strictObject({
  micros: microsOrNone.describe('a time that was measured'),
  weight: z.number().positive().default(1).describe('how often it comes, relative to the others'),
});

/** A constant, a lognormal spread by its median and 99th percentile, or values with weights. */
const spread = z.union([
  microsOrNone,
  z
    .strictObject({
      median: microsOrNone.describe('half of the draws are longer'),
      p99: microsOrNone.describe('one of a hundred draws is longer; not below the median'),
    })
    .refine(({ median, p99 }) => p99 >= median, 'a p99 that is not below the median'),
  z.strictObject({ values: z.array(weighted).min(1).max(1_000).describe('what draws are taken from') }),
]);

const HOW = 'a constant, or `{ median, p99 }` of a lognormal spread, or `{ values: [{ micros, weight }] }`';

export const ownProfile = z.strictObject({
  deviceMicros: microsOrNone.default(0).describe("from the device to the IOMMU's ring"),
  interruptMicros: microsOrNone.default(0).describe('interrupt until software has drained the ring'),
  enqueueMicros: microsOrNone.default(0).describe('from an IOPF queue to the worker that runs the group'),
  handlerMicros: spread.default(0).describe(`the mm handling one fault: ${HOW}`),
  handlerPageMicros: microsOrNone
    .optional()
    .describe(
      'each further page of a group that is handled as one batch; absent: each page is a handling of its own',
    ),
  storageMicros: spread
    .default(0)
    .describe('added for a page that comes from storage; written like `handlerMicros`'),
  responseMicros: microsOrNone.default(0).describe('from the response until the device asks again'),
  prefetchMicros: microsOrNone.default(0).describe('each page that is brought along'),
  source: z.string().min(1).max(200).default('the scenario').describe('who measured it, for people'),
});

export const profileSchema = z.union([z.enum(profileNames), ownProfile]);

/** A profile as a scenario gives it itself. */
export type OwnProfile = z.infer<typeof ownProfile>;
