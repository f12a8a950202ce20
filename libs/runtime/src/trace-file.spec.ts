import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { TraceRun } from '@faultline/domain';
import { readTraceFile, TraceFileError, type TraceFileOptions } from './trace-file';

const SAMPLE = '==1== Lackey\nI  04001000,3\nI  04001003,4\n S 1fff000698,8\n';
const EXAMPLES = join(__dirname, '../../../examples/traces');

let directory: string;
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'trace-file-'))));
afterAll(() => rm(directory, { recursive: true }));

async function written(name: string, content: string | Buffer): Promise<string> {
  const file = join(directory, name);
  await writeFile(file, content);
  return file;
}

async function readAll(file: string, options?: TraceFileOptions): Promise<TraceRun[]> {
  const runs: TraceRun[] = [];
  for await (const chunk of readTraceFile(file, options)) runs.push(...chunk);
  return runs;
}

async function errorOf(file: string, options?: TraceFileOptions): Promise<TraceFileError> {
  try {
    await readAll(file, options);
  } catch (error) {
    if (error instanceof TraceFileError) return error;
    throw error;
  }
  throw new Error('it was read without an error');
}

describe('readTraceFile', () => {
  it.each([
    ['plain', Buffer.from(SAMPLE)],
    ['gzipped', gzipSync(SAMPLE)],
    ['in two gzip members', Buffer.concat([gzipSync(SAMPLE.slice(0, 20)), gzipSync(SAMPLE.slice(20))])],
    ['with CR LF', Buffer.from(SAMPLE.replaceAll('\n', '\r\n'))],
    ['without a last line break', Buffer.from(SAMPLE.trimEnd())],
  ])('reads a trace that is %s', async (name, content) => {
    expect(await readAll(await written(`sample ${name}`, content))).toMatchObject([
      { page: 0x4001, permissions: 4, count: 2 },
      { page: 0x1fff000, permissions: 2, count: 1 },
    ]);
  });

  it('reads lines that lie across chunks, in order', async () => {
    const lines = Array.from(
      { length: 100_000 },
      (_, at) => ` L ${(at * 4096).toString(16).padStart(8, '0')},8`,
    );
    const runs = await readAll(await written('long.gz', gzipSync(lines.join('\n'))));
    expect(runs).toHaveLength(100_000);
    expect(runs.every((run, at) => run.page === at)).toBe(true);
  });

  it('names file, line, what it found and what it expected', async () => {
    const file = await written('bad', `${SAMPLE} L nonsense,8\n`);
    const error = await errorOf(file);
    expect(error).toMatchObject({
      file,
      line: 5,
      found: '" L nonsense,8"',
      expected: expect.stringContaining('lackey'),
    });
    expect(error.message).toContain(`${file}:5: found " L nonsense,8", expected a lackey line`);
  });

  it('counts lines across chunks', async () => {
    const lines = new Array<string>(60_000).fill('I  04001000,3');
    expect(await errorOf(await written('late', `${lines.join('\n')}\nbad\n`))).toMatchObject({
      line: 60_001,
    });
  });

  it.each(['\n', ''])('refuses a line of more than 64 KiB with its number (ending %p)', async (ending) => {
    const file = await written('wide', `I  04001000,3\n${'x'.repeat(1_000_000)}${ending}`);
    expect(await errorOf(file)).toMatchObject({ line: 2, found: 'more than 65536 bytes' });
  });

  it('refuses what is no trace, and says which formats there are', async () => {
    expect(await errorOf(await written('prose', '\nhello\nworld\n'))).toMatchObject({
      line: 2,
      found: '"hello"',
      expected: expect.stringContaining('lackey, prq, perf, csv'),
    });
    expect(await errorOf(await written('empty', ''))).toMatchObject({ line: 0, found: 'an empty file' });
  });

  it('reads in the format it is told', async () => {
    expect(await errorOf(await written('told', SAMPLE), { format: 'csv' })).toMatchObject({
      line: 1,
      expected: expect.stringContaining('device,pasid'),
    });
  });

  it('reports a missing file, and a gzip file that is cut, with the cause', async () => {
    const missing = await errorOf(join(directory, 'nowhere'));
    expect(missing).toMatchObject({ line: 0, found: expect.stringContaining('ENOENT') });
    expect(missing.cause).toMatchObject({ code: 'ENOENT' });
    const cut = gzipSync(SAMPLE.repeat(1000)).subarray(0, 100);
    expect(await errorOf(await written('cut.gz', cut))).toMatchObject({
      line: 0,
      found: expect.stringContaining('unexpected end of file'),
    });
  });

  it('stops reading when the consumer stops', async () => {
    const file = await written(
      'stopped',
      new Array<string>(200_000).fill(' L 04001000,8\n L 04002000,8').join('\n'),
    );
    let chunks = 0;
    for await (const runs of readTraceFile(file)) {
      chunks += runs.length > 0 ? 1 : 0;
      break;
    }
    expect(chunks).toBe(1);
  });

  it.each([
    ['sort', 227],
    ['word-count', 260],
  ])('reads the example trace of %s', async (name, pages) => {
    const runs = await readAll(join(EXAMPLES, `${name}.trace.gz`));
    expect(new Set(runs.map((run) => run.page)).size).toBe(pages);
  });
});
