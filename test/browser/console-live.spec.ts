import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DecodedMessage, EventCounters } from '@faultline/audit';
import { decodeLogBody } from '@faultline/contracts';
import { RecordReader } from '@faultline/record';
import { formatCount } from '@faultline/stats';
import type { LiveState } from '../../apps/event-log/src/api/live/live-schemas';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { CommandLine, PATIENCE_MILLIS, Scratch } from '../kit/command-line';
import { closeBrowser, hasBrowser, inBrowser, OpenPage } from './chromium';
import { cells, follow, hindrances } from './console.testkit';
import { overhang } from './probes';

jest.setTimeout(60_000);
/** Long enough that a service which is late is not gone at once. */
const LEASE_MILLIS = 6_000;

const scratch = new Scratch();
let command: CommandLine;
let folder: string;
let url: string;
let open: OpenPage;

/** Where the service of the run answers, as its log says. */
const urlOf = (log: string): string | undefined =>
  existsSync(log)
    ? /"url":"(http:[^"]+)"[^\n]*"msg":"door open"/.exec(readFileSync(log, 'utf8'))?.[1]
    : undefined;

const asked = async (): Promise<LiveState> =>
  (await (await fetch(`${url}/api/live/state`)).json()) as LiveState;

/** The number in a tile, by its name. */
const tile = async (name: string): Promise<number> => {
  const text = await open.page
    .locator('.tiles div', { has: open.page.locator(`dt:text-is("${name}")`) })
    .locator('dd')
    .innerText();
  return Number((text.split('\n')[0] ?? '').replace(/,/g, ''));
};

beforeAll(async () => {
  if (!hasBrowser) return;
  // Slow enough that it goes on for as long as somebody looks.
  command = new CommandLine(
    [
      'run',
      'examples/small.yaml',
      '--set',
      'timeScale=100000',
      '--set',
      'workers.processes=2',
      '--runs',
      scratch.runs,
    ],
    { FAULTLINE_HTTP: '127.0.0.1:0', FAULTLINE_LEASE_MILLIS: String(LEASE_MILLIS) },
  );
  await command.says(/services: /);
  folder = join(scratch.runs, readdirSync(scratch.runs)[0] ?? '');
  const door = (): string | undefined => urlOf(join(folder, 'logs', 'event-log.log'));
  url = (await eventually('the door', door, PATIENCE_MILLIS)) as string;
  open = await OpenPage.open(`${url}/`, { width: 1280, scheme: 'light' });
  await eventually('faults', async () => (await asked()).progress?.totals.faults, PATIENCE_MILLIS);
}, PATIENCE_MILLIS);
afterAll(async () => {
  await open?.close();
  await closeBrowser();
  command?.signal('SIGKILL');
  await command?.finished();
  scratch.remove();
});

