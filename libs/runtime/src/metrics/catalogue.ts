import type { ServiceName } from '@faultline/contracts';

/** What is said about a metric beside its values. */
export interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  /** Names of its labels. Their values come from the scenario, the schemas and the code, never from a fault. */
  labels: readonly string[];
  /** Which services have it; absent for all. */
  of?: readonly ServiceName[];
}

const units: readonly ServiceName[] = ['device-emulator', 'iommu', 'mm-handler'];
const path: readonly ServiceName[] = [...units, 'iopf-worker'];

/**
 * Every metric of Faultline's own, in the order in which they are shown. Times are wall seconds, as Prometheus has them; divided by
 * `faultline_time_scale` they are model time. What Node.js and the process tell of themselves (`process_*`, `nodejs_*`) is added by
 * prom-client.
 */
export const METRICS = {
  faultline_info: {
    type: 'gauge',
    help: 'Always 1; what this process is.',
    labels: ['service', 'instance', 'version'],
  },
  faultline_state: {
    type: 'gauge',
    help: '1 for the state that this process is in, in the laboratory that it serves; without value while it serves none.',
    labels: ['lab', 'state'],
  },
  faultline_time_scale: {
    type: 'gauge',
    help: 'Wall time that one unit of model time takes in the laboratory that is served.',
    labels: [],
  },
  faultline_unit_owned: {
    type: 'gauge',
    help: '1 for each unit whose lease this process holds and which it serves.',
    labels: ['unit'],
    of: units,
  },
  faultline_events_total: {
    type: 'counter',
    help: "Events that units of this process decided, once they are in the log or need not be; those apart that begin an owner's epoch.",
    labels: ['kind'],
    of: units,
  },
  faultline_responses_total: {
    type: 'counter',
    help: 'Page responses of closed groups, by code and by who decided them.',
    labels: ['code', 'cause'],
    of: ['iommu'],
  },
  faultline_requests_dropped_total: {
    type: 'counter',
    help: 'Page requests that did not get into the ring.',
    labels: ['cause'],
    of: ['iommu'],
  },
  faultline_stage_seconds: {
    type: 'histogram',
    help: "Stages of the path, of a group's last member each: deviceToIommu, iommuToQueue, queueWait and mm are seen by workers, response by IOMMUs (up to its sending), retry by segments.",
    labels: ['stage'],
    of: path,
  },
  faultline_access_seconds: {
    type: 'histogram',
    help: 'Accesses that faulted, from their start to their end, over all rounds.',
    labels: ['outcome'],
    of: ['device-emulator'],
  },
  faultline_accesses: {
    type: 'gauge',
    help: 'Accesses of a segment since its owner began: all there will be, issued, ended, withdrawn.',
    labels: ['unit', 'state'],
    of: ['device-emulator'],
  },
  faultline_iommu_pending_groups: {
    type: 'gauge',
    help: 'Closed groups that have no response yet.',
    labels: ['unit'],
    of: ['iommu'],
  },
  faultline_iommu_ring_records: {
    type: 'gauge',
    help: 'Records in the PRI or event queue that software has not consumed.',
    labels: ['unit'],
    of: ['iommu'],
  },
  faultline_iommu_open_stalls: {
    type: 'gauge',
    help: 'Transactions that the IOMMU holds.',
    labels: ['unit'],
    of: ['iommu'],
  },
  faultline_mm_open_runs: {
    type: 'gauge',
    help: 'Runs of members that are being handled or are parked.',
    labels: ['unit'],
    of: ['mm-handler'],
  },
  faultline_mm_frames: {
    type: 'gauge',
    help: 'Frames of a shard that are free, or quarantined until their invalidation is complete (D11).',
    labels: ['unit', 'state'],
    of: ['mm-handler'],
  },
  faultline_worker_servers: {
    type: 'gauge',
    help: 'Groups that this worker handles at once.',
    labels: [],
    of: ['iopf-worker'],
  },
  faultline_worker_busy_model_seconds_total: {
    type: 'counter',
    help: 'Model time that servers of this worker were at a group, summed over the servers, since it serves the laboratory.',
    labels: [],
    of: ['iopf-worker'],
  },
  faultline_worker_starts_total: {
    type: 'counter',
    help: 'Groups for which a server was woken, and to which one went on from the group before, since it serves the laboratory.',
    labels: ['how'],
    of: ['iopf-worker'],
  },
  faultline_work_deliveries_total: {
    type: 'counter',
    help: 'Work messages that this worker was given: for the first time, or again.',
    labels: ['queue', 'delivery'],
    of: ['iopf-worker'],
  },
  faultline_work_settled_total: {
    type: 'counter',
    help: 'Work messages that this worker settled.',
    labels: ['queue', 'how'],
    of: ['iopf-worker'],
  },
  faultline_work_groups: {
    type: 'histogram',
    help: 'Groups in a work message.',
    labels: ['queue'],
    of: ['iopf-worker'],
  },
  faultline_log_appends_total: {
    type: 'counter',
    help: 'Tries to append a batch of events to the log.',
    labels: ['schema', 'result'],
  },
  faultline_log_append_seconds: {
    type: 'histogram',
    help: 'From the sending of a batch to its acknowledgement.',
    labels: ['schema'],
  },
  faultline_log_append_events: {
    type: 'histogram',
    help: 'Events in a batch that was appended.',
    labels: ['schema'],
  },
  faultline_log_append_bytes_total: {
    type: 'counter',
    help: 'Bytes of the batches that were appended.',
    labels: ['schema'],
  },
  faultline_lane_requests_total: {
    type: 'counter',
    help: 'Requests that this process sent on a lane.',
    labels: ['lane', 'result'],
    of: path,
  },
  faultline_lane_request_seconds: {
    type: 'histogram',
    help: 'From the sending of a request to its reply.',
    labels: ['lane'],
    of: path,
  },
  faultline_lane_records: {
    type: 'histogram',
    help: 'Records in a request: how well the path batches.',
    labels: ['lane'],
    of: path,
  },
  faultline_queue_messages: {
    type: 'gauge',
    help: 'Work messages of an IOPF queue that no worker was given yet, or that one has and has not settled.',
    labels: ['queue', 'state'],
    of: ['event-log'],
  },
  faultline_queue_age_seconds: {
    type: 'gauge',
    help: 'Age of the oldest work message of an IOPF queue that is not settled; 0 when all are.',
    labels: ['queue'],
    of: ['event-log'],
  },
  faultline_record_position: {
    type: 'gauge',
    help: 'Last sequence of the log that is recorded.',
    labels: [],
    of: ['event-log'],
  },
  faultline_record_lag_messages: {
    type: 'gauge',
    help: 'Messages of the log that are still to be recorded.',
    labels: [],
    of: ['event-log'],
  },
  faultline_record_bytes: {
    type: 'gauge',
    help: 'Bytes of the bodies in the record.',
    labels: [],
    of: ['event-log'],
  },
  faultline_record_pauses: {
    type: 'gauge',
    help: 'How often the disk could not follow and the reading of the log was paused, since the laboratory is served.',
    labels: [],
    of: ['event-log'],
  },
  faultline_dead_letters_total: {
    type: 'counter',
    help: 'Messages that this process put to the dead letters.',
    labels: [],
  },
  faultline_trace_spans_total: {
    type: 'counter',
    help: 'Spans of this process: exported, or dropped because whoever takes them was away or too slow. Without value where there are no traces.',
    labels: ['result'],
  },
  faultline_queue_repairs_total: {
    type: 'counter',
    help: 'Consumers of queues that this process made anew.',
    labels: [],
    of: ['iopf-worker'],
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

/** Upper bounds of the slots of a histogram of seconds: three for each power of ten, from 10 us to 100 s. */
export const SECONDS_BOUNDS: readonly number[] = [
  1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 1e-2, 2.5e-2, 5e-2, 0.1, 0.25, 0.5, 1, 2.5, 5,
  10, 100,
];
/** Upper bounds of the slots of a histogram of sizes. */
export const SIZE_BOUNDS: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096];
