import { renderStudy, type StudyReportData } from '@faultline/report';
import { pageParts } from '../../apps/lab/src/report/write-report';
import {
  bothReport,
  bothStudy,
  contended,
  denseStudy,
  denseWords,
  mixedStudy,
  scalingReport,
  scalingStudy,
  studyReportOf,
} from '../../libs/report/src/study/study.testkit';
import { LOOKS } from './drawn';
import { inBrowser } from './chromium';
import { Pages } from './suite';

// The largest of these studies take seconds to be put together.
jest.setTimeout(120_000);

const pages = new Pages();
const write = (name: string, data: StudyReportData): string =>
  pages.write(name, renderStudy(data, pageParts()));

const mixedReport = (): StudyReportData =>
  studyReportOf(mixedStudy(), () => ({ perSecond: 400, stages: { mm: 9 } }));

inBrowser.each([
  ['over a number', scalingReport],
  ['of both modes, over words', bothReport],
  ['over numbers and words', mixedReport],
])('the report of a study %s', (name, data) => {
  it.each(LOOKS)(
    'draws every figure with the numbers of its data, asks for nothing and complains of nothing: %j',
    async (how) => {
      await pages.expectWhole(write(name, data()), how, data().figures);
    },
  );
});

inBrowser('a figure of a study', () => {
  it('names the point under the pointer with its interval, of each line', async () => {
    const { page } = await pages.look(write('tip', scalingReport()));
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
    const { page } = await pages.look(write('switch', data()));
    const before = await pages.inkOf(figure, 1);
    expect(before).toBeGreaterThan(50);
    await page.locator(`#${figure} [data-line="1"]`).click();
    expect(await pages.inkOf(figure, 1)).toBeLessThan(before / 4);
    await page.locator(`#${figure} [data-line="1"]`).click();
    expect(await pages.inkOf(figure, 1)).toBeGreaterThan(before / 2);
  });

  it('prints in light colours, whatever the screen has', async () => {
    const { page } = await pages.look(write('print', bothReport()), { width: 1280, scheme: 'dark' });
    await page.evaluate(`window.dispatchEvent(new Event('beforeprint'))`);
    expect(await pages.inkOf('plot-words', 0)).toBeGreaterThan(50);
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
    await pages.expectFits(write(name, make()));
  });
});

/** A study of one value of one parameter. */
function onePoint() {
  const study = scalingStudy({ holds: [], published: undefined });
  study.vary = [{ name: 'servers', unit: '', set: 'workers.servers', values: [4] }];
  study.plots.forEach((plot) => delete plot.by);
  return study;
}
