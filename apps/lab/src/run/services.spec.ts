import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { rejectionOf } from '../../../../libs/hosting/src/testkit/eventually.testkit';
import { BadInput } from '../errors';
import { scratchDirectory } from '../testing.testkit';
import { chooseServices, systemLines } from './services';

const scratch = scratchDirectory();
const natsUrl = 'nats://127.0.0.1:1';
const counts = { 'event-log': 1, 'mm-handler': 2, iommu: 1, 'device-emulator': 1, 'iopf-worker': 3 };
let server: Server;
let system: { site: string; natsUrl: string; console: string; counts: typeof counts };

beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const console = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  system = { site: 'up-1', natsUrl, console, counts };
  mkdirSync(join(scratch.path, '.up'));
  writeFileSync(join(scratch.path, '.up', 'system.json'), JSON.stringify({ pid: process.pid, system }));
});
afterAll(() => server.close());

const runs = scratch.path;

it.each([{}, { NATS_URL: '' }, { NATS_URL: natsUrl }])(
  'takes the system that is up: %j',
  async (environment) => {
    const chosen = await chooseServices({ runs }, environment);
    expect(chosen).toMatchObject({ site: 'up-1', system });
    expect(chosen.environment).toMatchObject({ NATS_URL: natsUrl, FAULTLINE_SITE: 'up-1' });
  },
);

it.each([
  ['it is not wanted', { runs, up: false }, {}],
  ['another server is named', { runs }, { NATS_URL: 'nats://elsewhere:1' }],
  ['it serves other runs', { runs: join(runs, 'other') }, {}],
])('has services of its own where %s', async (_, flags, environment) => {
  expect(await chooseServices(flags, environment)).toEqual({ environment });
});

it('settles where the console of its own services will be, and stays with the site that is named', async () => {
  const { console } = await chooseServices({ runs, up: false, open: true }, {});
  expect(console?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(console?.url).toBe(`http://${console?.address}`);
  const atSite = { NATS_URL: natsUrl, FAULTLINE_SITE: 'compose' };
  expect(await chooseServices({ runs }, atSite)).toEqual({ environment: atSite, site: 'compose' });
  expect(await rejectionOf(chooseServices({ runs, open: true }, atSite))).toBeInstanceOf(BadInput);
});

it('says what of the system differs from what the scenario asks for', () => {
  const size = { workers: { processes: 3 }, replicas: { deviceEmulators: 1, iommus: 2, mmHandlers: 2 } };
  const [first, second] = systemLines(system, size);
  expect(first).toContain(system.console);
  expect(second).toBe('the scenario asks for other sizes: 2 iommu (here 1)');
  expect(systemLines(system, { ...size, replicas: { ...size.replicas, iommus: 1 } })).toHaveLength(1);
});
