import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const USUAL = [
  ...['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'],
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The browser that the tests use; undefined where there is none. */
export function chromiumPath(): string | undefined {
  const asked = process.env['CHROMIUM_PATH'];
  return asked || USUAL.find((path) => existsSync(path));
}

export const HOW_TO_GET_ONE =
  'the tests in a browser need Chromium: install it (Debian: apt-get install chromium), or set CHROMIUM_PATH to one';

const ARGUMENTS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

export interface Look {
  width: number;
  scheme: 'light' | 'dark';
}

/** A page that was opened from disk, with everything it complained of and asked for. */
export class OpenPage {
  readonly complaints: string[] = [];
  readonly requests: string[] = [];

  private constructor(
    private readonly context: BrowserContext,
    private readonly userData: string,
    readonly page: Page,
  ) {}

  static async open(file: string, { width, scheme }: Look): Promise<OpenPage> {
    const userData = mkdtempSync(join(tmpdir(), 'faultline-chromium-'));
    const context = await chromium.launchPersistentContext(userData, {
      executablePath: chromiumPath(),
      headless: true,
      args: ARGUMENTS,
      viewport: { width, height: 900 },
      colorScheme: scheme,
    });
    const opened = new OpenPage(context, userData, await context.newPage());
    const { page, complaints, requests } = opened;
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html.drawn', { state: 'attached' });
    // uPlot draws in the turn after the one that made it.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    return opened;
  }

  async close(): Promise<void> {
    await this.context.close();
    rmSync(this.userData, { recursive: true, force: true, maxRetries: 5 });
  }
}
