import {
  KvLost,
  KvUnavailable,
  LogReadFailed,
  type KvWatchOptions,
  type Running,
  toError,
} from '@faultline/hosting';
import type { Msg } from 'nats';
import type { NatsLink } from './connection';
import type { Delivery } from './delivery';
import { LogFollower } from './log-follower';

export interface WatchedBucket {
  link: NatsLink;
  bucket: string;
  stream: string;
  /** The watched keys as one subject, and the subject's part before the key. */
  subject: string;
  keyAt: number;
  /** The last write that was there when the watch began, 0 when there was none. */
  last: number;
}

/**
 * Follows the writes to a bucket. With a history of one its stream holds each key once, so the stream's beginning is what is there
 * now. Rejects with `KvUnavailable`.
 */
export async function watchBucket(watched: WatchedBucket, options: KvWatchOptions): Promise<Running> {
  const { link, bucket, stream, subject } = watched;
  const ready = once(() => options.onReady());
  const tell = (message: Msg, { sequence, pending }: Delivery): void => {
    const key = message.subject.slice(watched.keyAt);
    const operation = message.headers?.get('KV-Operation') ?? '';
    if (operation === 'DEL' || operation === 'PURGE') options.onDeleted(key, sequence);
    else options.onEntry({ key, value: message.data, revision: sequence });
    // The server's own count may drift while keys are overwritten; the position of the last write does not.
    if (pending === 0 || sequence >= watched.last) ready();
  };
  const unavailable = (reason: string, cause: unknown): Error =>
    new KvUnavailable(options.prefix, reason, { cause });
  try {
    return await LogFollower.start(link, stream, {
      subject,
      fromSequence: 1,
      onMessage: tell,
      onOpened: (pending) => {
        if (pending === 0 || watched.last === 0) ready();
      },
      onError: (error) => {
        if (!(error instanceof LogReadFailed)) return options.onError(error);
        if (link.nc.isClosed()) return options.onError(unavailable(error.reason, error));
        options.onError(new KvLost(bucket, error.reason, { cause: error }));
      },
    });
  } catch (error) {
    throw unavailable(toError(error).message, error);
  }
}

function once(run: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    run();
  };
}
