import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { AuditReport } from '@faultline/audit';
import { formatCount } from '@faultline/stats';
import type { Page } from 'playwright-core';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { scalingReport } from '../../libs/report/src/study/study.testkit';
import { closeBrowser, hasBrowser, inBrowser } from './chromium';
import { cells, ConsoleBench, follow, until } from './console.testkit';

jest.setTimeout(60_000);
let bench: ConsoleBench;
beforeAll(async () => {
  if (hasBrowser) bench = await ConsoleBench.open('0.1.0/lifecycle');
});
afterEach(() => bench?.leave());
afterAll(async () => {
  await closeBrowser();
  await bench?.close();
});

inBrowser('the audit', () => {
  it('says what the record says of itself, as it was kept and read again', async () => {
    const { page } = await bench.look('#/audit');
    const { position, hash } = await bench.reader.head();
    expect(await page.innerText('.hash')).toBe(Buffer.from(hash).toString('hex'));
    const { summary } = JSON.parse(readFileSync(bench.folder.summary, 'utf8')) as {
      summary: { audit: AuditReport };
    };
    const { audit } = summary;
    const check = async (): Promise<void> => {
      expect(await page.innerText('.verdict')).toMatch(
        audit.clean ? /^Audit passed: \d+ invariants hold/ : /^Audit failed/,
      );
      const rows = await cells(page, '.audit tbody tr');
      expect(rows.map(([what = '', , checked]) => [what.slice(0, 2), checked])).toEqual(
        audit.invariants.map(({ invariant, checked }) => [
          invariant,
          checked > 0 ? formatCount(checked) : '–',
        ]),
      );
      const kinds = await page.locator('.kinds li').allInnerTexts();
      expect(kinds.map((each) => each.split(/\s+/)).sort()).toEqual(
        Object.entries(audit.eventsByKind)
          .map(([kind, number]) => [kind, formatCount(number)])
          .sort(),
      );
      expect(await page.innerText('.facts')).toContain(`none from 1 to ${formatCount(position)}`);
    };
    await check();
    await follow(page, () => page.click('text=Read the record again'));
    await until(page, `document.querySelector('.verdict').innerText.startsWith('Audit')`);
    expect(await page.innerText('main')).toContain('Audited now, from the record, with every hash.');
    await check();
  });
});

inBrowser('studies and runs', () => {
  it('are listed with their figures, and their reports are open in a sandbox', async () => {
    const { page } = await bench.look('#/studies');
    const { study } = scalingReport();
    const [line = []] = await cells(page, '.studies tbody tr');
    expect(await page.locator('.studies tbody tr').count()).toBe(1);
    expect([line[0], line[2], line[3], line[4]]).toEqual([
      expect.stringContaining(study.question),
      ...[study.points, study.made, study.faults].map(formatCount),
    ]);
    const [run = []] = await cells(page, '.runs tbody tr');
    expect([run[0], run[2], run[6]]).toEqual([
      expect.stringContaining(bench.run),
      formatCount((await bench.everyFault()).length),
      'passed',
    ]);
    for (const kind of ['study', 'run']) {
      const [report] = await Promise.all([
        page.waitForEvent('popup'),
        page.click(`a[aria-label^="report of ${kind}"]`),
      ]);
      await report.waitForSelector('html.drawn', { state: 'attached' });
      expect(await report.locator('canvas').count()).toBeGreaterThan(0);
      // It draws itself, and knows nothing of who shows it.
      expect(await report.evaluate('self.origin')).toBe('null');
      expect(
        await report.evaluate(`fetch('${bench.api.url}/api/runs').then(() => 'asked', () => 'refused')`),
      ).toBe('refused');
      await report.close();
    }
  });
});

inBrowser('the state of a unit', () => {
  /** What the API, whose own tests fold the log by hand, says of a place of the state. */
  const folded = async (unit: string, at: number): Promise<Record<string, unknown>> =>
    (await bench.api.get<{ state: Record<string, unknown> }>(`/api/runs/${bench.run}/state/${unit}?at=${at}`))
      .body.state;
  const shown = async (page: Page): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await page.locator('.tree > ul > li', { has: page.locator(':scope > .value') }).allInnerTexts()).map(
        (each) => each.split(/\s+/),
      ),
    ) as Record<string, string>;
  const scalars = (state: Record<string, unknown>): Record<string, string> =>
    Object.fromEntries(
      Object.entries(state).flatMap(([name, value]) =>
        typeof value === 'object' ? [] : [[name, String(value)]],
      ),
    );

  it('is shown at every moment that the slider is moved to, by keyboard too', async () => {
    const { position } = await bench.reader.head();
    const { page } = await bench.look('#/state/mm.0');
    expect(await shown(page)).toEqual(scalars(await folded('mm.0', position)));
    for (const [key, at] of [
      ['Home', 1],
      ['ArrowRight', 2],
      ['PageUp', undefined],
      ['End', position],
    ] as const) {
      await page.focus('input[type=range]');
      await page.keyboard.press(key);
      const moment = Number(await page.inputValue('input[type=range]'));
      if (at !== undefined) expect([key, moment]).toEqual([key, at]);
      const wanted = scalars(await folded('mm.0', moment));
      await eventually(`the state at ${moment}`, async () => isDeepStrictEqual(await shown(page), wanted));
      expect(page.url()).toContain(`at=${moment}`);
    }
    await page.fill('input[type=number]', '1');
    await page.press('input[type=number]', 'Tab');
    await page.click('text=Next message of mm.0');
    const written = bench.history.messages.find(
      ({ headers, sequence }) => headers.unit === 'mm.0' && sequence > 1,
    );
    await until(
      page,
      `document.querySelector('.caption').innerText.startsWith('Message ${formatCount(written?.sequence ?? 0)}: mm.0 wrote')`,
    );
  });

  it('is compared between two moments, and every difference is one', async () => {
    const [from, to] = [300, 320];
    const { page } = await bench.look(`#/state/segment.0?at=${from}&with=${to}`);
    const [before, after] = [await folded('segment.0', from), await folded('segment.0', to)];
    for (const part of await page.locator('.differing:not([open]) > summary').all()) await part.click();
    const rows = await page.evaluate<string[][]>(
      `[...document.querySelectorAll('.difference tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent.trim()))`,
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(before).not.toEqual(after);
    const at = (state: unknown, path: string): unknown =>
      path
        .split('/')
        .slice(1)
        .reduce<unknown>((part, name) => (part as Record<string, unknown> | undefined)?.[name], state);
    for (const [path = '', one, other] of rows.filter((row) => !/^\D+\/\d+$/.test(row[0] ?? ''))) {
      expect(one).not.toBe(other);
      if (one !== 'not there')
        expect(JSON.stringify(at(before, path)).slice(0, 200)).toBe(one?.replace(/…$/, ''));
      if (other !== 'not there')
        expect(JSON.stringify(at(after, path)).slice(0, 200)).toBe(other?.replace(/…$/, ''));
    }
  });
});
