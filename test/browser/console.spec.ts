import type { FaultRow } from '@faultline/audit';
import { formatCount, formatMicros, formatRate } from '@faultline/stats';
import { ask, TOKEN } from '../../libs/runtime/src/http/door.testkit';
import { closeBrowser, hasBrowser, inBrowser } from './chromium';
import { cells, ConsoleBench, follow, hindrances } from './console.testkit';
import { LOOKS } from './drawn';
import { overhang } from './probes';

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

inBrowser('every view of a finished run', () => {
  it.each(LOOKS)('fits, hinders nobody, asks nobody else and complains of nothing: %j', async (how) => {
    const [{ id } = { id: '' }] = (await bench.queries.faults({ limit: 1 })).faults;
    const { page, complaints, requests } = await bench.look('', how);
    for (const view of [
      '#/faults',
      '#/faults?code=unanswered&order=slowest&page=0x1',
      `#/faults/${id}`,
      '#/state/mm.0',
      '#/state/iommu.0?at=40&with=90',
      '#/audit',
      '#/studies',
      '#/live',
    ]) {
      await follow(page, () => page.goto(bench.at(view)));
      expect([view, await overhang(page)]).toEqual([view, 0]);
      // What is hard to see is so at every width, and what is hard to reach in every colour.
      if (how.width > 390 === (how.scheme === 'light'))
        expect([view, await hindrances(page)]).toEqual([view, []]);
      expect(await page.locator('body').innerText()).not.toMatch(/NaN|Infinity|undefined|\[object/);
    }
    expect(complaints).toEqual([]);
    expect(requests.filter((each) => !each.startsWith(`${bench.api.url}/`))).toEqual([]);
  });

  it('says what ran last while nothing runs', async () => {
    const { page } = await bench.look('#/live');
    const words = await page.innerText('[role=status]');
    expect(words).toMatch(/^No laboratory is running at this service now\./);
    expect(words).toContain(`The last run, ${bench.run} of good, has finished: its faults.`);
    expect(await follow(page, () => page.click('[role=status] a[href^="#/faults"]'))).toBe('Faults');
  });

  it('has the colours of the reports', async () => {
    const colours = `(() => {
      const style = getComputedStyle(document.documentElement);
      const names = ['paper', 'panel', 'ink', 'muted', 'line', 'accent', 'good', 'bad', 'deviceToIommu', 'iommuToQueue', 'queueWait', 'mm', 'response', 'retry'];
      return [...names.map((name) => style.getPropertyValue('--' + name).trim()), getComputedStyle(document.body).fontFamily];
    })()`;
    for (const scheme of ['light', 'dark'] as const) {
      const ofConsole = await (await bench.look('#/audit', { width: 1280, scheme })).page.evaluate(colours);
      const { page } = await bench.look(`api/runs/${bench.run}/report.html`, { width: 1280, scheme });
      expect(await page.evaluate(colours)).toEqual(ofConsole);
    }
  });

  it('writes numbers as the reports and the command line do', async () => {
    const { page } = await bench.look('#/audit');
    const numbers = [0, 0.4, 1, 12.34, 999.5, 1_234, 99_949, 1e6, 119.6e6, 3.7e9];
    const seen = await page.evaluate(`import('/console/words.js').then(({ micros, rate, count }) =>
      ${JSON.stringify(numbers)}.map((each) => [micros(each), rate(each), count(each)]))`);
    expect(seen).toEqual(numbers.map((each) => [formatMicros(each), formatRate(each), formatCount(each)]));
  });

  it('is reached without a mouse: to the content, from view to view, to another run', async () => {
    const { page } = await bench.look('#/audit');
    const focused = (): Promise<string> =>
      page.evaluate(
        `(document.activeElement.innerText || document.activeElement.tagName).trim().split('\\n')[0]`,
      );
    const walked: string[] = [];
    for (let step = 0; step < 8; step += 1) {
      await page.keyboard.press('Tab');
      walked.push(await focused());
      expect(await page.evaluate(`getComputedStyle(document.activeElement).outlineStyle`)).not.toBe('none');
    }
    expect(walked.slice(0, 7)).toEqual([
      'Skip to the content',
      'Faultline',
      'Live',
      'Faults',
      'State',
      'Studies',
      'Audit',
    ]);
    expect(walked[7]).toMatch(bench.run);
    await page.focus('nav a[href^="#/faults"]');
    expect(await follow(page, () => page.keyboard.press('Enter'))).toBe('Faults');
    await page.focus('.skip');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('main');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.name')).toBe('device');
  });

  it('says what is wrong with an address in one line, and goes on', async () => {
    const { page } = await bench.look('#/faults/9.9.9');
    expect(await page.locator('[role=alert]').innerText()).toBe(`run ${bench.run} has no fault 9.9.9`);
    expect(await follow(page, () => page.click('nav a[href^="#/faults"]'))).toBe('Faults');
    await follow(page, () => page.goto(bench.at('#/audit?run=20200101-000000-zzzz')));
    expect(await page.locator('[role=alert]').innerText()).toMatch(
      /there is no run '20200101-000000-zzzz' here/,
    );
  });
});

inBrowser('the door of the console', () => {
  it('lets in who shows the token, and leads back to what was asked for', async () => {
    const guarded = await ConsoleBench.open('0.1.0/pressure', { token: TOKEN });
    try {
      const { page, requests } = await bench.look('#/audit');
      requests.length = 0;
      await page.goto(guarded.at('#/faults?order=slowest'));
      expect(page.url()).toContain(`${guarded.api.url}/login?next=%2F`);
      expect(requests.filter((each) => each.includes('/console/'))).toEqual([]);
      await page.fill('input[name=token]', TOKEN);
      expect(await follow(page, () => page.click('button'))).toBe('Faults');
      expect(await page.locator('.faults tbody tr').count()).toBeGreaterThan(0);
      // A login that ends while the console is open.
      await page.context().clearCookies();
      await page.click('nav a[href^="#/audit"]');
      await page.waitForURL(/\/login\?next=%2F%23%2Faudit/);
      await page.fill('input[name=token]', TOKEN);
      expect(await follow(page, () => page.click('button'))).toBe('Audit');
    } finally {
      await guarded.close();
    }
  });

  it('gives files to be kept and asked about, and nothing beside them', async () => {
    const { url } = bench.api;
    const first = await fetch(`${url}/console/main.js`);
    expect([first.status, first.headers.get('content-type'), first.headers.get('cache-control')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
      'private, no-cache',
    ]);
    const etag = first.headers.get('etag') ?? '';
    expect(await ask(`${url}/console/main.js`, { 'if-none-match': etag })).toEqual({ status: 304, body: '' });
    for (const path of [
      '/console/',
      '/console/views',
      '/console/page/../../console-assets.js',
      '/console/..%2fconsole-assets.ts',
      '/index.js',
    ])
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 404]);
  });
});

