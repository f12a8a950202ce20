import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Figure } from '@faultline/report';
import { tellIfMissing } from '../kit/programs';
import { closeBrowser, hasBrowser, HOW_TO_GET_ONE, type Look, OpenPage } from './chromium';
import { expectDrawn, LOOKS } from './drawn';
import { colliding, overhang, seenFigures } from './probes';

/** Pages that a spec file looks at, one after the other. To be made once, at the top of the file: it cleans up after each test. */
export class Pages {
  readonly folder = mkdtempSync(join(tmpdir(), 'faultline-browser-'));
  private open: OpenPage | undefined;

  constructor() {
    tellIfMissing('a browser', hasBrowser, HOW_TO_GET_ONE);
    afterEach(() => this.closeLook());
    afterAll(async () => {
      await closeBrowser();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Writes a page, and gives its file. */
  write(name: string, html: string): string {
    const file = join(this.folder, `${name.replace(/\W+/g, '-')}.html`);
    writeFileSync(file, html);
    return file;
  }

  /** Opens a page in the place of the one before. */
  async look(file: string, how: Look = { width: 1280, scheme: 'light' }): Promise<OpenPage> {
    await this.closeLook();
    this.open = await OpenPage.open(file, how);
    return this.open;
  }

  /** Pixels in the colour of a line of a figure, on the page that is open. */
  async inkOf(figure: string, line: number): Promise<number> {
    if (!this.open) throw new Error('no page is open');
    return (await seenFigures(this.open.page)).find(({ id }) => id === figure)?.inked[line] ?? 0;
  }

  /** That a page draws every figure with the numbers of its data, fits, asks for nothing and complains of nothing. */
  async expectWhole(file: string, how: Look, figures: readonly Figure[]): Promise<void> {
    const { page, complaints, requests } = await this.look(file, how);
    const seen = await seenFigures(page);
    expect(seen.map(({ id }) => id)).toEqual(figures.map(({ id }) => id));
    for (const [place, figure] of figures.entries()) expectDrawn(figure, seen[place]);
    expect(await overhang(page)).toBe(0);
    expect(await colliding(page)).toEqual([]);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([pathToFileURL(file).href]);
  }

  /** That a page of odd data fits the screen, wide and narrow, draws what it says that it draws, and complains of nothing. */
  async expectFits(file: string): Promise<void> {
    for (const how of LOOKS.slice(1, 3)) {
      const { page, complaints } = await this.look(file, how);
      expect(await overhang(page)).toBe(0);
      expect(await colliding(page)).toEqual([]);
      for (const { id, nothing, colours, parts } of await seenFigures(page))
        if (nothing === null) expect([id, Math.max(colours - 5, parts) > 0]).toEqual([id, true]);
      expect(await page.locator('body').innerText()).not.toMatch(/NaN|Infinity|undefined/);
      expect(complaints).toEqual([]);
    }
  }

  private async closeLook(): Promise<void> {
    await this.open?.close();
    this.open = undefined;
  }
}
