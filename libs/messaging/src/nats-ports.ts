import { headsBucket, ownersBucket, snapshotBucket, snapshotIndexBucket } from '@faultline/contracts';
import type { JetStreamManager } from 'nats';
import type { NatsLink } from './connection';
import { JetStreamMissing, JetStreamNotReady } from './errors';
import { NatsBlobs } from './nats-blobs';
import { NatsDeadLetters, type NatsDeadLettersOptions } from './nats-dead-letters';
import { NatsKv, type NatsKvOptions } from './nats-kv';
import { NatsLanes } from './nats-lanes';
import { NatsLog, type NatsLogOptions } from './nats-log';
import { NatsWork, type NatsWorkOptions } from './nats-work';
import { isPassing, patiently } from './patience';
import { SystemClock } from './system-clock';

export interface NatsPorts {
  log: NatsLog;
  work: NatsWork;
  lanes: NatsLanes;
  deadLetters: NatsDeadLetters;
  /** Leases and members of the laboratory. */
  owners: NatsKv;
  /** Published heads of the record's hash chain. */
  heads: NatsKv;
  snapshots: NatsBlobs;
  /** Which snapshot of each unit counts. */
  snapshotIndex: NatsKv;
  clock: SystemClock;
}

export type NatsPortsOptions = NatsLogOptions & NatsWorkOptions & Pick<NatsDeadLettersOptions, 'onLost'>;

/** The management API of the connection's server. Rejects with {@link JetStreamMissing} or {@link JetStreamNotReady}. */
export async function jetStreamOf(link: NatsLink): Promise<JetStreamManager> {
  return patiently(() => link.nc.jetstreamManager()).catch((error: unknown) => {
    throw isPassing(error) ? new JetStreamNotReady({ cause: error }) : new JetStreamMissing({ cause: error });
  });
}

/** A key-value bucket by its name, made before by `provision` or `provisionKv`. Rejects as {@link jetStreamOf}. */
export async function openKv(link: NatsLink, bucket: string, options: NatsKvOptions = {}): Promise<NatsKv> {
  await jetStreamOf(link);
  return new NatsKv(link, bucket, options);
}

/** All ports of one laboratory over one connection. The laboratory must have been provisioned. */
export async function natsPorts(link: NatsLink, options: NatsPortsOptions): Promise<NatsPorts> {
  const jsm = await jetStreamOf(link);
  return {
    log: new NatsLog(link, options),
    work: new NatsWork(link, jsm, options),
    lanes: new NatsLanes(link),
    deadLetters: new NatsDeadLetters(link, options),
    owners: new NatsKv(link, ownersBucket(options.lab)),
    heads: new NatsKv(link, headsBucket(options.lab)),
    snapshots: new NatsBlobs(link, snapshotBucket(options.lab)),
    snapshotIndex: new NatsKv(link, snapshotIndexBucket(options.lab)),
    clock: new SystemClock(),
  };
}
