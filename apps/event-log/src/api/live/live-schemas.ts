import { STAGES } from '@faultline/audit';
import { z } from 'zod';
import { createDto } from '../common/dto';

const service = z.object({
  instance: z.string(),
  service: z.string(),
  session: z.string().describe('names the process among all that had the name of the instance'),
  pid: z.number(),
  state: z.enum(['waiting', 'ready', 'stopping', 'failed', 'left']).describe('its own last word'),
  standing: z
    .enum(['here', 'late', 'gone'])
    .describe('late: two heartbeats did not come; gone: its leases have ended, or it said so'),
  units: z.array(z.string()).describe('units that it owns'),
  reason: z.string().nullable(),
  deadLetters: z.number(),
  repairedQueues: z.number(),
});

const unit = z.object({
  unit: z.string(),
  owner: z.string().nullable().describe('instance that says it owns it'),
  epoch: z.number().nullable().describe('which owner wrote last, counted from 1'),
});

const queue = z.object({
  iommu: z.number(),
  queue: z.string(),
  depth: z.number().describe('groups whose handling is not over'),
  oldestAgeMicros: z.number().nullable(),
  queued: z.number(),
  handled: z.number(),
});

const device = z.object({
  device: z.number(),
  name: z.string().nullable(),
  open: z.number().describe('faults that were sent and have not settled'),
  settled: z.number(),
  retried: z.number(),
});

const stageLook = z.object({
  count: z.number(),
  p50Micros: z.number().nullable(),
  p99Micros: z.number().nullable(),
  meanMicros: z.number().nullable(),
});

export const progress = z
  .object({
    atMicros: z.number().describe('since the Unix epoch'),
    position: z.number().describe('sequence of the log that all of this is counted to'),
    recordedTo: z.number().describe('sequence of the last message of the record'),
    catchingUp: z
      .boolean()
      .describe('the counting has not reached the end of the record, and rates say nothing yet'),
    faultsPerSecond: z.number().describe('faults that settled, over the last two seconds'),
    eventsPerSecond: z.number(),
    totals: z.object({
      messages: z.number(),
      events: z.number(),
      faults: z.number().describe('that settled'),
      open: z.number(),
      retries: z.number(),
      overflows: z.number(),
      dropped: z.number(),
      accessesEnded: z.number(),
    }),
    accesses: z.number().nullable().describe('that the scenario has, all told'),
    stages: z
      .record(z.enum([...STAGES, 'total']), stageLook)
      .describe('latencies of what settled since the event before; total: from sent to settled'),
  })
  .meta({ id: 'Progress' });

export class LiveState extends createDto(
  z.object({
    laboratory: z
      .object({
        lab: z.string(),
        run: z.string().nullable(),
        scenario: z.string().nullable(),
        timeScale: z.number().nullable(),
        ended: z
          .enum(['finished', 'stopped', 'failed'])
          .nullable()
          .describe('when the log says that the run has ended'),
      })
      .nullable()
      .describe('null: this service is in none at the moment'),
    services: z
      .array(service)
      .describe('of the laboratory; without one those that stand at the site of this service'),
    units: z.array(unit),
    queues: z.array(queue),
    devices: z.array(device),
    progress: progress.nullable(),
    counters: z.record(z.string(), z.number()).describe('events by kind, and by kind and cause'),
    history: z.array(progress).describe('the last five minutes, while somebody looked'),
  }),
) {}

export class LiveQuery extends createDto(
  z.strictObject({
    lastEventId: z
      .string()
      .max(100)
      .optional()
      .describe('in place of the header Last-Event-ID, for those who begin a connection anew by hand'),
  }),
) {}

export type Progress = z.infer<typeof progress>;
