import { type Presence, sitePresence, subjectsOf } from '@faultline/contracts';
import {
  connectNats,
  jetStreamOf,
  type NatsLink,
  natsPorts,
  provision,
  SystemClock,
} from '@faultline/messaging';
import { RecordWriter, RunFolder } from '@faultline/record';
import type { CurrentEngagement, EngagementView } from '@faultline/runtime';
import { join } from 'node:path';
import { goodLog } from '../../../../../libs/audit/src/log.testkit';
import { eventually } from '../../../../../libs/hosting/src/testkit/eventually.testkit';
import { TestServer } from '../../../../../libs/messaging/src/testkit/server.testkit';
import { MemoryServicePorts } from '../../../../../libs/runtime/src/memory-service.testkit';
import { ApiBench } from '../api.testkit';
import { FeedReader } from './feed.testkit';
import { FEED } from './live-feed';

const LAB = 'live-spec';
const run = '20250101-000000-live';
const log = goodLog();
let server: TestServer;
let link: NatsLink;
let other: NatsLink;
let writer: RecordWriter;
let current: CurrentEngagement;
let view: EngagementView;
const readers: FeedReader[] = [];
const api = new ApiBench();
/** Another service over the same runs, which stands at a site. */
const atSite = new ApiBench(api.runs);

beforeAll(async () => {
  server = await TestServer.start();
  link = await server.link();
  other = await connectNats({ url: server.url, name: 'another service' });
  await provision(await jetStreamOf(link), { lab: LAB, queues: [], logMaxBytes: 64 * 1024 ** 2 });
  current = await api.open();
  await api.run('20240101-000000-past');
  const folder = new RunFolder(join(api.runs, run));
  writer = await RecordWriter.open(folder.path);
  await writer.append(log.slice(0, 10));
  const ports = new MemoryServicePorts();
  Object.assign(ports, { subjects: subjectsOf(LAB), clock: new SystemClock() });
  const config = { ...ports.config, lab: LAB, runDirectory: folder.path };
  view = { config, ports, link, ...{ scenario: undefined, presence: undefined, find: () => undefined } };
});
afterEach(() => {
  for (const reader of readers.splice(0)) reader.close();
});
afterAll(async () => {
  await atSite.close();
  await api.clear();
  await writer.close();
  await other.close();
  await link.close();
  await server.stop();
});

function follow(headers: Record<string, string> = {}): FeedReader {
  const reader = new FeedReader(`${api.url}/api/live`, headers);
  readers.push(reader);
  return reader;
}

const say = (instance: string, more: Partial<Presence> = {}): void => {
  const data: Presence = {
    ...{ service: 'iommu', instance, session: `of ${instance}`, pid: 1, state: 'ready' },
    ...{ units: ['iommu.0'], deadLetters: 0, ...more },
  };
  other.nc.publish(subjectsOf(LAB).control('lab', 'presence'), JSON.stringify({ pattern: 'x', data }));
};

it('has nothing to show without a laboratory, and says when one comes', async () => {
  expect((await api.get('/api/live/state')).body).toMatchObject({
    laboratory: null,
    services: [],
    progress: null,
  });
  expect(await api.get('/api/dead-letters')).toMatchObject({ status: 404, body: { error: 'NoLaboratory' } });
  const reader = follow();
  expect((await reader.next('state')).data).toMatchObject({ laboratory: null });
  await current.enter(view);
  await reader.next('state', ({ laboratory }) => (laboratory as { lab?: string } | null)?.lab === LAB);
  expect(await reader.next('laboratory')).toMatchObject({ data: { lab: LAB, run, ended: null } });
});

it('tells who stands at its site while there is no laboratory, until that has been silent for long', async () => {
  const standing = await atSite.open({ config: { site: 'live-site' } });
  const reader = new FeedReader(`${atSite.url}/api/live`);
  readers.push(reader);
  expect((await reader.next('state')).data).toMatchObject({ laboratory: null, services: [] });
  standing.stand(link);
  await link.nc.flush();
  const data = { service: 'iommu', instance: 'iommu-b', session: 'b', pid: 7, state: 'ready' };
  const saySo = (): void =>
    other.nc.publish(
      sitePresence('live-site'),
      JSON.stringify({ data: { ...data, units: [], deadLetters: 0 } }),
    );
  saySo();
  const found = { instance: 'iommu-b', standing: 'here', state: 'ready', units: [], pid: 7 };
  await reader.next('services', ({ services }) => (services as unknown[]).length === 1);
  const state = (): Promise<{ body: object }> => atSite.get('/api/live/state');
  expect((await state()).body).toMatchObject({ laboratory: null, services: [found], units: [] });
  for (const name of ['late', 'gone'])
    await reader.next(
      'services',
      ({ services }) => (services as { standing: string }[])[0]?.standing === name,
    );
  // In a laboratory those count that are in it; after it those who stand are there at once.
  await standing.enter({ ...view, config: { ...view.config, site: 'live-site' } });
  expect((await state()).body).toMatchObject({ laboratory: { lab: LAB }, services: [] });
  saySo();
  await other.nc.flush();
  await link.nc.flush();
  await standing.leave(standing.now as EngagementView);
  expect((await state()).body).toMatchObject({ laboratory: null, services: [found] });
});

