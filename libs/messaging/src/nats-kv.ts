import {
  assertKvKey,
  assertKvPrefix,
  KvConflict,
  KvLost,
  KvUnavailable,
  type KvEntry,
  type KvPort,
  type KvWatchOptions,
  type Running,
  toError,
} from '@faultline/hosting';
import type { ApiError } from 'nats';
import { encodeHeaders } from './batch-headers';
import type { NatsLink } from './connection';
import { askJetStream, JetStreamRefused, NO_MESSAGE_FOUND } from './jetstream-api';
import { watchBucket } from './kv-watch';
import { RequestFailed } from './requests';

export interface NatsKvOptions {
  /** How long a write waits for its acknowledgement, in milliseconds; default 5000. */
  timeoutMillis?: number;
}

/** Name of the JetStream stream that keeps a bucket, as all clients of NATS have it. */
export const kvStream = (bucket: string): string => `KV_${bucket}`;
/** Subject of a bucket's keys. */
export const kvSubject = (bucket: string, key: string): string => `$KV.${bucket}.${key}`;

const WRONG_LAST_SEQUENCE = 10071;
const STREAM_NOT_FOUND = 10059;
const DELETED = /^KV-Operation: *(DEL|PURGE)\r$/m;

/**
 * A key-value bucket on JetStream, in the layout of the clients' own buckets. The client's own adapter is not used: it waits out its
 * time limit for what was never sent, and reads from any replica; here the stream's leader answers every read.
 */
export class NatsKv implements KvPort {
  private readonly stream: string;
  private readonly timeoutMillis: number;

  constructor(
    private readonly link: NatsLink,
    private readonly bucket: string,
    options: NatsKvOptions = {},
  ) {
    this.stream = kvStream(bucket);
    this.timeoutMillis = options.timeoutMillis ?? 5_000;
  }

  async get(key: string): Promise<KvEntry | undefined> {
    assertKvKey(key);
    const stored = await this.last(key);
    return stored && !stored.deleted ? stored.entry : undefined;
  }

  async put(key: string, value: Uint8Array, expectedRevision?: number): Promise<number> {
    assertKvKey(key);
    try {
      return await this.write(key, value, expectedRevision, []);
    } catch (error) {
      if (expectedRevision !== 0 || !(error instanceof KvConflict)) throw error;
      // Of a deleted key the bucket keeps that it was deleted, and the server fences against that message.
      const stored = await this.last(key);
      if (!stored?.deleted) throw error;
      return this.write(key, value, stored.entry.revision, []).catch((second: unknown) => {
        throw second instanceof KvConflict ? new KvConflict(key, 0, { cause: second }) : second;
      });
    }
  }

  async delete(key: string, expectedRevision?: number): Promise<void> {
    assertKvKey(key);
    await this.write(key, new Uint8Array(0), expectedRevision, [['KV-Operation', 'DEL']]);
  }

  async entries(prefix: string): Promise<KvEntry[]> {
    assertKvPrefix(prefix);
    const keyAt = kvSubject(this.bucket, '').length;
    const subjects_filter = kvSubject(this.bucket, `${prefix}>`);
    const { state } = await this.ask<{ state: { subjects?: Record<string, number> } }>(
      prefix,
      'STREAM.INFO',
      {
        subjects_filter,
      },
    );
    const keys = Object.keys(state.subjects ?? {}).map((subject) => subject.slice(keyAt));
    const found = await Promise.all(keys.map((key) => this.get(key)));
    return found.flatMap((entry) => entry ?? []).sort((a, b) => a.revision - b.revision);
  }

  async watch(options: KvWatchOptions): Promise<Running> {
    assertKvPrefix(options.prefix);
    const { link, bucket, stream } = this;
    const subject = kvSubject(bucket, `${options.prefix}>`);
    const last = await this.lastOn(options.prefix, subject);
    const keyAt = kvSubject(bucket, '').length;
    return watchBucket({ link, bucket, stream, subject, keyAt, last: last?.seq ?? 0 }, options);
  }

  private async write(
    key: string,
    value: Uint8Array,
    expectedRevision: number | undefined,
    pairs: readonly (readonly [name: string, value: string | number])[],
  ): Promise<number> {
    const fence = [['Nats-Expected-Last-Subject-Sequence', expectedRevision ?? 0]] as const;
    const headers = encodeHeaders(expectedRevision === undefined ? pairs : [...pairs, ...fence]);
    const subject = kvSubject(this.bucket, key);
    const reply = await this.link.requests
      .send(subject, value, this.timeoutMillis, headers)
      .catch((error: unknown) => {
        if (error instanceof RequestFailed) throw new KvUnavailable(key, error.failure, { cause: error });
        throw error;
      });
    const { seq, error } = reply.json<{ seq?: number; error?: ApiError }>();
    if (!error) return seq ?? 0;
    const cause = new JetStreamRefused(error.err_code ?? error.code, error.description);
    if (cause.code === WRONG_LAST_SEQUENCE) throw new KvConflict(key, expectedRevision ?? 0, { cause });
    throw new KvUnavailable(key, cause.message, { cause });
  }

  private async last(key: string): Promise<{ entry: KvEntry; deleted: boolean } | undefined> {
    const stored = await this.lastOn(key, kvSubject(this.bucket, key));
    if (!stored) return undefined;
    const deleted = DELETED.test(Buffer.from(stored.hdrs ?? '', 'base64').toString('utf8'));
    const value = Buffer.from(stored.data ?? '', 'base64');
    return { entry: { key, value, revision: stored.seq }, deleted };
  }

  private async lastOn(key: string, last_by_subj: string): Promise<StoredMessage | undefined> {
    try {
      return (await this.ask<{ message: StoredMessage }>(key, 'STREAM.MSG.GET', { last_by_subj })).message;
    } catch (error) {
      const { cause } = toError(error);
      if (cause instanceof JetStreamRefused && cause.code === NO_MESSAGE_FOUND) return undefined;
      throw error;
    }
  }

  private async ask<T extends object>(key: string, verb: string, payload: object): Promise<T> {
    try {
      return await askJetStream<T>(this.link, `${verb}.${this.stream}`, payload);
    } catch (error) {
      const cause = toError(error);
      if (cause instanceof JetStreamRefused && cause.code === STREAM_NOT_FOUND)
        throw new KvLost(this.bucket, 'it is not there', { cause });
      throw new KvUnavailable(key, cause.message, { cause });
    }
  }
}

/** A message as the JetStream API gives it: headers and body in base64, absent when empty. */
interface StoredMessage {
  seq: number;
  hdrs?: string;
  data?: string;
}
