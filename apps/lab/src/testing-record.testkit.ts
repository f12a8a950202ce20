import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LoggedMessage } from '@faultline/audit';
import { costProfiles, type LabEvent, labSchema, segmentSchema } from '@faultline/contracts';
import type { DurableSegmentEvent } from '@faultline/domain';
import { RecordWriter } from '@faultline/record';

const AT = 1_763_856_000_000_000;

/** The messages of a run in which one device made one access that hit, and nothing else happened. */
export function smallLog(run: string, reason: 'finished' | 'stopped' = 'finished'): LoggedMessage[] {
  const lab = `run-${run}`;
  const ofLab = (sequence: number, event: LabEvent): LoggedMessage => ({
    sequence,
    subject: `${lab}.log.lab`,
    headers: { schema: 'lab', version: labSchema.version, unit: 'lab', epoch: 0, cycle: 0 },
    body: labSchema.encode([event]),
  });
  const ofSegment = (sequence: number, events: DurableSegmentEvent[]): LoggedMessage => ({
    sequence,
    subject: `${lab}.log.segment.0`,
    headers: { schema: 'segment', version: segmentSchema.version, unit: 'segment.0', epoch: 1, cycle: 1 },
    body: segmentSchema.encode(events),
  });
  return [
    ofLab(1, { kind: 'ScenarioLoaded', run, scenario: { name: 'small' }, atMicros: AT }),
    ofSegment(2, [
      { kind: 'SegmentOwnerChanged', segment: 0, epoch: 1 },
      {
        kind: 'AccessesHit',
        device: 0,
        atcHits: 1,
        translated: 0,
        ranges: [{ first: 0, count: 1 }],
        atMicros: AT,
      },
    ]),
    ofLab(3, { kind: 'RunEnded', run, reason, atMicros: AT + 1_000_000 }),
  ];
}

/** What the command line reads of its scenario. */
const SCENARIO = {
  ...{ name: 'small', seed: 1, profile: 'none', cost: costProfiles.none, timeScale: 10, queues: 'per-iommu' },
  workers: { processes: 1, servers: 1, groupsPerMessage: 16 },
  shards: [{ shard: 0, frames: 16 }],
  processes: [],
  iommus: [{ iommu: 0, name: 'pri0', model: 'pri', priQueueEntries: 8 }],
  devices: [{ device: 0, name: 'nic0', iommu: 0, workloads: [{ accesses: 1 }] }],
};

/** A run folder with that log in it. */
export async function writeRun(runs: string, run: string, messages = smallLog(run)): Promise<string> {
  const path = join(runs, run);
  mkdirSync(path, { recursive: true });
  const writer = await RecordWriter.open(path);
  await writer.append(messages);
  await writer.close();
  writeFileSync(join(path, 'scenario.json'), JSON.stringify(SCENARIO));
  return path;
}
