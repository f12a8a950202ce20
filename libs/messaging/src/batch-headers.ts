import type { BatchHeaders } from '@faultline/contracts';
import type { LogAppend } from '@faultline/hosting';
import { MsgHdrsImpl, type Msg } from 'nats';

/** Headers that are bytes already: the client's own map canonicalizes and searches for each name, 2.5 µs a message instead of 0.2. */
export class EncodedHeaders extends MsgHdrsImpl {
  constructor(private readonly bytes: Uint8Array) {
    super();
  }

  override encode(): Uint8Array {
    return this.bytes;
  }
}

const UNSAFE = /[\r\n]/;

/** Builds headers from pairs. Throws `RangeError` for a value with a line break, which would end the header early. */
export function encodeHeaders(
  pairs: readonly (readonly [name: string, value: string | number])[],
): EncodedHeaders {
  let text = 'NATS/1.0\r\n';
  for (const [name, value] of pairs) {
    if (typeof value === 'string' && UNSAFE.test(value))
      throw new RangeError(`header ${name} has a line break in its value`);
    text += `${name}: ${value}\r\n`;
  }
  return new EncodedHeaders(Buffer.from(`${text}\r\n`));
}

/** The headers of an append: identity, fence and what the batch says about itself. Throws `RangeError` for line breaks in them. */
export function encodeAppendHeaders(append: LogAppend): EncodedHeaders {
  const { schema, version, unit, epoch, cycle, traceparent } = append.headers;
  if (UNSAFE.test(append.id) || UNSAFE.test(schema) || UNSAFE.test(unit) || UNSAFE.test(traceparent ?? '')) {
    throw new RangeError('a batch header has a line break in its value');
  }
  const expected = append.expectedLastSubjectSequence;
  let text = append.id === '' ? 'NATS/1.0\r\n' : `NATS/1.0\r\nNats-Msg-Id: ${append.id}\r\n`;
  if (expected !== undefined) text += `Nats-Expected-Last-Subject-Sequence: ${expected}\r\n`;
  text += `Fl-Schema: ${schema}\r\nFl-Version: ${version}\r\nFl-Unit: ${unit}\r\nFl-Epoch: ${epoch}\r\nFl-Cycle: ${cycle}\r\n`;
  if (traceparent !== undefined) text += `traceparent: ${traceparent}\r\n`;
  return new EncodedHeaders(Buffer.from(`${text}\r\n`));
}

export interface DecodedHeaders {
  headers: BatchHeaders;
  id: string;
}

/** Reads a message's headers; what is missing is empty or 0, so that a foreign message is seen by the codec and not here. */
export function decodeHeaders(message: Msg): DecodedHeaders {
  return parseHeaders(headerBlock(message));
}

/** Reads the text of a header block. */
export function parseHeaders(text: string): DecodedHeaders {
  const headers: BatchHeaders = { schema: '', version: 0, unit: '', epoch: 0, cycle: 0 };
  let id = '';
  let at = text.indexOf('\r\n') + 2;
  while (at >= 2 && at < text.length) {
    const end = text.indexOf('\r\n', at);
    if (end <= at) break;
    const colon = text.indexOf(':', at);
    const value = text.slice(colon + 1, end).trim();
    switch (text.slice(at, colon)) {
      case 'Nats-Msg-Id':
        id = value;
        break;
      case 'Fl-Schema':
        headers.schema = value;
        break;
      case 'Fl-Version':
        headers.version = Number(value);
        break;
      case 'Fl-Unit':
        headers.unit = value;
        break;
      case 'Fl-Epoch':
        headers.epoch = Number(value);
        break;
      case 'Fl-Cycle':
        headers.cycle = Number(value);
        break;
      case 'traceparent':
        headers.traceparent = value;
    }
    at = end + 2;
  }
  return { headers, id };
}

/** The client's own message class keeps the bytes as they came; its parsed map costs 3 µs more a message. */
interface RawMessage {
  _msg: { hdr: number };
  _rdata: Uint8Array;
}

function isRaw(message: object): message is RawMessage {
  return '_rdata' in message && message._rdata instanceof Uint8Array && '_msg' in message;
}

/** The header block of a message; empty where it has none, which costs nothing. */
export function headerBlock(message: Msg): string {
  if (isRaw(message)) {
    const length = message._msg.hdr;
    if (length <= 0) return '';
    return Buffer.from(message._rdata.buffer, message._rdata.byteOffset, length).toString('utf8');
  }
  let text = 'NATS/1.0\r\n';
  for (const name of message.headers?.keys() ?? []) text += `${name}: ${message.headers?.get(name)}\r\n`;
  return text;
}
