import { ByteReader, ByteWriter } from './buffers';
import { type CompiledLayout, compileLayout } from './compile';
import { DecodeError, EncodeError, UnknownSchema } from './errors';
import type { RecordLayout } from './layout';

/** A record as it is in memory: a plain object with its kind. */
export interface Tagged {
  kind: string;
}

/** Every layout a schema ever had, and how records of an older version become records of the next one. */
export interface SchemaDefinition {
  readonly name: string;
  /** Record layouts by version, from 1. The highest is what is written, unless an older one is asked for. */
  readonly versions: Readonly<Record<number, readonly RecordLayout[]>>;
  /** `upcasters[v]` turns a record of version `v` into one of version `v + 1`. */
  readonly upcasters?: Readonly<Record<number, (record: Tagged) => Tagged>>;
  /** `downcasters[v]` says a record of version `v + 1` in version `v`, for instances that know no other yet; undefined: it cannot. */
  readonly downcasters?: Readonly<Record<number, (record: Tagged) => Tagged | undefined>>;
}

/** First byte of every body, so that foreign bytes are told from ours. */
const MAGIC = 0xfa;
/** How bodies are framed; record layouts have versions of their own. */
const FRAMING = 1;
const HEAD_BYTES = 8;

interface CompiledVersion {
  byTag: (({ layout: RecordLayout } & CompiledLayout) | undefined)[];
  byKind: Map<string, { layout: RecordLayout } & CompiledLayout>;
}

/**
 * Encodes and decodes bodies of one schema: magic, framing version, schema version, record count, then each record as tag and
 * fields. A body tells its own version, so a lane needs no headers; the log's headers repeat it for readers that do not decode.
 * `T` is the union of the current version's records.
 */
export class Schema<T extends Tagged> {
  readonly name: string;
  /** The newest version there is: what is read becomes this one. */
  readonly newest: number;
  private readonly compiled = new Map<number, CompiledVersion>();
  private written: { version: number; compiled: CompiledVersion };
  private readonly writer = new ByteWriter();

  constructor(readonly definition: SchemaDefinition) {
    this.name = definition.name;
    this.newest = Math.max(...Object.keys(definition.versions).map(Number));
    for (const [version, layouts] of Object.entries(definition.versions))
      this.compiled.set(Number(version), compileVersion(layouts));
    this.written = this.versionOf(this.newest);
    // Without one, records of an old version would pass for records of the next.
    for (let version = 1; version < this.newest; version += 1)
      if (!this.compiled.has(version) || !definition.upcasters?.[version])
        throw new Error(`schema ${this.name} has no version ${version} with an upcaster to ${version + 1}`);
  }

  /** The version that is written. */
  get version(): number {
    return this.written.version;
  }

  /**
   * From now on an older version is written, or the newest again; all are read as before. For the time in which instances of the
   * version before are still there. Throws when the schema has no such version, or no way down to it.
   */
  writeAs(version: number): void {
    for (let each = version; each < this.newest; each += 1)
      if (!this.definition.downcasters?.[each])
        throw new Error(`schema ${this.name} has no downcaster from version ${each + 1} to ${each}`);
    this.written = this.versionOf(version);
  }

  /**
   * The body of a batch: what stands at its head, then the records. Throws {@link EncodeError} for a record the schema, or the version
   * that is written, does not have.
   */
  encode(records: readonly T[], head: readonly T[] = []): Uint8Array {
    const { writer } = this;
    writer.begin();
    writer.reserve(HEAD_BYTES);
    const { bytes, view, position } = writer;
    bytes[position] = MAGIC;
    bytes[position + 1] = FRAMING;
    view.setUint16(position + 2, this.written.version, true);
    view.setUint32(position + 4, head.length + records.length, true);
    writer.position += HEAD_BYTES;
    for (const record of head) this.write(record);
    for (const record of records) this.write(record);
    return writer.take();
  }

  /** The records of a body of any version ever written. Throws {@link DecodeError} with the reason; never returns a part. */
  decode(body: Uint8Array): T[] {
    const reader = new ByteReader(body);
    const version = readHead(reader);
    const compiled = this.compiled.get(version);
    if (!compiled) throw new UnknownSchema(this.name, version, `a version from 1 to ${this.newest}`);
    try {
      const records = readRecords(reader, compiled, this.name);
      return (version === this.newest ? records : records.map((each) => this.upcast(each, version))) as T[];
    } catch (cause) {
      if (cause instanceof RangeError)
        throw new DecodeError(
          `body of ${body.length} bytes ends inside a record at byte ${reader.position}`,
          { cause },
        );
      throw cause;
    }
  }

