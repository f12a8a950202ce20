import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import {
  detectTraceFormat,
  TraceCollapser,
  TraceLineError,
  traceLineParser,
  TRACE_FORMATS,
  type TraceFormat,
  type TraceLineParser,
  type TraceRun,
} from '@faultline/domain';

/** Bytes read, and unpacked, at a time: memory is bounded by a few of these, whatever the size of the file. */
const CHUNK_BYTES = 256 * 1024;
/** No format has lines that come near this. */
const MOST_LINE_BYTES = 64 * 1024;
/** Lines the format is detected from: banners and headers are shorter. */
const DETECTION_LINES = 256;
const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** A trace file cannot be read, or a line of it cannot. `line` is 0 when the trouble is with the file as a whole. */
export class TraceFileError extends Error {
  override readonly name = 'TraceFileError';

  constructor(
    readonly file: string,
    readonly line: number,
    readonly found: string,
    readonly expected: string,
    cause?: unknown,
  ) {
    super(`${file}${line > 0 ? `:${line}` : ''}: found ${found}, expected ${expected}`, { cause });
  }
}

/** How to read a trace file. */
export interface TraceFileOptions {
  /** Detected from the first lines when it is not given. */
  format?: TraceFormat;
}

/**
 * Reads a trace, plain or gzipped (told by its first bytes), as page-granular runs in arrays of one chunk's worth.
 *
 * It reads on only when the consumer asks for more, and closes the file when the consumer stops early.
 *
 * @throws {TraceFileError} at the first line that cannot be read
 */
export async function* readTraceFile(
  file: string,
  options: TraceFileOptions = {},
): AsyncGenerator<TraceRun[], void, undefined> {
  const reader = new TraceReader(file, options.format);
  for await (const lines of readLines(file)) {
    const runs = reader.read(lines);
    if (runs.length > 0) yield runs;
  }
  const rest = reader.finish();
  if (rest.length > 0) yield rest;
}

/**
 * The format that the first lines of a trace file show; `undefined` when they fit none.
 *
 * @throws {TraceFileError} when the file cannot be read
 */
export async function detectTraceFile(file: string): Promise<TraceFormat | undefined> {
  const head: string[] = [];
  for await (const lines of readLines(file)) {
    head.push(...lines);
    if (head.length >= DETECTION_LINES) break;
  }
  return detectTraceFormat(head.slice(0, DETECTION_LINES));
}

/** Lines in, runs out; holds lines back until the format is known. */
class TraceReader {
  private readonly collapser = new TraceCollapser();
  private parse: TraceLineParser | undefined;
  private lineNumber = 0;
  private held: string[] = [];

  constructor(
    private readonly file: string,
    format: TraceFormat | undefined,
  ) {
    if (format !== undefined) this.parse = traceLineParser(format);
  }

  read(lines: string[]): TraceRun[] {
    if (this.parse !== undefined) return this.parseLines(lines, this.parse);
    this.held.push(...lines);
    return this.held.length < DETECTION_LINES ? [] : this.release();
  }

  finish(): TraceRun[] {
    const runs = this.parse === undefined ? this.release() : [];
    this.collapser.finish(runs);
    return runs;
  }

  /** The held lines are enough, or all there are. */
  private release(): TraceRun[] {
    const lines = this.held;
    this.held = [];
    const format = detectTraceFormat(lines.slice(0, DETECTION_LINES));
    if (format === undefined) {
      const at = lines.findIndex((line) => line.trim() !== '');
      const found = at < 0 ? 'an empty file' : JSON.stringify(lines[at]?.slice(0, 80));
      throw new TraceFileError(
        this.file,
        at + 1,
        found,
        `a trace in one of the formats ${TRACE_FORMATS.join(', ')}`,
      );
    }
    this.parse = traceLineParser(format);
    return this.parseLines(lines, this.parse);
  }

  private parseLines(lines: readonly string[], parse: TraceLineParser): TraceRun[] {
    const runs: TraceRun[] = [];
    for (const line of lines) {
      this.lineNumber += 1;
      const result = parse(line, this.lineNumber);
      if (result === 'skip') continue;
      if (result instanceof TraceLineError) {
        throw new TraceFileError(this.file, result.line, JSON.stringify(result.found), result.expected);
      }
      this.collapser.push(result, runs);
    }
    return runs;
  }
}

/** The lines of each chunk, without their line breaks. */
async function* readLines(file: string): AsyncGenerator<string[], void, undefined> {
  let rest = '';
  let lineNumber = 0;
  for await (const chunk of readChunks(file)) {
    // One byte is one character: the formats are ASCII, and a name in UTF-8 cannot be cut in two.
    const lines = (rest + chunk.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const [at, line] of lines.entries()) {
      lineNumber += 1;
      checkLength(file, lineNumber, line);
      if (line.endsWith('\r')) lines[at] = line.slice(0, -1);
    }
    checkLength(file, lineNumber + 1, rest);
    if (lines.length > 0) yield lines;
  }
  if (rest !== '') yield [rest.endsWith('\r') ? rest.slice(0, -1) : rest];
}

function checkLength(file: string, lineNumber: number, line: string): void {
  if (line.length <= MOST_LINE_BYTES) return;
  throw new TraceFileError(
    file,
    lineNumber,
    `more than ${MOST_LINE_BYTES} bytes`,
    `a line of at most ${MOST_LINE_BYTES} bytes`,
  );
}

async function* readChunks(file: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    if (await isGzipped(file)) yield* unpackedChunks(file);
    else
      for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) yield chunk as Buffer;
  } catch (error) {
    // A consumer that breaks off ends a generator without an exception, so this is always a failure of the file.
    if (error instanceof TraceFileError) throw error;
    const found = error instanceof Error ? error.message : String(error);
    throw new TraceFileError(file, 0, found, 'a readable file, plain or wholly gzipped', error);
  }
}

async function* unpackedChunks(file: string): AsyncGenerator<Buffer, void, undefined> {
  const packed = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES });
  packed.on('error', (error) => unpacked.destroy(error));
  packed.pipe(unpacked);
  try {
    for await (const chunk of unpacked) yield chunk as Buffer;
  } finally {
    // `pipe` does not pass a stop upstream.
    packed.destroy();
    unpacked.destroy();
  }
}

async function isGzipped(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(GZIP_MAGIC.length), 0, GZIP_MAGIC.length, 0);
    return bytesRead === GZIP_MAGIC.length && GZIP_MAGIC.every((byte, at) => buffer[at] === byte);
  } finally {
    await handle.close();
  }
}
