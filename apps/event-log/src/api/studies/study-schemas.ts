import { z } from 'zod';
import { createDto } from '../common/dto';
import { cursor, limit } from '../common/query-parts';

export class StudiesQuery extends createDto(z.strictObject({ limit: limit(50, 200), cursor })) {}

export class StudyParams extends createDto(
  z.object({ study: z.string().regex(/^[A-Za-z0-9][\w.-]{0,99}$/, 'the id of a study') }),
) {}

/** What is read of the head of a study; a file without it is no head. */
export const studyHead = z.looseObject({ file: z.string(), begunAtMicros: z.number() });

/** What is read of the report of a study for its line in a list. */
export const studyReportPart = z.looseObject({
  study: z.looseObject({
    title: z.string(),
    question: z.string(),
    points: z.number(),
    wanted: z.number(),
    made: z.number(),
    failed: z.number(),
    faults: z.number(),
  }),
  passes: z.boolean(),
});

const studyEntry = z
  .object({
    study: z.string(),
    file: z.string().describe('the study file as it was named'),
    begunAtMicros: z.number().describe('since the Unix epoch'),
    title: z.string().nullable().describe('null, as what follows: it has no report yet'),
    question: z.string().nullable(),
    points: z.number().nullable().describe('combinations of the values of its parameters'),
    runs: z
      .object({ wanted: z.number(), made: z.number(), failed: z.number() })
      .nullable()
      .describe('simulated or live'),
    faults: z.number().nullable().describe('of all its runs'),
    passes: z.boolean().nullable().describe('whether everything that must hold does'),
    hasReport: z.boolean(),
  })
  .meta({ id: 'StudyEntry' });

export type StudyEntry = z.infer<typeof studyEntry>;

export class StudyList extends createDto(
  z.object({ studies: z.array(studyEntry), nextCursor: z.string().nullable() }),
) {}
