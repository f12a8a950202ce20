import type { LiveState } from '../../apps/event-log/src/api/live/live-schemas';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { CommandLine, PATIENCE_MILLIS, Scratch } from '../kit/command-line';
import { closeBrowser, hasBrowser, inBrowser, OpenPage } from './chromium';
import { cells, hindrances } from './console.testkit';
import { overhang } from './probes';

jest.setTimeout(60_000);
/** Long enough that a service which is late is not gone at once. */
const LEASE_MILLIS = 5_000;
const NAMES = ['device-emulator', 'event-log', 'iommu', 'iopf-worker-1', 'iopf-worker-2', 'mm-handler'];

const scratch = new Scratch();
let command: CommandLine;
let url: string;
let open: OpenPage;

beforeAll(async () => {
  if (!hasBrowser) return;
  command = new CommandLine(['up', '--workers', '2', '--runs', scratch.runs], {
    FAULTLINE_LEASE_MILLIS: String(LEASE_MILLIS),
  });
  await command.says(/that is the console/);
  url = /^http:\S+$/m.exec(command.out)?.[0] ?? '';
  open = await OpenPage.open(`${url}/`, { width: 1280, scheme: 'light' });
}, PATIENCE_MILLIS);
afterAll(async () => {
  await open?.close();
  await closeBrowser();
  command?.signal('SIGINT');
  await command?.finished();
  scratch.remove();
});

/** Each service as the page has it: its name, what it is, and how it stands. */
const shown = async (): Promise<string[]> =>
  (await cells(open.page, '.services tbody tr')).map(([who = '', standing]) =>
    [...who.split('\n'), standing].join(', '),
  );

inBrowser('the live view of services that stand', () => {
  it('shows them before anything has run, wide and narrow, light and dark', async () => {
    const { page, complaints } = open;
    await eventually('all of them', async () => (await shown()).length === NAMES.length);
    expect(await shown()).toEqual(NAMES.map((name) => [name, name.replace(/-\d$/, ''), 'here'].join(', ')));
    expect(await page.innerText('[role=status]')).toMatch(/^No laboratory is running at this service now\./);
    for (const [width, colorScheme] of [
      [1280, 'light'],
      [390, 'dark'],
    ] as const) {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      expect([width, await overhang(page)]).toEqual([width, 0]);
      expect([width, await hindrances(page)]).toEqual([width, []]);
    }
    expect(complaints).toEqual([]);
  });

  it('shows one that stops as late, as gone when its lease ends, and as here when it is back', async () => {
    const { services } = (await (await fetch(`${url}/api/live/state`)).json()) as LiveState;
    const { pid = 0 } = services.find(({ instance }) => instance === 'iopf-worker-2') ?? {};
    const becomes = (standing: RegExp): Promise<unknown> =>
      eventually(`the worker to be ${standing}`, async () => standing.test((await shown())[4] ?? ''), 15_000);
    process.kill(pid, 'SIGSTOP');
    try {
      await becomes(/^iopf-worker-2, iopf-worker, late/);
      await becomes(/^iopf-worker-2, iopf-worker, gone$/);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await becomes(/, here$/);
  });
});
