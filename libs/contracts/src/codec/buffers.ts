import { DecodeError, EncodeError } from './errors';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Texts below this length are tried without an encoder. */
const SHORT = 32;

/** A growing byte buffer. One per encoder; `take` copies the bytes out, so the buffer serves again at once. */
export class ByteWriter {
  bytes = new Uint8Array(16_384);
  view = new DataView(this.bytes.buffer);
  position = 0;

  /** Makes room for `size` more bytes. */
  reserve(size: number): void {
    const needed = this.position + size;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.position));
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  text(value: string): void {
    if (value.length < SHORT && this.ascii(value)) return;
    const encoded = encoder.encode(value);
    if (encoded.length > 255) throw new EncodeError(`text of ${encoded.length} bytes, at most 255 fit`);
    this.reserve(encoded.length + 1);
    this.bytes[this.position] = encoded.length;
    this.bytes.set(encoded, this.position + 1);
    this.position += encoded.length + 1;
  }

  /** Names are short and ASCII, and each group carries one: writing them by hand is ten times as fast as an encoder. */
  private ascii(value: string): boolean {
    this.reserve(value.length + 1);
    const { bytes, position } = this;
    for (let at = 0; at < value.length; at += 1) {
      const code = value.charCodeAt(at);
      if (code > 127) return false;
      bytes[position + 1 + at] = code;
    }
    bytes[position] = value.length;
    this.position += value.length + 1;
    return true;
  }

  json(value: unknown): void {
    const encoded = encoder.encode(JSON.stringify(value));
    this.reserve(encoded.length + 4);
    this.view.setUint32(this.position, encoded.length, true);
    this.bytes.set(encoded, this.position + 4);
    this.position += encoded.length + 4;
  }

  /** A copy of everything written; the writer starts again. */
  take(): Uint8Array {
    const taken = allot(this.position);
    taken.set(this.position === this.bytes.length ? this.bytes : this.bytes.subarray(0, this.position));
    this.position = 0;
    return taken;
  }
}

/** Bodies below this size are cut from one slab: memory of its own would cost each of them more than its bytes do. */
const LARGE = 4_096;
const SLAB_BYTES = 65_536;
let slab = new ArrayBuffer(SLAB_BYTES);
let slabUsed = 0;

function allot(size: number): Uint8Array {
  if (size > LARGE) return new Uint8Array(size);
  if (slabUsed + size > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    slabUsed = 0;
  }
  const begin = slabUsed;
  slabUsed += size;
  return new Uint8Array(slab, begin, size);
}

/** Reads what a `ByteWriter` wrote. Reading past the end throws a RangeError, which the decoder reports as a truncated body. */
export class ByteReader {
  readonly view: DataView;
  position = 0;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  text(): string {
    const length = this.view.getUint8(this.position++);
    return (length < SHORT ? this.ascii(length) : undefined) ?? this.decode(length);
  }

  private ascii(length: number): string | undefined {
    const { bytes, position } = this;
    let text = '';
    for (let at = position; at < position + length; at += 1) {
      const code = bytes[at];
      if (code === undefined || code > 127) return undefined;
      text += String.fromCharCode(code);
    }
    this.position += length;
    return text;
  }

  json(): unknown {
    const length = this.view.getUint32(this.position, true);
    this.position += 4;
    try {
      return JSON.parse(this.decode(length)) as unknown;
    } catch (cause) {
      if (cause instanceof SyntaxError) throw new DecodeError('a JSON field is not JSON', { cause });
      throw cause;
    }
  }

  private decode(length: number): string {
    const end = this.position + length;
    if (end > this.bytes.length) throw new RangeError('past the end');
    const slice = this.bytes.subarray(this.position, end);
    this.position = end;
    try {
      return decoder.decode(slice);
    } catch (cause) {
      throw new DecodeError('a text field is not UTF-8', { cause });
    }
  }
}
