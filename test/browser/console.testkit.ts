import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FaultRow } from '@faultline/audit';
import { FaultQueries, RecordReader, type RunFolder } from '@faultline/record';
import { renderStudy } from '@faultline/report';
import type { Page } from 'playwright-core';
import { ApiBench } from '../../apps/event-log/src/api/api.testkit';
import { pageParts, writeReport } from '../../apps/lab/src/report/write-report';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { scalingReport } from '../../libs/report/src/study/study.testkit';
import { type History, readHistory } from '../kit/history';
import { type Look, OpenPage } from './chromium';

/** A console over one recorded run and one study, behind a real door. */
export class ConsoleBench {
  readonly run = '20250101-000000-aaaa';
  readonly study = 'scaling-20250102-000000-bbbb';
  private opened: OpenPage | undefined;

  private constructor(
    readonly api: ApiBench,
    readonly history: History,
    readonly folder: RunFolder,
    readonly queries: FaultQueries,
    readonly reader: RecordReader,
  ) {}

  /** @param traces that every fault of the run was traced, and where traces can be looked at */
  static async open(
    history: string,
    http: { token?: string } = {},
    traces?: { url?: string },
  ): Promise<ConsoleBench> {
    const recorded = readHistory(history);
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const api = new ApiBench();
    // The folder of studies is beside that of runs.
    const runs = join(api.runs, 'runs');
    const folder = await api.run('runs/20250101-000000-aaaa', {
      messages: recorded.messages.map((each) =>
        traces ? { ...each, headers: { ...each.headers, traceparent } } : each,
      ),
      tracedShare: traces ? 1 : 0,
    });
    folder.writeScenario('', recorded.scenario);
    await writeReport(folder, runs);
    const queries = await FaultQueries.open(folder.path);
    const reader = await RecordReader.open(folder.path);
    const bench = new ConsoleBench(api, recorded, folder, queries, reader);
    writeStudy(join(api.runs, 'studies', bench.study));
    await api.open({ config: { runsDirectory: runs, traceUrl: traces?.url }, http });
    return bench;
  }

  /** The address of a view. */
  at(hash: string): string {
    return `${this.api.url}/${hash}`;
  }

  /** A view, in a window of its own, in which nothing else is open any more. */
  async look(hash: string, how: Look = { width: 1280, scheme: 'light' }): Promise<OpenPage> {
    await this.leave();
    this.opened = await OpenPage.open(this.at(hash), how);
    return this.opened;
  }

  async leave(): Promise<void> {
    await this.opened?.close();
    this.opened = undefined;
  }

  /** Every fault of the run, from its SQLite file. */
  async everyFault(): Promise<FaultRow[]> {
    const all: FaultRow[] = [];
    let cursor: string | undefined;
    do {
      const { faults, nextCursor } = await this.queries.faults({ limit: 1_000, cursor });
      all.push(...faults);
      cursor = nextCursor ?? undefined;
    } while (cursor !== undefined);
    return all;
  }

  async close(): Promise<void> {
    await this.leave();
    await this.queries.close();
    await this.reader.close();
    await this.api.clear();
  }
}

function writeStudy(path: string): void {
  const data = scalingReport();
  mkdirSync(path, { recursive: true });
  const begunAtMicros = data.study.startedAtMicros;
  writeFileSync(join(path, 'head.json'), JSON.stringify({ file: data.study.file, begunAtMicros }));
  writeFileSync(join(path, 'report.json'), JSON.stringify(data));
  writeFileSync(join(path, 'report.html'), renderStudy(data, pageParts()));
  // What is no study beside it is not shown.
  mkdirSync(join(dirname(path), 'notes'));
}

const axe = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** What a page makes hard or impossible for some, of what axe knows; each with the first place. */
export async function hindrances(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact !== 'minor')
    .map(({ id, impact, nodes }) => [id, impact, nodes[0].target, nodes[0].failureSummary].join(' ')))`);
}

/** The texts of a table's cells, row by row. */
export const cells = (page: Page, rows: string): Promise<string[][]> =>
  page.evaluate(
    `[...document.querySelectorAll(${JSON.stringify(rows)})].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))`,
  );

/** Waits until something is so in the page, whose content policy forbids what the browser's driver would wait with. */
export async function until(page: Page, condition: string): Promise<void> {
  await eventually(condition, () => page.evaluate<boolean>(condition));
}

/** Goes on to another view, waits until it is there, and says what it is called. */
export async function follow(page: Page, act: () => Promise<unknown>): Promise<string> {
  await act();
  await until(page, `document.getElementById('main')?.dataset.shown === location.hash`);
  return (await page.title()).replace(' · Faultline', '');
}
