import { FAULT_CODES, STAGES } from '@faultline/audit';
import { MEASURES } from '@faultline/record';
import { z } from 'zod';
import { createDto } from '../common/dto';
import { cursor, limit, run, whole } from '../common/query-parts';

const code = z.enum(FAULT_CODES);

const page = z
  .string()
  .regex(/^(0x[0-9a-f]{1,13}|\d{1,16})$/i, 'a page number, decimal or as 0x...')
  .transform(Number);

export class FaultsQuery extends createDto(
  z.strictObject({
    device: whole(0).optional(),
    pasid: whole(0).optional(),
    page: page.optional().describe('page number, decimal or hexadecimal with 0x'),
    code: code.optional().describe('how it was answered'),
    stage: z
      .enum(MEASURES as [string, ...string[]])
      .transform((each) => each as (typeof MEASURES)[number])
      .default('total')
      .describe('what minMicros, maxMicros and the order by time speak of; total: from sent to settled'),
    minMicros: z.coerce.number().optional().describe('at least so long; orders by time'),
    maxMicros: z.coerce.number().optional().describe('at most so long; orders by time'),
    order: z
      .enum(['identity', 'slowest'])
      .default('identity')
      .describe('slowest: by the time of the stage, without faults that have no such time'),
    limit: limit(50, 1_000),
    cursor,
  }),
) {}

export class FaultParams extends createDto(
  z.object({
    run,
    fault: z
      .string()
      .regex(
        /^\d{1,9}\.\d{1,15}\.\d{1,15}(\.\d{1,9})?$/,
        'segment.epoch.request, and .round for a further round of a stall',
      ),
  }),
) {}

const micros = z.number().nullable();
const sequenceOf = z.number().nullable();

/** One fault: one page request, or one round of a stall. */
export const faultRow = z
  .object({
    id: z.string().describe('segment.epoch.request, and .round for a further round of a stall'),
    segment: z.number(),
    segmentEpoch: z.number(),
    request: z.number(),
    round: z.number(),
    model: z.enum(['pri', 'stall']),
    iommu: z.number(),
    device: z.number(),
    pasid: z.number(),
    page: z.number(),
    permissions: z.number(),
    access: z.number().nullable().describe("number of the access in its device's workload"),
    group: z.string().nullable().describe('iommu.epoch.group; null: it never was in a closed group'),
    groupId: z.number(),
    queue: z.string().nullable(),
    code,
    settlement: z.string().nullable().describe('what became of the access after the answer'),
    resolution: z.string().nullable(),
    error: z.string().nullable(),
    instants: z
      .object({
        sentAtMicros: z.number(),
        writtenAtMicros: micros,
        queuedAtMicros: micros,
        startedAtMicros: micros,
        handlingAtMicros: micros,
        handledAtMicros: micros,
        respondedAtMicros: micros,
        receivedAtMicros: micros,
        settledAtMicros: micros,
      })
      .describe('microseconds since the Unix epoch; null for a step that this fault did not have'),
    stages: z
      .object(
        Object.fromEntries(STAGES.map((stage) => [stage, micros])) as Record<
          (typeof STAGES)[number],
          typeof micros
        >,
      )
      .describe('durations; the time of a stage without an end is part of the next'),
    totalMicros: micros.describe('from sent to settled'),
    sequences: z
      .object({
        written: sequenceOf,
        queued: sequenceOf,
        handled: sequenceOf,
        responded: sequenceOf,
        settled: sequenceOf,
      })
      .describe("of the messages that hold the fault's events"),
    complete: z.boolean(),
    traceId: z
      .string()
      .nullable()
      .describe('of its OpenTelemetry trace, 32 hexadecimal digits; null: it was not traced'),
  })
  .meta({ id: 'Fault' });

const positions = {
  projectedTo: z.number().describe('sequence up to which this answer is complete'),
  recordedTo: z.number().describe('sequence of the last message of the record'),
};

export class FaultList extends createDto(
  z.object({ ...positions, faults: z.array(faultRow), nextCursor: z.string().nullable() }),
) {}

export class FaultTimeline extends createDto(
  z.object({
    ...positions,
    fault: faultRow,
    traceUrl: z
      .string()
      .nullable()
      .describe('where its trace can be looked at; null: it has none, or no viewer is configured'),
    events: z
      .array(
        z.object({
          sequence: z.number(),
          subject: z.string(),
          unit: z.string(),
          atMicros: z
            .number()
            .nullable()
            .describe('when it happened, since the Unix epoch, as the event itself says'),
          event: z.looseObject({ kind: z.string() }),
        }),
      )
      .describe('every event that speaks of the fault, in the order of the log'),
  }),
) {}