  /**
   * As much of a body as can be read, for whoever has to answer for what a bad message names: every record up to the first whose
   * bytes make no sense, those included that can be read but are refused. `error` is the first complaint, as `decode` throws it;
   * absent when there is none.
   */
  salvage(body: Uint8Array): { records: T[]; error?: DecodeError } {
    try {
      return { records: this.decode(body) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return { records: this.readable(body), error };
    }
  }

  private readable(body: Uint8Array): T[] {
    const reader = new ByteReader(body);
    const records: Tagged[] = [];
    try {
      const version = readHead(reader);
      const compiled = this.compiled.get(version);
      const count = compiled === undefined ? 0 : reader.view.getUint32(4, true);
      reader.position = HEAD_BYTES;
      while (compiled && records.length < count) {
        const known = nextLayout(reader, compiled, this.name, records.length);
        records.push(this.upcast(known.decode(reader) as unknown as Tagged, version));
      }
    } catch (error) {
      // Where the bytes stop to make sense is the end of what can be read; `decode` has said what is wrong with them.
      if (!(error instanceof DecodeError || error instanceof RangeError)) throw error;
    }
    return records as T[];
  }

  private write(record: T): void {
    const { writer } = this;
    const { version, compiled } = this.written;
    const written = version === this.newest ? record : this.downcast(record);
    const known = compiled.byKind.get(written.kind);
    if (!known) throw new EncodeError(`schema ${this.name} has no record '${written.kind}'`);
    writer.reserve(1);
    writer.bytes[writer.position] = known.layout.tag;
    writer.position += 1;
    known.encode(writer, written);
  }

  private versionOf(version: number): { version: number; compiled: CompiledVersion } {
    const compiled = this.compiled.get(version);
    if (!compiled) throw new Error(`schema ${this.name} has no version ${version}`);
    return { version, compiled };
  }

  private downcast(record: Tagged): Tagged {
    let downcast = record;
    for (let version = this.newest - 1; version >= this.written.version; version -= 1) {
      const previous = this.definition.downcasters?.[version]?.(downcast);
      if (!previous)
        throw new EncodeError(
          `record '${record.kind}' of schema ${this.name} cannot be written for instances that know versions up to ${version}`,
        );
      downcast = previous;
    }
    return downcast;
  }

  private upcast(record: Tagged, from: number): Tagged {
    let upcast = record;
    for (let version = from; version < this.newest; version += 1) {
      const next = this.definition.upcasters?.[version];
      if (!next) throw new Error(`schema ${this.name} has no upcaster from version ${version}`);
      upcast = next(upcast);
    }
    return upcast;
  }
}

/** Checks the head and returns the schema version the body was written in. */
/** How many records a body says that it holds; 0 for what is no body. What it says is not checked. */
export function countRecords(body: Uint8Array): number {
  if (body.length < HEAD_BYTES || body[0] !== MAGIC) return 0;
  return new DataView(body.buffer, body.byteOffset, HEAD_BYTES).getUint32(4, true);
}

function readHead(reader: ByteReader): number {
  if (reader.bytes.length < HEAD_BYTES)
    throw new DecodeError(`body of ${reader.bytes.length} bytes is too short for its head`);
  if (reader.bytes[0] !== MAGIC || reader.bytes[1] !== FRAMING)
    throw new DecodeError('body does not begin with the bytes fa 01');
  return reader.view.getUint16(2, true);
}

function readRecords(reader: ByteReader, compiled: CompiledVersion, schema: string): Tagged[] {
  const count = reader.view.getUint32(4, true);
  // Every record has at least its tag, so a count beyond the body's size is refused before memory is spent on it.
  if (count > reader.bytes.length)
    throw new DecodeError(`body of ${reader.bytes.length} bytes claims ${count} records`);
  reader.position = HEAD_BYTES;
  const records: Tagged[] = new Array<Tagged>(count);
  for (let index = 0; index < count; index += 1) {
    const known = nextLayout(reader, compiled, schema, index);
    const record = known.decode(reader) as unknown as Tagged;
    const complaint = known.layout.check?.(record as never);
    if (complaint !== undefined)
      throw new DecodeError(`record ${index} (${known.layout.kind}): ${complaint}`);
    records[index] = record;
  }
  if (reader.position !== reader.bytes.length)
    throw new DecodeError(`${reader.bytes.length - reader.position} bytes are left after the last record`);
  return records;
}

/** How the record that comes next is read, by its tag. */
function nextLayout(
  reader: ByteReader,
  compiled: CompiledVersion,
  schema: string,
  index: number,
): NonNullable<CompiledVersion['byTag'][number]> {
  const tag = reader.view.getUint8(reader.position);
  const known = compiled.byTag[tag];
  if (!known) throw new DecodeError(`record ${index} has tag ${tag}, which schema ${schema} does not have`);
  reader.position += 1;
  return known;
}

function compileVersion(layouts: readonly RecordLayout[]): CompiledVersion {
  const version: CompiledVersion = { byTag: [], byKind: new Map() };
  for (const layout of layouts) {
    if (version.byTag[layout.tag] || version.byKind.has(layout.kind))
      throw new Error(`record ${layout.kind} (tag ${layout.tag}) is defined twice`);
    const entry = { layout, ...compileLayout(layout, layout.kind) };
    version.byTag[layout.tag] = entry;
    version.byKind.set(layout.kind, entry);
  }
  return version;
}
