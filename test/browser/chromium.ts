import { pathToFileURL } from 'node:url';
import { findProgram, foldersOfPath } from '@faultline/messaging';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
/** Where a browser lies that is on nobody's PATH. */
const USUAL = ['/usr/bin', '/snap/bin', '/Applications/Google Chrome.app/Contents/MacOS'];

/** The browser that the tests use: `CHROMIUM_PATH`, else the first one on PATH or in a usual place; undefined where there is none. */
export function chromiumPath(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const asked = environment['CHROMIUM_PATH'];
  if (asked) return asked;
  return findProgram([...NAMES, 'Google Chrome'], [...foldersOfPath(environment), ...USUAL]);
}

export const hasBrowser = chromiumPath() !== undefined;

/** `describe` for tests that look at a page: without a browser they are not run and say so, and on a build machine they have failed. */
export const inBrowser = hasBrowser ? describe : describe.skip;

export const HOW_TO_GET_ONE =
  'the tests in a browser need Chromium: install it (Debian: apt-get install chromium), or set CHROMIUM_PATH to one';

const ARGUMENTS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

export interface Look {
  width: number;
  scheme: 'light' | 'dark';
}

/** One browser for all pages of a spec file: to start one takes longer than to look at a page. */
let running: Promise<Browser> | undefined;

async function browser(): Promise<Browser> {
  running ??= chromium.launch({ executablePath: chromiumPath(), headless: true, args: ARGUMENTS });
  const started = await running;
  // One that crashed is started again for the next page.
  if (started.isConnected()) return started;
  running = undefined;
  return browser();
}

/** Ends the browser, if one was started. */
export async function closeBrowser(): Promise<void> {
  await (await running)?.close();
  running = undefined;
}

/** A page with everything it complained of and asked for. */
export class OpenPage {
  readonly complaints: string[] = [];
  readonly requests: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    readonly page: Page,
  ) {}

  /** A page of ours, from a file or at an address. */
  static open(place: string, look: Look): Promise<OpenPage> {
    return OpenPage.visit(/^http:/.test(place) ? place : pathToFileURL(place).href, 'html.drawn', look);
  }

  /** A page that is shown when the selector finds something. Rejects when it cannot be; then nothing of it stays open. */
  static async visit(url: string, selector: string, { width, scheme }: Look): Promise<OpenPage> {
    const context = await (
      await browser()
    ).newContext({
      viewport: { width, height: 900 },
      colorScheme: scheme,
    });
    try {
      const opened = new OpenPage(context, await context.newPage());
      await opened.show(url, selector);
      return opened;
    } catch (error) {
      await context.close();
      throw error;
    }
  }

  private async show(url: string, selector: string): Promise<void> {
    const { page, complaints, requests } = this;
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(url);
    await page.waitForSelector(selector, { state: 'attached' });
    // uPlot draws in the turn after the one that made it.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