inBrowser('the live view', () => {
  it('is what is shown while a laboratory runs, and follows it', async () => {
    expect(await open.page.title()).toBe('Live · Faultline');
    const before = await asked();
    const totals = before.progress?.totals;
    await eventually(
      'the page to have counted so far',
      async () => (await tile('Faults')) > (totals?.faults ?? 0),
    );
    const shown = await tile('Faults');
    // Counters come less often.
    await eventually('its counters', () =>
      open.page.locator('.kinds li', { hasText: 'AccessEnded' }).count(),
    );
    const counters = Object.fromEntries(
      (await open.page.locator('.kinds li').allInnerTexts()).map((each) => each.split(/\s+/)),
    ) as Record<string, string>;
    const after = await asked();
    expect(shown).toBeLessThanOrEqual(after.progress?.totals.faults ?? 0);
    for (const [name, number] of Object.entries(counters))
      expect([name, Number(number.replace(/,/g, '')) <= (after.counters[name] ?? 0)]).toEqual([name, true]);
    expect(Number(counters['AccessEnded']?.replace(/,/g, ''))).toBeGreaterThan(0);
  });

  it('has everything that the path is made of on the picture, and lines between what is joined', async () => {
    const { page } = open;
    const { services, units } = await asked();
    await eventually('the devices', () => page.locator('.layer[aria-label=devices] .node').count());
    const names = async (layer: string): Promise<string[]> =>
      page.locator(`.layer[aria-label="${layer}"] .node > b`).allInnerTexts();
    expect(await names('devices')).toEqual(['nic0', 'gpu0']);
    expect(await names('IOMMUs')).toEqual(['pri0']);
    expect(await names('IOPF queues')).toEqual(['iommu-0']);
    expect(await names('workers')).toEqual(['iopf-worker-1', 'iopf-worker-2']);
    expect(await names('mm shards')).toEqual(['mm 0']);
    expect(new Set(await page.locator('.node .health').allInnerTexts())).toEqual(new Set(['well']));
    // Two devices, one queue, two workers, and both at the one shard.
    const lines = await page.locator('.links path').getAttribute('d');
    expect(lines?.match(/M/g)).toHaveLength(2 + 1 + 2 + 2);
    const rows = await cells(page, '.services tbody tr');
    expect(rows.map(([who = '', standing]) => [who.split('\n')[0], standing])).toEqual(
      services.map(({ instance }) => [instance, 'here']),
    );
    for (const { owner, unit } of units)
      expect(rows.find(([who]) => who?.startsWith(`${owner}\n`))?.[3]).toContain(unit);
  });

  it('draws throughput and the stages, and moves on', async () => {
    const { page } = open;
    const ink = (place: number): Promise<number> =>
      page.evaluate(`(() => {
        const canvas = document.querySelectorAll('.plot canvas')[${place}];
        if (!canvas) return 0;
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set();
        for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) colours.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
        return colours.size;
      })()`);
    for (const place of [0, 1])
      await eventually(`chart ${place} to be drawn`, async () => (await ink(place)) > 10);
    await page.locator('.plot').first().hover();
    expect(await page.locator('.plot .tip').first().innerText()).toMatch(/^\d\d:\d\d:\d\d/);
    const label = (): Promise<string | null> => page.locator('.plot').nth(1).getAttribute('aria-label');
    const first = await label();
    await eventually('newer values', async () => (await label()) !== first);
  });

  it('fits and hinders nobody, wide and narrow, light and dark', async () => {
    const { page } = open;
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await eventually('the charts to have gone along', async () =>
        page.evaluate<boolean>(
          `[...document.querySelectorAll('.uplot')].every((each) => each.getBoundingClientRect().width <= ${width})`,
        ),
      );
      expect([width, await overhang(page)]).toEqual([width, 0]);
      expect([width, await hindrances(page)]).toEqual([width, []]);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  it('shows a service that stops as late within 3 s, as gone when its lease ends, and as here when it is back', async () => {
    const { page } = open;
    const worker = (await asked()).services.find(({ instance }) => instance === 'iopf-worker-2');
    const node = page.locator('.node[data-node="worker iopf-worker-2"]');
    const after = async (health: string, withinMillis: number): Promise<number> => {
      await eventually(
        `the worker to be ${health}`,
        async () => (await node.locator('.health').innerText()) === health,
        withinMillis,
      );
      return performance.now() - stoppedAt;
    };
    process.kill(worker?.pid ?? 0, 'SIGSTOP');
    const stoppedAt = performance.now();
    try {
      expect(await after('late', 10_000)).toBeLessThan(3_000);
      expect(await page.locator('.services tr.late').innerText()).toContain('iopf-worker-2');
      const goneAfter = await after('gone', 15_000);
      // The last heartbeat was up to a second before.
      expect(goneAfter).toBeGreaterThan(LEASE_MILLIS - 1_500);
      expect(goneAfter).toBeLessThan(LEASE_MILLIS + 2_000);
    } finally {
      process.kill(worker?.pid ?? 0, 'SIGCONT');
    }
    await after('well', 10_000);
  });

  it('leads to the faults and states of the run that goes on, and says when the service is gone', async () => {
    const { page, complaints, requests } = open;
    expect(await follow(page, () => page.click('nav a[href^="#/faults"]'))).toBe('Faults');
    expect(await page.locator('.faults tbody tr').count()).toBeGreaterThan(0);
    expect(await follow(page, () => page.click('nav a[href^="#/audit"]'))).toBe('Audit');
    expect(await follow(page, () => page.click('nav a[href^="#/live"]'))).toBe('Live');
    const seen = await eventually('the view', () => tile('Faults').catch(() => 0));
    // The browser does not like how these tests look at what is drawn.
    expect(complaints.filter((each) => !each.includes('Canvas2D'))).toEqual([]);
    expect(requests.filter((each) => !each.startsWith(`${url}/`))).toEqual([]);
    command.signal('SIGINT');
    await eventually(
      'the end',
      async () => /does not answer/.test(await page.innerText('[role=status]')),
      30_000,
    );
    await command.finished();
    const reader = await RecordReader.open(folder);
    const counters = new EventCounters();
    for await (const { message } of reader.messages())
      for (const event of decodeLogBody(message.headers.schema, message.body) as DecodedMessage['events'])
        counters.take(event);
    await reader.close();
    expect(seen).toBeLessThanOrEqual(
      (counters.byKind['AccessEnded'] ?? 0) + (counters.byKind['AccessRetried'] ?? 0),
    );
    expect(formatCount(seen)).not.toBe('0');
  });
});
