import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { BadInput } from '../errors';

const GZIP_MAGIC = [0x1f, 0x8b] as const;

/** Reads a JSON file of vectors, plain or gzipped (told by its first bytes). Throws {@link BadInput}. */
export async function readVectors(file: string): Promise<unknown> {
  const bytes = await readFile(file).catch((error: Error) => {
    throw new BadInput(`cannot read ${file}: ${error.message}`, { cause: error });
  });
  const packed = bytes[0] === GZIP_MAGIC[0] && bytes[1] === GZIP_MAGIC[1];
  try {
    return JSON.parse((packed ? gunzipSync(bytes) : bytes).toString('utf8')) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BadInput(`${file}: expected a conformance file in JSON, plain or gzipped: ${reason}`, {
      cause: error,
    });
  }
}
