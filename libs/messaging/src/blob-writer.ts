import { createHash } from 'node:crypto';
import { type ApiError, type MsgHdrs, nuid } from 'nats';
import { encodeHeaders } from './batch-headers';
import type { NatsLink } from './connection';
import { askJetStream, JetStreamRefused } from './jetstream-api';

/** Bytes of one message of a blob: what the clients' own object stores use. */
const CHUNK_BYTES = 128 * 1024;
/** Chunks on their way at once. More would stand before everything else that the connection has to carry. */
const CHUNKS_IN_FLIGHT = 2;
/** Makes the description that is written the only one of its name. */
const ROLLUP = encodeHeaders([['Nats-Rollup', 'sub']]);

export interface BlobTarget {
  link: NatsLink;
  bucket: string;
  stream: string;
  /** How long each step may take, in milliseconds. */
  timeoutMillis: number;
}

/**
 * Writes a blob as NATS's object stores have it (ADR-20): chunks, then a description with their digest, which makes them count. The
 * client's own adapter reads it. That adapter is not used to write: it computes SHA-256 in JavaScript, all chunks in one turn of the event
 * loop, in which a unit of some megabytes stands still for tenths of a second; and sends them all at once, before everything else.
 *
 * The body must not change before this resolves. Rejects with {@link JetStreamRefused} or `RequestFailed`; then nothing of it counts.
 */
export async function writeBlob(
  target: BlobTarget,
  name: string,
  body: Uint8Array,
  /** Chunks that the name had before; they go when it has the new ones. */
  replaced: string | undefined,
): Promise<void> {
  const id = nuid.next();
  try {
    const digest = await writeChunks(target, chunkSubject(target, id), body);
    const description = {
      name,
      options: { max_chunk_size: CHUNK_BYTES },
      bucket: target.bucket,
      nuid: id,
      size: body.length,
      chunks: Math.ceil(body.length / CHUNK_BYTES),
      mtime: new Date().toISOString(),
      digest: `SHA-256=${digest}`,
      deleted: false,
    };
    const encoded = Buffer.from(JSON.stringify(description));
    // The adapter that reads takes a name's characters for bytes.
    const key = base64Url(Buffer.from(name, 'latin1'));
    await publish(target, `$O.${target.bucket}.M.${key}`, encoded, ROLLUP);
  } catch (error) {
    await dropChunks(target, id).catch(() => undefined);
    throw error;
  }
  // The new ones count, whatever becomes of the old.
  if (replaced !== undefined) await dropChunks(target, replaced).catch(() => undefined);
}

/** Returns the digest of the whole, as a description has it. */
async function writeChunks(target: BlobTarget, subject: string, body: Uint8Array): Promise<string> {
  const hash = createHash('sha256');
  const onTheirWay: Promise<void>[] = [];
  for (let start = 0; start < body.length; start += CHUNK_BYTES) {
    const chunk = body.subarray(start, start + CHUNK_BYTES);
    hash.update(chunk);
    const written = publish(target, subject, chunk);
    // It is awaited below, or an earlier one has failed already.
    written.catch(() => undefined);
    onTheirWay.push(written);
    if (onTheirWay.length >= CHUNKS_IN_FLIGHT) await onTheirWay.shift();
  }
  await Promise.all(onTheirWay);
  return base64Url(hash.digest());
}

async function publish(
  { link, timeoutMillis }: BlobTarget,
  subject: string,
  body: Uint8Array,
  headers?: MsgHdrs,
): Promise<void> {
  const reply = await link.requests.send(subject, body, timeoutMillis, headers);
  const { error } = reply.json<{ error?: ApiError }>();
  if (error) throw new JetStreamRefused(error.err_code ?? error.code, error.description);
}

async function dropChunks(target: BlobTarget, id: string): Promise<void> {
  await askJetStream(target.link, `STREAM.PURGE.${target.stream}`, { filter: chunkSubject(target, id) });
}

const chunkSubject = ({ bucket }: BlobTarget, id: string): string => `$O.${bucket}.C.${id}`;

/** As the clients have it, with padding. */
const base64Url = (bytes: Buffer): string => bytes.toString('base64').replace(/\+/g, '-').replace(/\//g, '_');
