import type { ChainHead } from './chain-check';
import { HASH_BYTES } from './hash-chain';

/** Something that was published as a head is none. */
export class HeadUnreadable extends Error {
  constructor(
    readonly found: string,
    options?: ErrorOptions,
  ) {
    super(`'${found}' is no head of a hash chain: expected {"position":N,"hash":"64 hex digits"}`, options);
    this.name = 'HeadUnreadable';
  }
}

/** A head as it is published and kept in files: JSON, the hash in hexadecimal digits. */
export interface HeadText {
  position: number;
  hash: string;
}

export function headText({ position, hash }: ChainHead): HeadText {
  return { position, hash: [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('') };
}

/** Throws {@link HeadUnreadable}. */
export function headOf(value: unknown): ChainHead {
  const { position, hash } = (typeof value === 'object' ? (value ?? {}) : {}) as Partial<HeadText>;
  const isHead = typeof hash === 'string' && hash.length === 2 * HASH_BYTES && /^[0-9a-f]*$/.test(hash);
  if (!isHead || !Number.isSafeInteger(position) || Number(position) < 1)
    throw new HeadUnreadable(JSON.stringify(value) ?? 'undefined');
  const bytes = Array.from({ length: HASH_BYTES }, (_, at) => parseInt(hash.slice(2 * at, 2 * at + 2), 16));
  return { position: Number(position), hash: Uint8Array.from(bytes) };
}

export const encodeHead = (head: ChainHead): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(headText(head)));

/** Throws {@link HeadUnreadable}. */
export function decodeHead(bytes: Uint8Array): ChainHead {
  const text = new TextDecoder().decode(bytes);
  try {
    return headOf(JSON.parse(text));
  } catch (error) {
    if (error instanceof HeadUnreadable) throw error;
    throw new HeadUnreadable(text, { cause: error });
  }
}
