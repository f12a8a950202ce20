import type { EventLogStatus, WorkerUse } from '@faultline/contracts';
import type { QueueDepth } from '@faultline/messaging';
import type { UnitProgress } from '@faultline/units';
import type { MetricName } from './catalogue';
import type { Sample } from './families';

/** A value that is read when somebody asks for it, and counted by nobody. */
export interface Reading extends Pick<Sample, 'labels' | 'value'> {
  name: MetricName;
}

const reading = (name: MetricName, value: number, labels: Record<string, string> = {}): Reading => ({
  ...{ name, value, labels },
});

/** What a unit shows of itself. */
export function unitReadings(unit: string, progress: UnitProgress): Reading[] {
  const owned = reading('faultline_unit_owned', 1, { unit });
  if ('pendingGroups' in progress) {
    const { pendingGroups, ringRecords, openStalls } = progress;
    return [
      owned,
      reading('faultline_iommu_pending_groups', pendingGroups, { unit }),
      reading('faultline_iommu_ring_records', ringRecords, { unit }),
      reading('faultline_iommu_open_stalls', openStalls, { unit }),
    ];
  }
  if ('framesFree' in progress) {
    const { openRuns, framesFree, framesQuarantined } = progress;
    return [
      owned,
      reading('faultline_mm_open_runs', openRuns, { unit }),
      reading('faultline_mm_frames', framesFree, { unit, state: 'free' }),
      reading('faultline_mm_frames', framesQuarantined, { unit, state: 'quarantined' }),
    ];
  }
  const states = ['total', 'issued', 'ended', 'withdrawn'] as const;
  return [owned, ...states.map((state) => reading('faultline_accesses', progress[state], { unit, state }))];
}

/** What a worker shows of itself. */
export function workerReadings({ servers, busyMicros, woken, switched }: WorkerUse): Reading[] {
  return [
    reading('faultline_worker_servers', servers),
    reading('faultline_worker_busy_model_seconds_total', busyMicros / 1e6),
    reading('faultline_worker_starts_total', woken, { how: 'woken' }),
    reading('faultline_worker_starts_total', switched, { how: 'switched' }),
  ];
}

/** What waits in the queues. */
export function queueReadings(depths: readonly QueueDepth[]): Reading[] {
  return depths.flatMap(({ queue, waiting, unsettled, oldestAgeMillis }) => [
    reading('faultline_queue_messages', waiting, { queue, state: 'waiting' }),
    reading('faultline_queue_messages', unsettled, { queue, state: 'unsettled' }),
    reading('faultline_queue_age_seconds', oldestAgeMillis / 1_000, { queue }),
  ]);
}

/** What the event log shows of itself. */
export function recordReadings(status: EventLogStatus & { bytes: number; pauses: number }): Reading[] {
  return [
    reading('faultline_record_position', status.position),
    reading('faultline_record_lag_messages', status.lag),
    reading('faultline_record_bytes', status.bytes),
    reading('faultline_record_pauses', status.pauses),
  ];
}
