import { DecodeError, EncodeError } from './errors';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Texts below this length are tried without an encoder. */
const SHORT = 32;

/** Bodies are cut from slabs: memory of its own would cost each of them more than its bytes do. Those above this size get it. */
const SLAB_BYTES = 65_536;
const LARGE = 4_096;

/** Where bodies are written, one after the other. One per encoder. */
export class ByteWriter {
  bytes = new Uint8Array(SLAB_BYTES);
  view = new DataView(this.bytes.buffer);
  position = 0;
  /** Where the body begins that is being written. */
  private first = 0;

  /** Begins a body in the place of one that was not taken. */
  begin(): void {
    this.position = this.first;
  }

  /** Makes room for `size` more bytes. What was written of the body moves if need be. */
  reserve(size: number): void {
    if (this.position + size <= this.bytes.length) return;
    const written = this.bytes.subarray(this.first, this.position);
    this.renew(Math.max(SLAB_BYTES, 2 * (written.length + size)));
    this.bytes.set(written);
    this.position = written.length;
  }

  private renew(size: number): void {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
    this.first = 0;
    this.position = 0;
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

  /** The body that was written. Nothing else is ever written to its place. */
  take(): Uint8Array {
    const { bytes, first, position } = this;
    if (position - first > LARGE) {
      // A small body after a very large one would hold on to all of its room.
      if (bytes.length > SLAB_BYTES) this.renew(SLAB_BYTES);
      else this.position = first;
      return bytes.slice(first, position);
    }
    this.first = position;
    return new Uint8Array(bytes.buffer, first, position - first);
  }
}

/** Texts that were read lately, by a hash of their bytes: names come again and again, and comparing one costs less than making it anew. */
const READ_LATELY = 256;
const lately = new Array<string>(READ_LATELY).fill('');

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
    let hash = 0;
    for (let at = position; at < position + length; at += 1) {
      const code = bytes[at];
      if (code === undefined || code > 127) return undefined;
      hash = (31 * hash + code) % READ_LATELY;
    }
    let text = lately[hash] ?? '';
    if (!this.isNext(text, length)) {
      text = String.fromCharCode(...bytes.subarray(position, position + length));
      lately[hash] = text;
    }
    this.position += length;
    return text;
  }

  private isNext(text: string, length: number): boolean {
    if (text.length !== length) return false;
    const { bytes, position } = this;
    for (let at = 0; at < length; at += 1) if (text.charCodeAt(at) !== bytes[position + at]) return false;
    return true;
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
