import { INVARIANTS } from '@faultline/audit';
import { z } from 'zod';
import { createDto } from '../common/dto';

export class AuditQuery extends createDto(
  z.strictObject({
    fresh: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .describe('true: read the record again and check every hash, instead of what is kept with the run'),
  }),
) {}

const chainBreak = z.object({
  fault: z.enum(['missing', 'misplaced', 'altered', 'broken-link', 'rewritten']),
  sequence: z.number(),
  subject: z.string().nullable(),
  sentence: z.string(),
});

const auditReport = z
  .object({
    clean: z.boolean().describe('no invariant failed'),
    messages: z.number(),
    events: z.number(),
    firstSequence: z.number(),
    lastSequence: z.number(),
    runEnded: z.enum(['finished', 'stopped', 'failed', 'running']),
    chain: z.object({
      first: chainBreak.nullable().describe('the first break'),
      heads: z.number().describe('published heads that the chain was held against'),
      headsTo: z.number(),
    }),
    invariants: z.array(
      z.object({
        invariant: z.enum(INVARIANTS),
        title: z.string(),
        status: z.enum(['passed', 'failed', 'not-checked']),
        checked: z.number(),
        violated: z.number(),
        violations: z.array(
          z.object({
            invariant: z.enum(INVARIANTS),
            sequence: z.number(),
            identity: z.string(),
            sentence: z.string(),
          }),
        ),
        note: z.string().optional(),
      }),
    ),
    eventsByKind: z.record(z.string(), z.number()),
    counts: z.record(z.string(), z.number()),
    pending: z.object({ groups: z.number(), requests: z.number(), stalls: z.number(), faults: z.number() }),
    work: z
      .object({ beganAtMicros: z.number(), endedAtMicros: z.number() })
      .nullable()
      .describe(
        'from the begin of the first workload to the end of the last access; null before one has ended',
      ),
  })
  .meta({ id: 'AuditReport' });

export const keptAudit = z.looseObject({ summary: z.looseObject({ audit: auditReport }) });

export class AuditStatus extends createDto(
  z.object({
    run: z.string(),
    source: z.enum(['kept', 'fresh']).describe('kept: from when the run ended'),
    upTo: z.number().describe('sequence that the audit has reached'),
    recordedTo: z.number().describe('sequence of the last message of the record'),
    complete: z.boolean().describe('false: ask again, and it goes on from there'),
    head: z.object({ position: z.number(), hash: z.string() }).describe('where the hash chain ends'),
    report: auditReport.nullable(),
  }),
) {}
