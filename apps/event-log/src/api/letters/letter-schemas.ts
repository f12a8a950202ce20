import { z } from 'zod';
import { createDto } from '../common/dto';
import { cursor, limit, whole } from '../common/query-parts';

export class LettersQuery extends createDto(z.strictObject({ limit: limit(100, 1_000), cursor })) {}
export class LetterParams extends createDto(z.object({ letter: whole(1) })) {}

const letter = z
  .object({
    letter: z.number().describe('its number among the dead letters of the laboratory'),
    atMillis: z.number(),
    subject: z.string().describe('where it came from'),
    unit: z.string(),
    reason: z.string(),
    length: z.number().describe('bytes of the message that it was'),
    sequence: z.number().nullable().describe('in the log, where it came from there'),
    replayed: z.object({ atMillis: z.number(), outcome: z.string() }).nullable(),
  })
  .meta({ id: 'DeadLetter' });

export class LetterList extends createDto(
  z.object({ lab: z.string(), letters: z.array(letter), nextCursor: z.string().nullable() }),
) {}

export class LetterDetail extends createDto(
  letter.extend({
    lab: z.string(),
    body: z.string().describe('what is kept of the message, in base64'),
    records: z.array(z.unknown()).describe('what of it can be read'),
  }),
) {}
