import type { LoggedMessage } from './message';

/** SHA-256 of bytes. Injected, because the pure rooms have no crypto of the platform. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** Bytes of a hash. */
export const HASH_BYTES = 32;
/** What the first message is chained to. */
export const GENESIS_HASH: Uint8Array = new Uint8Array(HASH_BYTES);

/** How messages are laid out for hashing; another layout gets another number, so that old chains stay verifiable. */
const CANONICAL_LAYOUT = 1;
const FIXED_BYTES = 1 + 8 + 4 * 4 + 2 + 8 + 8 + 1 + 4;
const encoder = new TextEncoder();

/**
 * The bytes of a message that the chain covers: layout, sequence, subject, headers in a fixed order, body. Every part of unknown
 * size follows its length, so that no two messages have the same bytes.
 */
export function canonicalBytes(message: LoggedMessage): Uint8Array {
  const { headers, body } = message;
  const texts = [message.subject, headers.schema, headers.unit, headers.traceparent ?? ''].map((text) =>
    encoder.encode(text),
  );
  const size = texts.reduce((sum, text) => sum + text.length, FIXED_BYTES + body.length);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let position = 0;
  const number = (value: number) => {
    view.setFloat64(position, value, true);
    position += 8;
  };
  view.setUint8(position++, CANONICAL_LAYOUT);
  number(message.sequence);
  for (const text of texts) {
    view.setUint32(position, text.length, true);
    bytes.set(text, position + 4);
    position += 4 + text.length;
  }
  view.setUint16(position, headers.version, true);
  position += 2;
  number(headers.epoch);
  number(headers.cycle);
  // An absent trace context and an empty one are two things.
  view.setUint8(position++, headers.traceparent === undefined ? 0 : 1);
  view.setUint32(position, body.length, true);
  bytes.set(body, position + 4);
  return bytes;
}

/** Hash of a message: SHA-256 over the hash before it and its own canonical bytes. */
export function chain(previousHash: Uint8Array, canonical: Uint8Array, sha256: Sha256): Uint8Array {
  const joined = new Uint8Array(previousHash.length + canonical.length);
  joined.set(previousHash);
  joined.set(canonical, previousHash.length);
  return sha256(joined);
}

/** Whether two hashes are the same. */
export function sameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}