inBrowser('faults', () => {
  it('are found by every field of the form, page by page, and are those of the file', async () => {
    const all = await bench.everyFault();
    const [rare] = [...all].sort((one, other) => (other.totalMicros ?? 0) - (one.totalMicros ?? 0));
    if (!rare) throw new Error('the history has no fault');
    const { page } = await bench.look('#/faults');
    const shown = async (): Promise<string[]> =>
      (await cells(page, '.faults tbody tr')).map(([id = '']) => id);
    await page.selectOption('[name=device]', String(rare.device));
    await follow(page, () => page.click('button'));
    const ids = await shown();
    while (await page.locator('a[rel=next]').count()) {
      await follow(page, () => page.click('a[rel=next]'));
      ids.push(...(await shown()));
    }
    expect(ids.length).toBeGreaterThan(50);
    expect(ids).toEqual(all.filter(({ device }) => device === rare.device).map(({ id }) => id));
    await page.fill('[name=pasid]', String(rare.pasid));
    await page.fill('[name=page]', `0x${rare.page.toString(16)}`);
    await page.selectOption('[name=code]', rare.code);
    await page.fill('[name=least]', String(Math.floor((rare.totalMicros ?? 0) / 1e3)));
    await follow(page, () => page.keyboard.press('Enter'));
    expect(page.url()).toMatch(/minMicros=/);
    const wanted = all.filter(
      ({ device, pasid, page: at, code, totalMicros }) =>
        device === rare.device &&
        pasid === rare.pasid &&
        at === rare.page &&
        code === rare.code &&
        (totalMicros ?? 0) >= Math.floor((rare.totalMicros ?? 0) / 1e3) * 1e3,
    );
    expect((await shown()).sort()).toEqual(wanted.map(({ id }) => id).sort());
    const [, took, code] = (await cells(page, '.faults tbody tr'))[0] ?? [];
    expect([took, code]).toEqual([formatMicros(rare.totalMicros ?? 0), rare.code]);
    await follow(page, () => page.click('text=Clear'));
    await page.selectOption('[name=stage]', 'mm');
    await page.selectOption('[name=order]', 'slowest');
    await follow(page, () => page.click('button'));
    const slowest = all.flatMap(({ stages }) => stages.mm ?? []).sort((one, other) => other - one);
    expect((await cells(page, '.faults tbody tr')).map(([, ofStage]) => ofStage)).toEqual(
      slowest.slice(0, 50).map(formatMicros),
    );
    await follow(page, () => page.goBack());
    await follow(page, () => page.goBack());
    // A link that was sent on shows the same.
    const link = page.url();
    await page.goto('about:blank');
    await follow(page, () => page.goto(link));
    expect(await page.inputValue('[name=page]')).toBe(`0x${rare.page.toString(16)}`);
    expect((await shown()).sort()).toEqual(wanted.map(({ id }) => id).sort());
  });

  it('are drawn to scale, stage by stage, with the times of the file', async () => {
    const fault = (await bench.everyFault()).find(({ complete, group }) => complete && group !== null);
    if (!fault) throw new Error('no fault of the history is whole');
    const { page } = await bench.look(`#/faults/${fault.id}`);
    const total = fault.totalMicros ?? 0;
    const drawn = await page.evaluate<{ stage: string; left: number; width: number; words: string }[]>(`
      [...document.querySelectorAll('.timeline [data-stage]')].map((row) => {
        const track = row.querySelector('.track').getBoundingClientRect();
        const bar = row.querySelector('i').getBoundingClientRect();
        return { stage: row.dataset.stage, left: (bar.left - track.left) / track.width, width: bar.width / track.width, words: row.cells[2].innerText };
      })`);
    let from = 0;
    for (const { stage, left, width, words } of drawn) {
      const micros = fault.stages[stage as keyof FaultRow['stages']] ?? 0;
      expect([stage, words]).toEqual([stage, formatMicros(micros)]);
      expect(Math.abs(left - from / total)).toBeLessThan(0.01);
      expect(Math.abs(width - micros / total)).toBeLessThan(0.01);
      from += micros;
    }
    expect(drawn.map(({ stage }) => stage)).toEqual(
      Object.entries(fault.stages).flatMap(([stage, micros]) => (micros === null ? [] : [stage])),
    );
    const events = await bench.queries.eventsOf(fault, bench.reader);
    const rows = await cells(page, '.events tbody tr');
    expect(rows.map(([, , sequence, what, who]) => [sequence, what, who])).toEqual(
      events.map(({ sequence, event, unit }) => [formatCount(sequence), event.kind, unit]),
    );
  });

  it('lead on to their group, device, process and the states around them', async () => {
    const grouped = (await bench.everyFault()).filter(({ group }) => group !== null);
    const fault = grouped.find(({ group, id }) =>
      grouped.some((other) => other.group === group && other.id !== id),
    );
    if (!fault) throw new Error('no group of the history has two faults');
    const { page } = await bench.look(`#/faults/${fault.id}`);
    const others = grouped
      .filter(({ group, id }) => group === fault.group && id !== fault.id)
      .map(({ id }) => id);
    const fact = (name: string) => page.locator('.facts div', { has: page.locator(`dt:text-is("${name}")`) });
    expect((await fact('Group').locator('a').allInnerTexts()).sort()).toEqual(others.sort());
    expect(await follow(page, () => fact('Group').locator('a').first().click())).toBe(`Fault ${others[0]}`);
    expect(await follow(page, () => fact('Device').locator('a').first().click())).toBe('Faults');
    expect(page.url()).toContain(`device=${fault.device}`);
    await follow(page, () => page.goBack());
    expect(await follow(page, () => fact('IOMMU').locator('a').first().click())).toBe(
      `State of iommu.${fault.iommu}`,
    );
    expect(await page.inputValue('input[type=number]')).toBe(String(fault.sequences.written));
  });
});
