import { accessSync, constants, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BrowserContext, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
/** Where a browser lies that is on nobody's PATH. */
const USUAL = ['/usr/bin', '/snap/bin', '/Applications/Google Chrome.app/Contents/MacOS'];

/** The browser that the tests use: `CHROMIUM_PATH`, else the first one on PATH or in a usual place; undefined where there is none. */
export function chromiumPath(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const asked = environment['CHROMIUM_PATH'];
  if (asked) return asked;
  const places = [...(environment['PATH'] ?? '').split(delimiter).filter(Boolean), ...USUAL];
  return places
    .flatMap((place) => [...NAMES, 'Google Chrome'].map((name) => join(place, name)))
    .find((path) => isProgram(path));
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
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

  /** Rejects when the page cannot be shown; then nothing of it is left. */
  static async open(file: string, { width, scheme }: Look): Promise<OpenPage> {
    const userData = mkdtempSync(join(tmpdir(), 'faultline-chromium-'));
    let context: BrowserContext | undefined;
    try {
      context = await chromium.launchPersistentContext(userData, {
        executablePath: chromiumPath(),
        headless: true,
        args: ARGUMENTS,
        viewport: { width, height: 900 },
        colorScheme: scheme,
      });
      const opened = new OpenPage(context, userData, await context.newPage());
      await opened.show(file);
      return opened;
    } catch (error) {
      await context?.close();
      removeDirectory(userData);
      throw error;
    }
  }

  private async show(file: string): Promise<void> {
    const { page, complaints, requests } = this;
    page.on('console', (message) => complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector('html.drawn', { state: 'attached' });
    // uPlot draws in the turn after the one that made it.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  }

  async close(): Promise<void> {
    await this.context.close();
    removeDirectory(this.userData);
  }
}

/** A browser that ends may still be writing. */
function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}
