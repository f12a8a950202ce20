import { z } from 'zod';
import { createDto } from '../common/dto';
import { cursor, limit, run } from '../common/query-parts';

export class RunParams extends createDto(z.object({ run })) {}

export class RunsQuery extends createDto(z.strictObject({ limit: limit(50, 200), cursor })) {}

const latency = z.looseObject({
  count: z.number(),
  meanMicros: z.number(),
  p50Micros: z.number(),
  p99Micros: z.number(),
  maxMicros: z.number(),
});

/** What is read of a run's summary for its line in a list; a file without it is no summary. */
export const summaryPart = z.looseObject({
  scenario: z.string(),
  profile: z.string(),
  end: z.enum(['finished', 'stopped']),
  summary: z.looseObject({
    pageRequests: z.number(),
    active: z.looseObject({
      firstSentAtMicros: z.number(),
      durationMicros: z.number(),
      faultsPerSecond: z.number(),
    }),
    latency: z.looseObject({ endToEnd: latency }),
    audit: z.looseObject({ clean: z.boolean() }),
  }),
});

export const runEntry = z
  .object({
    run: z.string(),
    state: z
      .enum(['live', 'finished', 'stopped', 'unfinished'])
      .describe(
        'live: recorded by this service now, and not over; unfinished: it has no summary, and may be recorded by another service',
      ),
    scenario: z.string().nullable().describe('its name'),
    profile: z.string().nullable().describe('name of its costs'),
    bytes: z.number().describe('of its record on disk'),
    modifiedAtMillis: z.number().describe('when its record was last written to, since the Unix epoch'),
    faults: z
      .number()
      .nullable()
      .describe('page requests; null without a summary, as are times, rate and verdict'),
    durationMicros: z.number().nullable().describe('from the first fault sent to the last one settled'),
    faultsPerSecond: z.number().nullable().describe('over that time'),
    endToEnd: latency.nullable().describe('from sent to settled, of all faults'),
    clean: z.boolean().nullable().describe('whether no invariant was violated'),
    hasReport: z.boolean().describe('whether there is a report to ask for'),
  })
  .meta({ id: 'RunEntry' });

export class RunList extends createDto(
  z.object({
    runs: z.array(runEntry),
    live: z.string().nullable().describe('id of the run that this service is recording'),
    nextCursor: z.string().nullable().describe('for the next page; null: these were the last'),
  }),
) {}

export class RunDetail extends createDto(
  runEntry.extend({
    record: z.object({
      position: z.number().describe('sequence of its last message'),
      messages: z.number(),
      bytes: z.number().describe('of all bodies'),
      hash: z.string().describe('of the hash chain at that position, in hexadecimal digits'),
    }),
    projectedTo: z
      .number()
      .nullable()
      .describe('sequence up to which questions about faults are answered completely; null: not at all'),
    units: z.array(z.string()).describe('units whose state can be asked for'),
    scenarioAsRun: z.looseObject({}).nullable().describe('the scenario as the log has it'),
    summary: z.looseObject({}).nullable().describe('what the run amounted to, as summary.json has it'),
    origin: z.looseObject({}).nullable().describe('program and machine of the run, as origin.json has it'),
  }),
) {}

export class Counters extends createDto(
  z.object({
    projectedTo: z.number(),
    counters: z.record(z.string(), z.number()).describe('events by kind, and by kind and cause'),
  }),
) {}

export class Report extends createDto(
  z.looseObject({}).describe('what the page shows, as report.json has it'),
) {}