it('tells who is there and what each owns, and of one who falls silent that it is late', async () => {
  const reader = follow();
  const standing = (name: string) => (data: Record<string, unknown>) =>
    (data['services'] as { standing: string }[]).some((service) => service.standing === name);
  await reader.next('state');
  for (const nonsense of ['', '{', '{"data":{"instance":7}}'])
    other.nc.publish(subjectsOf(LAB).control('lab', 'presence'), nonsense);
  say('iommu-a', { deadLetters: 2 });
  await reader.next('services', standing('here'));
  expect((await api.get('/api/live/state')).body).toMatchObject({
    services: [{ instance: 'iommu-a', standing: 'here', state: 'ready', units: ['iommu.0'], deadLetters: 2 }],
  });
  const saidAt = performance.now();
  await reader.next('services', standing('late'));
  expect(performance.now() - saidAt).toBeGreaterThan(1_000);
  await reader.next('services', standing('gone'));
});

it('follows the record as it grows', async () => {
  const reader = follow();
  const state = await reader.next('state');
  expect(state.data).toMatchObject({ progress: { position: 10, recordedTo: 10, catchingUp: false } });
  await writer.append(log.slice(10));
  const progress = await reader.next('progress', ({ position }) => position === log.length);
  expect(progress.data).toMatchObject({
    totals: { faults: 6, messages: log.length, open: 0 },
    accesses: null,
  });
  await reader.next('queues', ({ queues }) => (queues as unknown[]).length > 0);
  expect((await reader.next('counters')).data).toMatchObject({ GroupQueued: 4 });
  await reader.next('laboratory', ({ ended }) => ended === 'finished');
  const { body } = await api.get<{ devices: object[]; history: object[] }>('/api/live/state');
  expect(body.devices).toMatchObject([
    { device: 0, open: 0, settled: 4 },
    { device: 1, open: 0, settled: 2, retried: 1 },
  ]);
  expect(body.history.length).toBeGreaterThan(0);
  // The run is asked about by its other name too.
  expect((await api.get('/api/runs/live')).body).toMatchObject({
    run,
    state: 'live',
    record: { position: log.length },
  });
});

it('goes on after the event that a client names, and starts anew where that is not known', async () => {
  const first = follow();
  const { id } = await first.next('progress');
  first.close();
  const again = follow({ 'last-event-id': id });
  await again.next('progress');
  expect(again.events.some(({ name }) => name === 'state' || name === 'reset')).toBe(false);
  const [number, next] = [id, again.events[0]?.id ?? ''].map((each) => Number(each.split('-').at(-1)));
  expect(next).toBeGreaterThan(number ?? 0);
  const stranger = follow({ 'last-event-id': 'AAAAAAAA-5' });
  await stranger.next('state');
  expect(stranger.events.slice(0, 2).map(({ name }) => name)).toEqual(['reset', 'state']);
  const byHand = new FeedReader(`${api.url}/api/live?lastEventId=${id}`);
  readers.push(byHand);
  await byHand.next('progress');
  expect(byHand.events.some(({ name }) => name === 'state')).toBe(false);
});

it('has room for so many clients, and for another when one has gone', async () => {
  const many = Array.from({ length: FEED.mostClients }, () => follow());
  await Promise.all(many.map((reader) => reader.next('state')));
  const answer = await api.get('/api/live');
  expect([answer.status, answer.body]).toMatchObject([503, { error: 'Busy' }]);
  many[0]?.close();
  await eventually('room', async () => {
    const reader = follow();
    await eventually('an answer', () => reader.status);
    return reader.status === 200;
  });
});

it('gives only its head to who asks for no more', async () => {
  const response = await fetch(`${api.url}/api/live`, { method: 'HEAD' });
  expect([response.status, await response.text()]).toEqual([200, '']);
});

it('outlives clients that break off at any moment', async () => {
  for (let round = 0; round < 20; round += 1) {
    const reader = follow();
    if (round % 2 === 0) await eventually('its first bytes', () => reader.text !== '');
    reader.close();
  }
  await follow().next('progress');
});

it('shows dead letters with their reasons, page by page, and one with its bytes', async () => {
  const { deadLetters: letters } = await natsPorts(link, { lab: LAB });
  for (const reason of ['no such device', 'another']) {
    const subject = `${LAB}.log.mm.0`;
    await letters.bury({ subject, unit: 'iommu.0', reason, sequence: 7, body: Uint8Array.from([1, 2, 3]) });
  }
  const pages = await api.pages<{ letters: { letter: number; reason: string }[]; nextCursor: string | null }>(
    '/api/dead-letters?limit=1',
  );
  const all = pages.flatMap((page) => page.letters);
  expect(all).toMatchObject([
    { reason: 'no such device', sequence: 7, length: 3, replayed: null },
    { reason: 'another' },
  ]);
  const one = await api.get(`/api/dead-letters/${all[0]?.letter}`);
  expect(one.body).toMatchObject({ lab: LAB, reason: 'no such device', body: 'AQID', records: [] });
  expect(await api.get('/api/dead-letters/99')).toMatchObject({ status: 404, body: { error: 'NotInRun' } });
  expect(await api.get('/api/dead-letters?cursor=x')).toMatchObject({
    status: 400,
    body: { error: 'CursorInvalid' },
  });
});

it('lets go of the record before the laboratory ends, and ends its clients with the door', async () => {
  const reader = follow();
  await reader.next('state');
  await current.leave(view);
  await reader.next('state', ({ laboratory }) => laboratory === null);
  expect((await api.get('/api/runs/live')).status).toBe(404);
  expect((await api.get(`/api/runs/${run}`)).body).toMatchObject({ state: 'unfinished' });
  await api.close();
  await eventually('the end of the feed', () => reader.isOver);
});
