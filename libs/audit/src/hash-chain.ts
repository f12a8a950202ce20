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
/** Most bytes that UTF-8 takes for one unit of a string. */
const BYTES_PER_UNIT = 3;
const encoder = new TextEncoder();

/** Where messages are laid out for hashing: one place for all of them, since a hash is taken before the next is laid out. */
let scratch = new Uint8Array(16_384);
let view = new DataView(scratch.buffer);

/**
 * The bytes of a message that the chain covers: layout, sequence, subject, headers in a fixed order, body. Every part of unknown
 * size follows its length, so that no two messages have the same bytes.
 */
export function canonicalBytes(message: LoggedMessage): Uint8Array {
  // Laying out may make another, larger place.
  const end = layOut(message, 0);
  return scratch.slice(0, end);
}

/** Hash of a message: SHA-256 over the hash before it and its own canonical bytes. */
export function chain(previousHash: Uint8Array, canonical: Uint8Array, sha256: Sha256): Uint8Array {
  const joined = new Uint8Array(previousHash.length + canonical.length);
  joined.set(previousHash);
  joined.set(canonical, previousHash.length);
  return sha256(joined);
}

/** The same as {@link chain} of a message's {@link canonicalBytes}, which are copied nowhere. */
export function chainMessage(previousHash: Uint8Array, message: LoggedMessage, sha256: Sha256): Uint8Array {
  const end = layOut(message, previousHash.length);
  scratch.set(previousHash);
  return sha256(scratch.subarray(0, end));
}

/** Lays the message out from a place on, and returns where it ends. */
function layOut(message: LoggedMessage, from: number): number {
  const { subject, headers, body, sequence } = message;
  const { schema, unit, traceparent = '' } = headers;
  const units = subject.length + schema.length + unit.length + traceparent.length;
  makeRoom(from + FIXED_BYTES + BYTES_PER_UNIT * units + body.length);
  scratch[from] = CANONICAL_LAYOUT;
  view.setFloat64(from + 1, sequence, true);
  let position = from + 9;
  position = layOutText(subject, position);
  position = layOutText(schema, position);
  position = layOutText(unit, position);
  position = layOutText(traceparent, position);
  view.setUint16(position, headers.version, true);
  view.setFloat64(position + 2, headers.epoch, true);
  view.setFloat64(position + 10, headers.cycle, true);
  // An absent trace context and an empty one are two things.
  scratch[position + 18] = headers.traceparent === undefined ? 0 : 1;
  view.setUint32(position + 19, body.length, true);
  scratch.set(body, position + 23);
  return position + 23 + body.length;
}

/** Names are short and ASCII: writing them by hand is several times as fast as an encoder. */
function layOutText(text: string, position: number): number {
  const begin = position + 4;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 127) {
      const { written } = encoder.encodeInto(text, scratch.subarray(begin));
      view.setUint32(position, written, true);
      return begin + written;
    }
    scratch[begin + at] = code;
  }
  view.setUint32(position, text.length, true);
  return begin + text.length;
}

function makeRoom(size: number): void {
  if (size <= scratch.length) return;
  scratch = new Uint8Array(2 * size);
  view = new DataView(scratch.buffer);
}

/** Whether two hashes are the same. */
export function sameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}
