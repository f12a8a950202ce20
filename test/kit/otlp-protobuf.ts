/** A message of protocol buffers: what stands in each field, in order. Lengths, numbers and texts are told apart by who reads them. */
type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

const VARINT = 0n;
const FIXED64 = 1n;
const FIXED32 = 5n;

function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = (): bigint => {
    for (let value = 0n, shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new RangeError('a field is longer than its message');
    return bytes.subarray(at, (at += length));
  };
  while (at < bytes.length) {
    const tag = varint();
    const type = tag & 7n;
    let value: bigint | Buffer;
    if (type === VARINT) value = varint();
    else if (type === FIXED64) value = take(8).readBigUInt64LE();
    else if (type === FIXED32) value = BigInt(take(4).readUInt32LE());
    else value = take(Number(varint()));
    const field = Number(tag >> 3n);
    fields.set(field, [...(fields.get(field) ?? []), value]);
  }
  return fields;
}

const bytesIn = (fields: Fields, field: number): Buffer[] => (fields.get(field) ?? []) as Buffer[];
const messagesIn = (fields: Fields, field: number): Fields[] => bytesIn(fields, field).map(fieldsOf);
const textIn = (fields: Fields, field: number): string => bytesIn(fields, field)[0]?.toString('utf8') ?? '';
const hexIn = (fields: Fields, field: number): string => bytesIn(fields, field)[0]?.toString('hex') ?? '';
const numberIn = (fields: Fields, field: number): bigint =>
  (fields.get(field)?.[0] as bigint | undefined) ?? 0n;

/** An export of spans, written as protocol buffers (opentelemetry/proto/trace/v1/trace.proto), in the form that its JSON has. */
export function exportOfProtobuf(bytes: Buffer) {
  return {
    resourceSpans: messagesIn(fieldsOf(bytes), 1).map((resourceSpans) => ({
      resource: { attributes: messagesIn(resourceSpans, 1).flatMap((resource) => attributesIn(resource, 1)) },
      scopeSpans: messagesIn(resourceSpans, 2).map((scope) => ({ spans: messagesIn(scope, 2).map(spanOf) })),
    })),
  };
}

function spanOf(span: Fields) {
  const [status] = messagesIn(span, 15);
  return {
    traceId: hexIn(span, 1),
    spanId: hexIn(span, 2),
    parentSpanId: hexIn(span, 4),
    name: textIn(span, 5),
    kind: Number(numberIn(span, 6)),
    startTimeUnixNano: String(numberIn(span, 7)),
    endTimeUnixNano: String(numberIn(span, 8)),
    attributes: attributesIn(span, 9),
    links: messagesIn(span, 13).map((link) => ({ traceId: hexIn(link, 1), spanId: hexIn(link, 2) })),
    status: status ? { code: Number(numberIn(status, 3)), message: textIn(status, 2) } : { code: 0 },
  };
}

function attributesIn(message: Fields, field: number) {
  return messagesIn(message, field).map((pair) => {
    const [value] = messagesIn(pair, 2);
    return { key: textIn(pair, 1), value: value ? valueOf(value) : {} };
  });
}

function valueOf(value: Fields) {
  if (value.has(1)) return { stringValue: textIn(value, 1) };
  if (value.has(2)) return { boolValue: numberIn(value, 2) === 1n };
  if (value.has(3)) return { intValue: Number(BigInt.asIntN(64, numberIn(value, 3))) };
  const bits = Buffer.alloc(8);
  bits.writeBigUInt64LE(numberIn(value, 4));
  return { doubleValue: bits.readDoubleLE() };
}
