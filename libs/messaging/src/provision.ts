import {
  deadStream,
  FAULTLINE_VERSION,
  headsBucket,
  logStream,
  ownersBucket,
  queueConsumer,
  snapshotBucket,
  snapshotIndexBucket,
  subjectsOf,
} from '@faultline/contracts';
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  nanos,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type JetStreamManager,
  type StreamConfig,
} from 'nats';
import { ensureConsumer, ensureStream, findStream } from './ensure';
import { StorageUnavailable } from './errors';
import { blobStream } from './nats-blobs';
import { kvStream, kvSubject } from './nats-kv';

export interface ProvisionOptions {
  lab: string;
  /** IOPF queues of the topology. */
  queues: readonly string[];
  /**
   * Size limit of the log, in bytes. Default: what an existing log has, else 4 GiB or the largest half, quarter, ... of it for
   * which the server has room.
   */
  logMaxBytes?: number;
  /** Size limit of the dead letters, in bytes; default 64 MiB. */
  deadMaxBytes?: number;
  /** Size limit of the snapshots, in bytes. Default: the largest of 512 MiB, half of it, ... for which the server has room. */
  snapshotMaxBytes?: number;
  /** Time a worker has to settle or extend a message, in milliseconds; default {@link DEFAULT_ACK_WAIT_MILLIS}. */
  ackWaitMillis?: number;
  /** Messages of one queue that are with workers at any time, over all of them; default 1024. */
  maxAckPending?: number;
  /** Copies of everything in a cluster; default 1. */
  replicas?: number;
}

export interface Provisioned {
  /** Size limit the log has: IOMMUs stop accepting at 80 % of it (D13). */
  logMaxBytes: number;
}

/** Twice the default lease: the groups of a dead worker must go on soon, and a slow worker has three chances to extend. */
export const DEFAULT_ACK_WAIT_MILLIS = 6_000;
/** What `labs list` shows of who made, or last brought up to date, a laboratory. */
const MADE_BY = `faultline ${FAULTLINE_VERSION}`;
const DEFAULT_LOG_BYTES = 4 * 1024 ** 3;
const SMALLEST_LOG_BYTES = 64 * 1024 ** 2;
const DEFAULT_DEAD_BYTES = 64 * 1024 ** 2;
const DEFAULT_SNAPSHOT_BYTES = 512 * 1024 ** 2;
const SMALLEST_SNAPSHOT_BYTES = 16 * 1024 ** 2;
/** A lease or a head is some hundred bytes; the server reserves the whole size at once. */
const BUCKET_BYTES = 16 * 1024 ** 2;
const DUPLICATE_WINDOW_MILLIS = 120_000;

/**
 * Makes, or brings up to date, everything a laboratory needs on the server; safe to call from several processes at once.
 * Rejects with `StreamConfigConflict`, `StorageUnavailable` or `JetStreamMissing`.
 */
export async function provision(jsm: JetStreamManager, options: ProvisionOptions): Promise<Provisioned> {
  // The small ones go first: the log takes as much of the server's room as it can get, and must leave them theirs.
  await ensureStream(jsm, deadConfig(options));
  for (const bucket of [
    ownersBucket(options.lab),
    headsBucket(options.lab),
    snapshotIndexBucket(options.lab),
  ])
    await provisionKv(jsm, bucket, { replicas: options.replicas });
  const snapshotBytes = await provisionSnapshots(jsm, options);
  const logMaxBytes = await provisionLog(jsm, options);
  await growSnapshots(jsm, options, snapshotBytes);
  for (const queue of options.queues) await provisionQueue(jsm, queue, options);
  return { logMaxBytes };
}

/** Makes the durable consumer that the workers of an IOPF queue share. */
export async function provisionQueue(
  jsm: JetStreamManager,
  queue: string,
  options: Pick<ProvisionOptions, 'lab' | 'ackWaitMillis' | 'maxAckPending' | 'replicas'>,
): Promise<void> {
  const config: Partial<ConsumerConfig> & { durable_name: string } = {
    durable_name: queueConsumer(queue),
    filter_subject: subjectsOf(options.lab).queueLogAnyIommu(queue),
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(options.ackWaitMillis ?? DEFAULT_ACK_WAIT_MILLIS),
    // An outage of the mm must not use up the deliveries (D12).
    max_deliver: -1,
    max_ack_pending: options.maxAckPending ?? 1024,
    num_replicas: options.replicas ?? 1,
    deliver_subject: undefined,
  };
  await ensureConsumer(jsm, logStream(options.lab), config);
}

