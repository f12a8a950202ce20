import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { median } from '@faultline/stats';
import type { Browser, Page } from 'playwright-core';

import { Child } from '../support/children';
import { until } from '../support/deadline';

/** How long a view of the console takes in the browser, from the step that asks for it until it is drawn, in milliseconds. */
export interface BrowseTime {
  view: string;
  firstMillis: number;
  /** Of the times after the first. */
  medianMillis: number;
}

const CHROMIUM = '/usr/bin/chromium';
const REPETITIONS = 5;
const PATIENCE_MILLIS = 120_000;

/** The browser that is looked with; undefined where there is none. */
export function browserPath(): string | undefined {
  const path = process.env['CHROMIUM_PATH'] || CHROMIUM;
  return existsSync(path) ? path : undefined;
}

/** Looks at a run of a folder of runs as a person does, in a browser and through the console's own service. */
export async function measureBrowsing(runs: string, run: string, browser: string): Promise<BrowseTime[]> {
  const { child, url } = await openConsole(runs);
  let opened: Browser | undefined;
  try {
    // Installed for tests; whoever measures searches alone does without.
    const { chromium } = await import('playwright-core');
    opened = await chromium.launch({ executablePath: browser, args: ['--no-sandbox', '--disable-gpu'] });
    return await look(opened, `${url}/#/faults?run=${run}`, run);
  } finally {
    await opened?.close();
    await child.stop();
  }
}

async function openConsole(runs: string): Promise<{ child: Child; url: string }> {
  const script = resolve(__dirname, '../../../apps/event-log/src/browse.js');
  const service = spawn(process.execPath, [script], {
    env: { ...process.env, FAULTLINE_HTTP: '0', FAULTLINE_RUNS_DIR: runs, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  service.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
  let death: Error | undefined;
  const child = new Child('console', service, (error) => (death = error));
  const url = await until(
    () => {
      if (death) throw death;
      return Promise.resolve(/"url":"(http:[^"]+)"/.exec(said)?.[1]);
    },
    PATIENCE_MILLIS,
    'the opening of the console',
  );
  return { child, url };
}

async function look(browser: Browser, first: string, run: string): Promise<BrowseTime[]> {
  const times: BrowseTime[] = [
    await repeated('the first page of faults, in a new window', () => fresh(browser, first)),
  ];
  const page = await browser.newPage();
  await page.goto(first);
  await page.evaluate<number>(drawn(null));
  const view = async (name: string, hash: string): Promise<void> => {
    times.push(await repeated(name, () => go(page, '#/studies', hash)));
  };
  const faults = `#/faults?run=${run}`;
  await view('the first page of faults', faults);
  await view('faults of a device', `${faults}&device=3`);
  await view('faults of an answer that none has', `${faults}&code=invalid`);
  await view('faults by the time of the mm', `${faults}&stage=mm&minMicros=1&order=slowest`);
  await view('the slowest of a device', `${faults}&device=1&order=slowest`);
  await page.goto(first);
  await page.evaluate<number>(drawn(null));
  const next = (await page.locator('a[rel=next]').getAttribute('href')) ?? '';
  await view('the next page of faults', next);
  await view('a fault', (await page.locator('.faults tbody a').first().getAttribute('href')) ?? '');
  for (const unit of ['iommu.0', 'mm.0', 'segment.0'])
    await view(`the state of ${unit} at the end`, `#/state/${unit}?run=${run}`);
  times.push(await repeated('the slider, to anywhere', (place) => slide(page, place)));
  await view('the audit', `#/audit?run=${run}`);
  return times;
}

async function repeated(view: string, once: (place: number) => Promise<number>): Promise<BrowseTime> {
  const firstMillis = await once(0);
  const rest: number[] = [];
  for (let place = 1; place <= REPETITIONS; place += 1) rest.push(await once(place));
  return { view, firstMillis, medianMillis: median(rest) };
}

/** From the beginning of the navigation: nothing of it is in the browser yet. */
async function fresh(browser: Browser, address: string): Promise<number> {
  const page = await browser.newPage();
  await page.goto(address);
  const millis = await page.evaluate<number>(drawn(null));
  await page.close();
  return millis;
}

/** From one view to another. */
async function go(page: Page, from: string, to: string): Promise<number> {
  await page.evaluate<number>(drawn(from));
  return page.evaluate<number>(drawn(to));
}

/** Moves the slider, and waits for the state that it stands for. */
async function slide(page: Page, place: number): Promise<number> {
  // Steps of the golden ratio come near to every moment, and to none twice.
  const share = (0.618 * (place + 1)) % 1;
  const began = performance.now();
  const answered = page.waitForResponse((response) => response.url().includes('/state/'));
  await page.evaluate(moveSlider(share));
  await answered;
  await page.evaluate(PAINTED);
  return performance.now() - began;
}

/** Code for the page that goes to an address, if one is given, and says how long it took until it is drawn: since then, or since the page began. */
const drawn = (hash: string | null): string => `new Promise((done) => {
  const hash = ${JSON.stringify(hash)};
  const began = hash === null ? 0 : performance.now();
  if (hash !== null) location.hash = hash;
  const look = () => {
    const main = document.getElementById('main');
    const isDrawn = main?.dataset.shown === location.hash && main.getAttribute('aria-busy') === 'false';
    if (!isDrawn) requestAnimationFrame(look);
    else requestAnimationFrame(() => setTimeout(() => done(performance.now() - began)));
  };
  look();
})`;

const PAINTED = 'new Promise((done) => requestAnimationFrame(() => setTimeout(done)))';

/** Code for the page that moves the slider to a share of its way. */
const moveSlider = (share: number): string => `(() => {
  const slider = document.querySelector('input[type=range]');
  slider.value = String(Math.round(${share} * Number(slider.max)));
  slider.dispatchEvent(new Event('input'));
})()`;
