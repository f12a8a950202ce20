import { MAX_PAGE, PAGE_BYTES } from '../kernel/vocabulary';

/** A 64-bit address has this many hexadecimal digits, of which the last three are the byte in its page. */
const ADDRESS_DIGITS = 16;
const OFFSET_DIGITS = 3;

/** A 64-bit address in two numbers that are both exact. */
export interface PageAddress {
  page: number;
  offset: number;
}

/** Reads the hexadecimal digits of `text` from `from` up to `to`; -1 when there are none, too many, or other letters. */
export function parseHex(text: string, from: number, to: number): number {
  if (to <= from) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = hexDigit(text.charCodeAt(at));
    if (digit < 0) return -1;
    // A product and not a shift, which would cut the number to 32 bits.
    value = value * 16 + digit;
  }
  return value <= MAX_PAGE ? value : -1;
}

/** Page of the hexadecimal address between `from` and `to`; -1 when it is no 64-bit address. No bigint: this is a hot path. */
export function parsePage(text: string, from: number, to: number): number {
  const digits = to - from;
  if (digits < 1 || digits > ADDRESS_DIGITS) return -1;
  return digits <= OFFSET_DIGITS ? 0 : parseHex(text, from, to - OFFSET_DIGITS);
}

/** Byte in the page of the same address; -1 when the last digits are none. */
export function parseOffset(text: string, from: number, to: number): number {
  return parseHex(text, Math.max(from, to - OFFSET_DIGITS), to);
}

/** A whole hexadecimal address, without prefix; `undefined` when it is none. */
export function parseAddress(text: string): PageAddress | undefined {
  const page = parsePage(text, 0, text.length);
  const offset = parseOffset(text, 0, text.length);
  return page < 0 || offset < 0 ? undefined : { page, offset };
}

/** Pages that `bytes` bytes from `offset` on touch: at least one. */
export function pagesTouched(offset: number, bytes: number): number {
  return Math.max(1, Math.ceil((offset + bytes) / PAGE_BYTES));
}

function hexDigit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  if (code >= 97 && code <= 102) return code - 87;
  return code >= 65 && code <= 70 ? code - 55 : -1;
}