export interface KvBucketOptions {
  /** Size limit, in bytes; default 16 MiB. */
  maxBytes?: number;
  /** Copies in a cluster; default 1. */
  replicas?: number;
}

/** Makes, or brings up to date, a key-value bucket that keeps the last value of each key. */
export async function provisionKv(
  jsm: JetStreamManager,
  bucket: string,
  options: KvBucketOptions = {},
): Promise<void> {
  await ensureStream(jsm, {
    name: kvStream(bucket),
    subjects: [kvSubject(bucket, '>')],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_msgs_per_subject: 1,
    max_bytes: options.maxBytes ?? BUCKET_BYTES,
    allow_rollup_hdrs: true,
    allow_direct: true,
    deny_delete: true,
    num_replicas: options.replicas ?? 1,
  });
}

/** Makes the store of snapshots, at first as small as may be: the log comes before it. */
async function provisionSnapshots(jsm: JetStreamManager, options: ProvisionOptions): Promise<number> {
  const wanted = options.snapshotMaxBytes;
  if (wanted !== undefined) return ensureStream(jsm, snapshotConfig(options, wanted));
  const existing = await findStream(jsm, blobStream(snapshotBucket(options.lab)));
  return ensureStream(jsm, snapshotConfig(options, existing?.config.max_bytes ?? SMALLEST_SNAPSHOT_BYTES));
}

async function growSnapshots(jsm: JetStreamManager, options: ProvisionOptions, bytes: number): Promise<void> {
  if (options.snapshotMaxBytes !== undefined) return;
  for (let larger = DEFAULT_SNAPSHOT_BYTES; larger > bytes; larger /= 2) {
    try {
      await ensureStream(jsm, snapshotConfig(options, larger));
      return;
    } catch (error) {
      if (!(error instanceof StorageUnavailable)) throw error;
    }
  }
}

async function provisionLog(jsm: JetStreamManager, options: ProvisionOptions): Promise<number> {
  if (options.logMaxBytes !== undefined) return ensureStream(jsm, logConfig(options, options.logMaxBytes));
  const existing = await findStream(jsm, logStream(options.lab));
  if (existing) return ensureStream(jsm, logConfig(options, existing.config.max_bytes));
  for (let bytes = DEFAULT_LOG_BYTES; ; bytes /= 2) {
    try {
      return await ensureStream(jsm, logConfig(options, bytes));
    } catch (error) {
      // The server reserves the whole size at once: a small disk gets a small log instead of none.
      if (!(error instanceof StorageUnavailable) || bytes <= SMALLEST_LOG_BYTES) throw error;
    }
  }
}

/** What no stream of ours has, and no stream ever loses again: one that has it is somebody else's. */
const UNWANTED: Partial<StreamConfig> = {
  max_consumers: -1,
  sealed: false,
  deny_delete: false,
  deny_purge: false,
  no_ack: false,
  mirror: undefined,
  sources: undefined,
};

function logConfig(options: ProvisionOptions, maxBytes: number): Partial<StreamConfig> & { name: string } {
  return {
    ...UNWANTED,
    name: logStream(options.lab),
    description: MADE_BY,
    subjects: [subjectsOf(options.lab).allLog],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    // A full log refuses; it never forgets pending groups (D13).
    discard: DiscardPolicy.New,
    max_age: 0,
    max_msgs: -1,
    max_bytes: maxBytes,
    duplicate_window: nanos(DUPLICATE_WINDOW_MILLIS),
    allow_direct: true,
    num_replicas: options.replicas ?? 1,
  };
}

function snapshotConfig(
  options: ProvisionOptions,
  maxBytes: number,
): Partial<StreamConfig> & { name: string } {
  const bucket = snapshotBucket(options.lab);
  return {
    name: blobStream(bucket),
    // Chunks and descriptions, in the layout of the clients' own object stores.
    subjects: [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.New,
    max_bytes: maxBytes,
    allow_rollup_hdrs: true,
    allow_direct: true,
    num_replicas: options.replicas ?? 1,
  };
}

function deadConfig(options: ProvisionOptions): Partial<StreamConfig> & { name: string } {
  return {
    ...UNWANTED,
    name: deadStream(options.lab),
    description: MADE_BY,
    subjects: [subjectsOf(options.lab).allDead],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_bytes: options.deadMaxBytes ?? DEFAULT_DEAD_BYTES,
    num_replicas: options.replicas ?? 1,
  };
}
