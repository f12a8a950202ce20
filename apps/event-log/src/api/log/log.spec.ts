import { decodeLogBody } from '@faultline/contracts';
import { goodLog } from '../../../../../libs/audit/src/log.testkit';
import { ApiBench } from '../api.testkit';

interface Page {
  events: { sequence: number; place: number; unit: string; kind: string; atMicros: number | null }[];
  nextCursor: string | null;
  recordedTo: number;
}

const log = goodLog();
const all = log.flatMap(({ sequence, headers, body }) =>
  decodeLogBody(headers.schema, body).map(({ kind }, place) => ({
    sequence,
    place,
    unit: headers.unit,
    kind,
  })),
);
const api = new ApiBench();
const path = '/api/runs/20250101-000000-aaaa/log';
beforeAll(async () => {
  const damaged = {
    ...log[0],
    sequence: log.length + 1,
    body: Uint8Array.from([1, 2, 3]),
  } as (typeof log)[number];
  await api.run('20250101-000000-aaaa', { ended: false });
  await api.run('20250102-000000-dead', { ended: false, messages: [...log, damaged] });
  await api.open();
});
afterAll(() => api.clear());

const events = async (query: string): Promise<Page['events']> =>
  (await api.get<Page>(`${path}?limit=1000&${query}`)).body.events;

it('gives the events of a run, all of them, of a range, of a unit, or of a kind', async () => {
  expect(await events('')).toMatchObject(all);
  expect(await events('from=3&to=5')).toMatchObject(
    all.filter(({ sequence }) => sequence >= 3 && sequence <= 5),
  );
  expect(await events('unit=iommu.0')).toMatchObject(all.filter(({ unit }) => unit === 'iommu.0'));
  const queued = await events('kind=GroupQueued');
  expect(queued).toMatchObject(all.filter(({ kind }) => kind === 'GroupQueued'));
  expect(queued.every(({ atMicros }) => atMicros !== null)).toBe(true);
  expect(await events('from=100000')).toEqual([]);
});

it.each(['', '&kind=GroupQueued', '&unit=segment.0', '&from=4'])(
  'pages through them once%s',
  async (query) => {
    const pages = await api.pages<Page>(`${path}?limit=3${query}`);
    for (const page of pages) expect([page.recordedTo, page.events.length <= 3]).toEqual([log.length, true]);
    const seen = pages.flatMap((page) => page.events);
    expect(seen).toEqual(await events(query.slice(1)));
    expect(seen.length).toBeGreaterThan(3);
  },
);

it('says of a message that cannot be read why', async () => {
  const { body } = await api.get<Page>(`/api/runs/20250102-000000-dead/log?kind=Undecodable`);
  expect(body.events).toMatchObject([
    { sequence: log.length + 1, kind: 'Undecodable', event: { schema: 'lab', bytes: 3 } },
  ]);
});

it.each([
  ['limit=1001', 'RequestInvalid'],
  ['from=0', 'RequestInvalid'],
  ['unit=a/b', 'RequestInvalid'],
  ['kind=1', 'RequestInvalid'],
  ['cursor=1', 'CursorInvalid'],
  ['cursor=1:x', 'CursorInvalid'],
])('%s is refused', async (query, error) => {
  const answer = await api.get(`${path}?${query}`);
  expect([answer.status, answer.body]).toEqual([400, { error, message: expect.any(String) as string }]);
});
