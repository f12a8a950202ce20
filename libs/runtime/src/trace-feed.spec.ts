import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedTrace } from '@faultline/contracts';
import { eventually } from '../../../libs/hosting/src/testkit/eventually.testkit';
import { TraceFeed } from './trace-feed';

let directory: string;
beforeAll(async () => (directory = await mkdtemp(join(tmpdir(), 'faultline-feed-'))));
afterAll(() => rm(directory, { recursive: true }));

async function feedOf(lines: string[]) {
  const file = join(directory, `${lines.length}.csv`);
  await writeFile(file, lines.join('\n'));
  const errors: Error[] = [];
  let ready = 0;
  const workload = {
    source: 'trace',
    file,
    format: 'csv',
    pasid: 1,
    accesses: lines.length,
  } as ResolvedTrace;
  const feed = new TraceFeed(
    workload,
    () => (ready += 1),
    (error) => errors.push(error),
  );
  return { feed, errors, readied: () => ready };
}

describe('TraceFeed', () => {
  it('gives every access of the file in order, and says when it has some again and when it has none left', async () => {
    const pages = Array.from({ length: 30_000 }, (_, place) => place * 2);
    const { feed, errors, readied } = await feedOf(
      pages.map((page) => `0,1,0x${(page * 4096).toString(16)},r`),
    );
    const taken: number[] = [];
    await eventually('the end of the trace', () => {
      while (feed.ready) taken.push(feed.take().page);
      return feed.done;
    });
    expect(taken).toEqual(pages);
    expect(readied()).toBeGreaterThan(1);
    expect(errors).toEqual([]);
  });

  it('tells of a line it cannot read, with file and line', async () => {
    const { errors } = await feedOf(['0,1,0x1000,r', '0,1,0x2000,q']);
    await eventually('the error', () => errors.length > 0);
    expect(errors[0]?.message).toMatch(/2\.csv:2: found/);
  });

  it('a closed feed has nothing more', async () => {
    const { feed } = await feedOf(['0,1,0x1000,r']);
    await eventually('the first access', () => feed.ready);
    feed.close();
    expect([feed.ready, feed.done]).toEqual([false, true]);
  });
});
