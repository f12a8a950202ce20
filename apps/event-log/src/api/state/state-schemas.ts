import { z } from 'zod';
import { createDto } from '../common/dto';
import { limit, run, sequence, whole } from '../common/query-parts';

const unit = z
  .string()
  .regex(/^[a-z]{1,20}\.\d{1,6}$/, 'a unit, such as iommu.0, mm.0 or segment.0')
  .describe('unit, such as iommu.0, mm.0 or segment.0');

export class UnitParams extends createDto(z.object({ unit })) {}
export class RunUnitParams extends createDto(z.object({ run, unit })) {}

const view = {
  at: sequence.optional().describe('sequence of the log; the end of the record where it is absent'),
  path: z
    .string()
    .max(500)
    .regex(/^(\/[^/]*)*$/, 'a JSON pointer, such as /spaces/1/pages')
    .default('')
    .describe(
      'part of the state to show, as a JSON pointer such as /spaces/1/pages; everything where it is empty',
    ),
  offset: whole(0).default(0).describe('first entry of that part to show'),
  limit: limit(100, 1_000).describe('entries of every collection to show, at most 1000'),
};

export class StateQuery extends createDto(z.strictObject(view)) {}
export class CurrentStateQuery extends createDto(
  z.strictObject({
    ...view,
    run: run
      .optional()
      .describe('id of the run; the one that is being recorded, or else the newest, where it is absent'),
  }),
) {}

export class UnitState extends createDto(
  z.object({
    run: z.string(),
    unit: z.string(),
    kind: z.enum(['iommu', 'mm', 'segment']),
    at: z.number().describe('sequence that the state is folded to'),
    recordedTo: z.number().describe('sequence of the last message of the record'),
    whole: z
      .boolean()
      .describe(
        'false: at that sequence only part of what an IOMMU decided in one cycle was written, and is not shown',
      ),
    path: z.string(),
    state: z.unknown().describe('Maps are objects, large numbers are texts'),
    cut: z
      .array(z.object({ path: z.string(), size: z.number(), offset: z.number(), shown: z.number() }))
      .describe('collections of which only some entries are shown; ask for their path to see more'),
  }),
) {}
