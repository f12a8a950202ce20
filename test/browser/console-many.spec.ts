import { join } from 'node:path';
import { PROJECTIONS_FILE } from '@faultline/record';
import type { Page, Response } from 'playwright-core';
import { DataSource } from 'typeorm';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { closeBrowser, hasBrowser, inBrowser } from './chromium';
import { cells, ConsoleBench, follow } from './console.testkit';

jest.setTimeout(60_000);

const FAULTS = 50_000;
/** Twenty times of what it takes; to have fifty thousand rows sent and drawn takes longer. */
const MOST_MILLIS = 3_000;
const MOST_BYTES = 100_000;

let bench: ConsoleBench;
beforeAll(async () => {
  if (!hasBrowser) return;
  bench = await ConsoleBench.open('0.1.0/lifecycle');
  await multiply(join(bench.folder.path, PROJECTIONS_FILE));
});
afterEach(() => bench?.leave());
afterAll(async () => {
  await closeBrowser();
  await bench?.close();
});

/** Lays so many faults more out, each like the slowest that there is, and a little slower than the one before. */
async function multiply(database: string): Promise<void> {
  const source = await new DataSource({ type: 'sqlite', database }).initialize();
  const columns = await source.query<{ name: string }[]>('PRAGMA table_info(fault)');
  const other: Record<string, string> = {
    request: '1000000 + i',
    settledAtMicros: 'settledAtMicros + i',
    totalMicros: 'totalMicros + i',
  };
  const values = columns.map(({ name }) => other[name] ?? name).join(', ');
  await source.query(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${FAULTS}),
    slowest AS (SELECT * FROM fault ORDER BY totalMicros DESC LIMIT 1) INSERT INTO fault SELECT ${values} FROM slowest, n`);
  await source.destroy();
}

const shown = async (page: Page): Promise<(string | undefined)[]> =>
  (await cells(page, '.faults tbody tr')).map(([id]) => id);

/** Does something, and gives the answers of lists of faults until the page is drawn, and how long that took. */
async function listed(
  page: Page,
  act: () => Promise<unknown>,
): Promise<{ answers: Response[]; millis: number }> {
  const answers: Response[] = [];
  const hear = (response: Response): void => {
    if (/\/faults\?/.test(response.url())) answers.push(response);
  };
  page.on('response', hear);
  const began = performance.now();
  expect(await follow(page, act)).toBe('Faults');
  const millis = performance.now() - began;
  page.off('response', hear);
  return { answers, millis };
}

inBrowser('a run of many faults', () => {
  it('is asked for a page at a time: what is shown, and nothing else', async () => {
    const { page } = await bench.look('#/studies');
    const seen = new Set<string | undefined>();
    const go = (hash: string) => () => page.goto(bench.at(hash));
    const next = () => page.click('a[rel=next]');
    let steps = 0;
    for (const act of [
      go('#/faults'),
      next,
      next,
      go('#/faults?order=slowest'),
      next,
      go('#/faults?stage=mm&minMicros=1'),
    ]) {
      const { answers, millis } = await listed(page, act);
      expect(answers.map((each) => new URL(each.url()).searchParams.get('limit'))).toEqual(['50']);
      expect((await answers[0]?.body())?.length).toBeLessThan(MOST_BYTES);
      expect(millis).toBeLessThan(MOST_MILLIS);
      const ids = await shown(page);
      expect(ids).toHaveLength(50);
      steps += 1;
      if (steps <= 3) for (const id of ids) seen.add(id);
    }
    // Three pages after one another have nothing in common.
    expect(seen.size).toBe(150);
  });

  it('is asked for at once where the address names it, whatever else is still on its way', async () => {
    const { page } = await bench.look('#/studies');
    let isAsked = false;
    page.on('request', (request) => (isAsked ||= /\/faults\?/.test(request.url())));
    const waited: string[] = [];
    await page.route(/\/api\/runs(\?|\/[\w-]+$)/, async (route) => {
      const { pathname } = new URL(route.request().url());
      await eventually('the question for faults', () => isAsked, 2_000).then(
        () => waited.push(pathname),
        () => waited.push(`${pathname} in vain`),
      );
      await route.continue();
    });
    const { answers } = await listed(page, () => page.goto(bench.at(`#/faults?run=${bench.run}`)));
    expect([answers.length, waited.sort()]).toEqual([1, ['/api/runs', `/api/runs/${bench.run}`]]);
    expect(await shown(page)).toHaveLength(50);
  });

  it('has its slowest first, however many there are', async () => {
    const { page } = await bench.look('#/faults?order=slowest');
    const ids = await shown(page);
    const numbers = ids.map((id) => Number(id?.split('.')[2]));
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, place) => 1_000_000 + FAULTS - place));
  });
});
