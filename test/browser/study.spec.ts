import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderStudy, type StudyReportData } from '@faultline/report';
import { pageParts } from '../../apps/lab/src/report/write-report';
import {
  bothReport,
  bothStudy,
  contended,
  denseStudy,
  denseWords,
  scalingReport,
  scalingStudy,
  studyReportOf,
} from '../../libs/report/src/study/study.testkit';
import { chromiumPath, closeBrowser, type Look, OpenPage } from './chromium';
import { expectDrawn, LOOKS } from './drawn';
import { colliding, overhang, seenFigures } from './probes';

// Where there is no browser the tests of a run's report say so, and fail on a build machine.
const inBrowser = chromiumPath() === undefined ? describe.skip : describe;
// The largest of these studies take seconds to be put together.
jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'faultline-browser-'));
afterAll(async () => {
  await closeBrowser();
  rmSync(folder, { recursive: true, force: true });
});

let open: OpenPage | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});
async function look(file: string, how: Look = { width: 1280, scheme: 'light' }): Promise<OpenPage> {
  open = await OpenPage.open(file, how);
  return open;
}

function write(name: string, data: StudyReportData): string {
  const file = join(folder, `${name}.html`);
  writeFileSync(file, renderStudy(data, pageParts()));
  return file;
}

inBrowser.each([
  ['over a number', scalingReport],
  ['of both modes, over words', bothReport],
])('the report of a study %s', (name, data) => {
  it.each(LOOKS)(
    'draws every figure with the numbers of its data, asks for nothing and complains of nothing: %j',
    async (how) => {
      const file = write(name.replace(/\W+/g, '-'), data());
      const { page, complaints, requests } = await look(file, how);
      const { figures } = data();
      const seen = await seenFigures(page);
      expect(seen.map(({ id }) => id)).toEqual(figures.map(({ id }) => id));
      for (const [place, figure] of figures.entries()) expectDrawn(figure, seen[place]);
      expect(await overhang(page)).toBe(0);
      expect(await colliding(page)).toEqual([]);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([pathToFileURL(file).href]);
    },
  );
});

inBrowser('a figure of a study', () => {
  const inkOf = async (figure: string, line: number): Promise<number> =>
    (await seenFigures((open as OpenPage).page)).find(({ id }) => id === figure)?.inked[line] ?? 0;

  it('names the point under the pointer with its interval, of each line', async () => {
    const { page } = await look(write('tip', scalingReport()));
    const plot = page.locator('#plot-throughput .plot');
    const box = await plot.boundingBox();
    await plot.hover({ position: { x: (box?.width ?? 0) - 40, y: 100 } });
    const tip = await page.locator('#plot-throughput .tip').innerText();
    const [head, ...lines] = tip.split('\n');
    expect(head).toBe('servers 32');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['4', '2', '1']);
    for (const line of lines) expect(line).toMatch(/^\d [\d,.]+ \([\d,.]+ to [\d,.]+\)$/);
  });

  it.each([
    ['line with its curve', scalingReport, 'plot-throughput'],
    ['bar', bothReport, 'plot-words'],
  ])('takes a %s away and brings it back', async (_what, data, figure) => {
    const { page } = await look(write('switch', data()));
    const before = await inkOf(figure, 1);
    expect(before).toBeGreaterThan(50);
    await page.locator(`#${figure} [data-line="1"]`).click();
    expect(await inkOf(figure, 1)).toBeLessThan(before / 4);
    await page.locator(`#${figure} [data-line="1"]`).click();
    expect(await inkOf(figure, 1)).toBeGreaterThan(before / 2);
  });

  it('prints in light colours, whatever the screen has', async () => {
    const { page } = await look(write('print', bothReport()), { width: 1280, scheme: 'dark' });
    await page.evaluate(`window.dispatchEvent(new Event('beforeprint'))`);
    expect(await inkOf('plot-words', 0)).toBeGreaterThan(50);
    const ink = await page.evaluate(
      `getComputedStyle(document.documentElement).getPropertyValue('--line0').trim()`,
    );
    expect(ink).toBe('#2f6db5');
  });
});

inBrowser('the report of an odd study', () => {
  it.each<[string, () => StudyReportData]>([
    [
      'of which every run failed',
      () => studyReportOf(scalingStudy(), contended, (run) => ({ ...run, failure: 'no room', figures: {} })),
    ],
    ['with one repetition', () => studyReportOf(scalingStudy({ repetitions: 1 }), contended)],
    ['in which nothing happens', () => studyReportOf(scalingStudy(), () => ({ perSecond: 0, stages: {} }))],
    ['of one point', () => studyReportOf(onePoint(), contended)],
    ['of 12 lines over 12 values', () => studyReportOf(denseStudy({ repetitions: 1 }), contended)],
    ['of 12 lines over 12 words', () => studyReportOf(denseWords(), contended)],
    [
      'in wall time and in model time',
      () =>
        studyReportOf(bothStudy(), contended, (run) =>
          run.mode === 'live' ? { ...run, timeScale: 1, modelledMicros: 0 } : run,
        ),
    ],
  ])('%s fits the screen and complains of nothing', async (name, make) => {
    const file = write(name.replace(/\W+/g, '-'), make());
    for (const how of LOOKS.slice(1, 3)) {
      const { page, complaints } = await look(file, how);
      expect(await overhang(page)).toBe(0);
      expect(await colliding(page)).toEqual([]);
      for (const { id, nothing, colours, parts } of await seenFigures(page))
        if (nothing === null) expect([id, Math.max(colours - 5, parts) > 0]).toEqual([id, true]);
      expect(await page.locator('body').innerText()).not.toMatch(/NaN|Infinity|undefined/);
      expect(complaints).toEqual([]);
      await open?.close();
      open = undefined;
    }
  });
});

/** A study of one value of one parameter. */
function onePoint() {
  const study = scalingStudy({ holds: [], published: undefined });
  study.vary = [{ name: 'servers', unit: '', set: 'workers.servers', values: [4] }];
  study.plots.forEach((plot) => delete plot.by);
  return study;
}
