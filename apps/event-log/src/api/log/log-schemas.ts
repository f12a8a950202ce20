import { z } from 'zod';
import { createDto } from '../common/dto';
import { cursor, limit, sequence } from '../common/query-parts';

export class LogQuery extends createDto(
  z.strictObject({
    from: sequence.default(1).describe('first sequence'),
    to: sequence.optional().describe('last sequence; the end of the record where it is absent'),
    unit: z
      .string()
      .regex(/^[\w.-]{1,60}$/)
      .optional()
      .describe('only what this unit wrote, such as iommu.0'),
    kind: z
      .string()
      .regex(/^[A-Za-z]{1,60}$/)
      .optional()
      .describe('only events of this kind, such as GroupQueued'),
    limit: limit(100, 1_000),
    cursor,
  }),
) {}

export class LogPage extends createDto(
  z.object({
    recordedTo: z.number().describe('sequence of the last message of the record'),
    events: z.array(
      z.object({
        sequence: z.number(),
        place: z.number().describe('of the event in its message, from 0'),
        subject: z.string(),
        unit: z.string(),
        epoch: z.number().describe('which owner of the unit wrote it'),
        cycle: z.number(),
        kind: z.string().describe('Undecodable: the body is none of its schema'),
        atMicros: z
          .number()
          .nullable()
          .describe('when it happened, since the Unix epoch, as the event itself says'),
        event: z.looseObject({}),
      }),
    ),
    nextCursor: z
      .string()
      .nullable()
      .describe(
        'for the next page, which may have events though this one has none; null: the end was reached',
      ),
  }),
) {}
