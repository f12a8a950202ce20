import type { Presence } from '@faultline/contracts';
import type { NatsLink } from '@faultline/messaging';
import type { EngagementView } from '../current-engagement';
import { DoorBench, TOKEN } from '../http/door.testkit';
import { MemoryServicePorts } from '../memory-service.testkit';
import { healthOf } from './health';

const { config } = new MemoryServicePorts();
const link = (rtt: () => Promise<number>): NatsLink => ({ nc: { rtt } }) as unknown as NatsLink;
const answering = link(() => Promise.resolve(1));
const silent = link(() => new Promise(() => undefined));
const broken = link(() => Promise.reject(new Error('closed')));

function view(state: Presence['state'], over: NatsLink, reason?: string): EngagementView {
  const presence: Presence = {
    ...{ service: 'iommu', instance: 'a', session: 's', pid: 1, units: [], deadLetters: 0 },
    ...{ state, reason },
  };
  return { config, presence, link: over, ports: undefined, scenario: undefined, find: () => undefined };
}

// What a door is made of takes its time to be loaded, on a busy machine most of a minute.
jest.setTimeout(120_000);

const bench = new DoorBench();
afterEach(() => bench.clear());

describe('whether a process is ready', () => {
  it.each([
    ['serves nothing yet', { now: undefined }, 'it serves no laboratory yet'],
    ['reaches its site', { siteLink: answering, site: 'compose' }, undefined],
    ['has not reached its site', { site: 'compose' }, 'it does not stand at its site yet'],
    ['serves a laboratory', { now: view('ready', answering) }, undefined],
    ['waits for units', { now: view('waiting', answering) }, undefined],
    ['hears nothing', { now: view('ready', silent) }, 'NATS did not answer within 1 s'],
    ['has lost its connection', { now: view('ready', broken) }, 'NATS did not answer within 1 s'],
    [
      'reaches its site and not its laboratory',
      { siteLink: answering, now: view('ready', broken), site: 'compose' },
      'NATS did not answer within 1 s',
    ],
    [
      'has failed',
      { now: view('failed', answering, 'out of order') },
      `it failed in laboratory ${config.lab}: out of order`,
    ],
  ] as const)('one that %s', async (_, found, reason) => {
    const { now, siteLink, site } = { now: undefined, siteLink: undefined, site: undefined, ...found };
    const health = await healthOf({ now, siteLink, config: { ...config, site } });
    expect([health.ready, health.reason]).toEqual([reason === undefined, reason]);
    if (now) expect(health.lab).toEqual({ name: config.lab, state: now.presence?.state });
  });

  it('is told over HTTP, with 503 and the reason for one that is not', async () => {
    const { url, current } = await bench.open({ modules: [] });
    const probe = async (path: string) => {
      const response = await fetch(`${url}/health/${path}`);
      return [response.status, await response.json()];
    };
    expect(await probe('live')).toEqual([200, { live: true }]);
    expect(await probe('ready')).toEqual([503, { ready: false, reason: 'it serves no laboratory yet' }]);
    await current.enter(view('ready', answering));
    expect(await probe('ready')).toEqual([200, { ready: true, lab: { name: config.lab, state: 'ready' } }]);
    expect(await probe('live')).toEqual([200, { live: true }]);
  });

  it('is for those who have the token, where there is one, and so are metrics', async () => {
    const { url } = await bench.open({ modules: [] }, { http: { token: TOKEN } });
    for (const path of ['/health/live', '/health/ready', '/metrics'])
      expect([path, (await fetch(url + path)).status]).toEqual([path, 401]);
    const headers = { authorization: `Bearer ${TOKEN}` };
    const metrics = await fetch(`${url}/metrics`, { headers });
    expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; .*\bversion=0\.0\.4\b/);
    expect(await metrics.text()).toMatch(/^faultline_info\{/m);
  });
});
