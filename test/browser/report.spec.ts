import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RecordWriter } from '@faultline/record';
import { renderReport, type RunReportData } from '@faultline/report';
import { pageParts, writeReport } from '../../apps/lab/src/report/write-report';
import { RunFolder } from '../../apps/lab/src/run/run-folder';
import { faultRow, reportOf, scenarioOf } from '../../libs/report/src/report.testkit';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { readHistory } from '../kit/history';
import { LOOKS } from './drawn';
import { overhang, seenFigures } from './probes';
import { inBrowser } from './chromium';
import { Pages } from './suite';

const pages = new Pages();
const { folder } = pages;

/** The folder of a recorded run, as if it had just been made; of its log only the beginning, if told. */
async function runOf(history: string, messages?: number): Promise<RunFolder> {
  const recorded = readHistory(history);
  const run = new RunFolder(join(folder, `${recorded.name}-${messages ?? 'all'}`));
  mkdirSync(run.path);
  run.writeScenario('', recorded.scenario);
  const writer = await RecordWriter.open(run.path);
  await writer.append(recorded.messages.slice(0, messages));
  await writer.close();
  return run;
}

const dataBeside = (page: string): RunReportData =>
  JSON.parse(readFileSync(page.replace(/html$/, 'json'), 'utf8')) as RunReportData;
inBrowser('the report of a recorded run', () => {
  let file: string;
  beforeAll(async () => {
    const run = await runOf('0.1.0/quickstart');
    file = await writeReport(run, folder);
  });

  it.each(LOOKS)(
    'draws every figure with the numbers of its data, asks for nothing and complains of nothing: %j',
    async (how) => {
      const { figures } = dataBeside(file);
      await pages.expectWhole(file, how, figures);
      expect(figures.filter(({ nothing }) => nothing === null).length).toBeGreaterThanOrEqual(4);
    },
  );

  it('may load nothing from anywhere', async () => {
    const { page } = await pages.look(file);
    const refused = await page.evaluate(`new Promise((done) => {
      document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
      document.body.appendChild(new Image()).src = 'http://127.0.0.1:9/x.png';
    })`);
    expect(refused).toBe('img-src');
  });

  it('names the values under the pointer, and takes a line away and brings it back', async () => {
    const { page } = await pages.look(file);
    const plot = page.locator('#percentiles .plot');
    await plot.hover();
    expect(await page.locator('#percentiles .tip').innerText()).toMatch(/%\nend to end [\d.]+ (µs|ms|s)\n/);
    const inkOf = (): Promise<number> => pages.inkOf('percentiles', 0);
    const before = await inkOf();
    const line = page.locator('#percentiles [data-line="0"]');
    await line.click();
    await eventually('the line is gone', async () => (await inkOf()) < before / 2);
    await line.click();
    await eventually('the line is back', async () => (await inkOf()) > before / 2);
  });

  it('follows the window and the colour scheme', async () => {
    const { page } = await pages.look(file);
    const widths = (): Promise<number[]> =>
      page.evaluate(
        `[...document.querySelectorAll('.uplot')].map((each) => each.getBoundingClientRect().width)`,
      );
    const wide = await widths();
    await page.setViewportSize({ width: 390, height: 900 });
    // By looks from outside: what the driver waits with in the page, the page's own policy forbids.
    await eventually('the charts to have gone along', async () => Math.max(...(await widths())) < 390);
    expect(Math.max(...(await widths()))).toBeLessThan(Math.min(...wide));
    expect(await overhang(page)).toBe(0);
    await page.emulateMedia({ colorScheme: 'dark' });
    const inkOf = async (): Promise<number> => (await seenFigures(page))[0]?.inked[0] ?? 0;
    await eventually('it is drawn in the other colours', async () => (await inkOf()) > 10);
  });

  it('prints in light colours, whatever the screen has', async () => {
    const { page } = await pages.look(file, { width: 1280, scheme: 'dark' });
    await page.evaluate(`window.dispatchEvent(new Event('beforeprint'))`);
    expect(
      await page.evaluate(`getComputedStyle(document.documentElement).getPropertyValue('--paper').trim()`),
    ).toBe('#ffffff');
    expect(
      Buffer.from(await page.pdf({ format: 'A4' }))
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
  });
});

inBrowser('the report of an odd run', () => {
  const pageOf = (name: string, data: RunReportData): string =>
    pages.write(name, renderReport(data, pageParts()));
  const stages = [1e3, 2e3, 3e3, 4e3, 5e3, 6e3];
  const many = Array.from({ length: 2000 }, (_, request) =>
    faultRow(request, request * 5e3, stages, {
      device: request % 200,
      code: request % 3 ? 'success' : 'dropped',
    }),
  );

  it.each<[string, () => Promise<string> | string]>([
    ['that was interrupted', async () => writeReport(await runOf('0.1.0/lifecycle', 60), folder)],
    ['with every kind of fault', async () => writeReport(await runOf('0.1.0/lifecycle'), folder)],
    ['without a fault', () => pageOf('none', reportOf([]))],
    ['with one fault', () => pageOf('one', reportOf([faultRow(1, 0, stages)]))],
    ['with faults of no length', () => pageOf('zero', reportOf([faultRow(1, 0, [0, 0, 0, 0, 0, 0])]))],
    ['with 200 devices', () => pageOf('many', reportOf(many, scenarioOf(200)))],
    ['with long names', () => pageOf('long', reportOf(many, scenarioOf(3, { name: 'x'.repeat(200) })))],
  ])('%s fits the screen and complains of nothing', async (_what, write) => {
    await pages.expectFits(await write());
  });
});
