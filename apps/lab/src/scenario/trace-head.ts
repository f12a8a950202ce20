import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { detectTraceFormat, type TraceFormat } from '@faultline/domain';

/** Banners and headers of every format are shorter. */
const LINES = 256;

/** The format that the first lines of a trace file show; `undefined` when they fit none. */
export async function detectFormatOf(file: string): Promise<TraceFormat | undefined> {
  const raw = createReadStream(file);
  const input = (await isGzipped(file)) ? raw.pipe(createGunzip()) : raw;
  raw.on('error', (error) => input.destroy(error));
  const lines: string[] = [];
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      lines.push(line);
      if (lines.length === LINES) break;
    }
  } finally {
    raw.destroy();
    input.destroy();
  }
  return detectTraceFormat(lines);
}

async function isGzipped(file: string): Promise<boolean> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer.readUInt16BE(0) === 0x1f8b;
  } finally {
    await handle.close();
  }
}
