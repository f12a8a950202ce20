import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { goodLog } from '../../../../../libs/audit/src/log.testkit';
import { RecordReader, RunFolder } from '@faultline/record';
import { ApiBench } from '../api.testkit';
import { entriesOf } from './run-look';

interface Entry {
  run: string;
  state: string;
  faults: number | null;
  clean: boolean | null;
}
interface List {
  runs: Entry[];
  live: string | null;
  nextCursor: string | null;
}

const api = new ApiBench();
const ended = '20250101-000000-aaaa';
const broken = '20250102-000000-bbbb';

beforeAll(async () => {
  const folder = await api.run(ended);
  await api.run(broken, { ended: false });
  api.write(folder, 'report.json', '{"title":"a run"}');
  api.write(folder, 'report.html', '<!doctype html><title>a run</title>');
  await api.open();
});
afterAll(() => api.clear());

it('lists runs, newest first, with what their summaries tell', async () => {
  const { status, body } = await api.get<List>('/api/runs');
  expect([status, body.live, body.nextCursor]).toEqual([200, null, null]);
  expect(body.runs).toMatchObject([
    { run: broken, state: 'unfinished', faults: null, clean: null, hasReport: false, endToEnd: null },
    { run: ended, state: 'finished', scenario: 'good', faults: 6, clean: true, hasReport: true },
  ]);
});

it('lists runs page by page', async () => {
  const first = await api.get<List>('/api/runs?limit=1');
  expect([first.body.runs.map(({ run }) => run), first.body.nextCursor]).toEqual([[broken], broken]);
  const second = await api.get<List>(`/api/runs?limit=1&cursor=${broken}`);
  expect([second.body.runs.map(({ run }) => run), second.body.nextCursor]).toEqual([[ended], null]);
});

it('tells of one run, and of the latest by that name', async () => {
  const { body } = await api.get(`/api/runs/${ended}`);
  const reader = await RecordReader.open(`${api.runs}/${ended}`);
  const { hash } = await reader.head();
  await reader.close();
  const end = goodLog().length;
  expect(body).toMatchObject({
    ...{ run: ended, state: 'finished', projectedTo: end, units: [], scenarioAsRun: null, origin: null },
    record: { position: end, messages: end, hash: Buffer.from(hash).toString('hex') },
    summary: { summary: { pageRequests: 6 } },
  });
  const latest = await api.get('/api/runs/latest');
  expect(latest.body).toMatchObject({ run: broken, state: 'unfinished', projectedTo: null, summary: null });
});

it('counts events', async () => {
  const { body } = await api.get(`/api/runs/${ended}/counters`);
  expect(body).toMatchObject({
    projectedTo: goodLog().length,
    counters: { GroupQueued: 4, PageRequestDropped: 1 },
  });
});

it('gives the report as data, and as a page that can ask this service nothing', async () => {
  expect(await api.get(`/api/runs/${ended}/report`)).toEqual({ status: 200, body: { title: 'a run' } });
  const page = await fetch(`${api.url}/api/runs/${ended}/report.html`);
  expect(await page.text()).toBe('<!doctype html><title>a run</title>');
  expect(page.headers.get('content-security-policy')).toMatch(
    /^sandbox allow-scripts allow-downloads; default-src 'none'/,
  );
});

it.each([
  ['/api/runs/20990101-000000-none', 404, 'RunUnknown'],
  ['/api/runs/live', 404, 'RunUnknown'],
  ['/api/runs/..', 404, 'NotFound'],
  ['/api/runs/%2e%2e%2fetc', 400, 'RequestInvalid'],
  ['/api/runs/.hidden', 400, 'RequestInvalid'],
  ['/api/runs?limit=0', 400, 'RequestInvalid'],
  ['/api/runs?limit=201', 400, 'RequestInvalid'],
  ['/api/runs?limit=ten', 400, 'RequestInvalid'],
  ['/api/runs?limits=5', 400, 'RequestInvalid'],
  ['/api/runs?cursor=../x', 400, 'CursorInvalid'],
  ['/api/runs/20990101-000000-none/counters', 404, 'RunUnknown'],
  ['/api/runs/20990101-000000-none/report', 404, 'RunUnknown'],
  ['/api/runs/20990101-000000-none/report.html', 404, 'RunUnknown'],
  ['/api/runs/.hidden/counters', 400, 'RequestInvalid'],
  ['/api/runs/.hidden/report', 400, 'RequestInvalid'],
  ['/api/runs/.hidden/report.html', 400, 'RequestInvalid'],
  ['/api/runs?cursor=', 400, 'RequestInvalid'],
  [`/api/runs/${broken}/report`, 404, 'NotInRun'],
  [`/api/runs/${broken}/report.html`, 404, 'NotInRun'],
])('%s is refused', async (path, status, error) => {
  const answer = await api.get(path);
  expect([answer.status, answer.body]).toEqual([status, { error, message: expect.any(String) as string }]);
});

it('counts the events of a run that did not end, too', async () => {
  const [whole, other] = await Promise.all(
    [ended, broken].map((run) => api.get<Record<string, unknown>>(`/api/runs/${run}/counters`)),
  );
  expect([other?.status, other?.body]).toEqual([200, whole?.body]);
});

it('a run that is removed while runs are listed is left out', async () => {
  const there = new RunFolder(join(api.runs, ended));
  const entries = await entriesOf([new RunFolder(join(api.runs, 'gone')), there], undefined);
  expect(entries).toMatchObject([{ run: ended, state: 'finished' }]);
});

it('a damaged report is said to be damaged', async () => {
  const folder = await api.run('20240103-000000-eeee');
  api.write(folder, 'report.json', '[]');
  const answer = await api.get(`/api/runs/${folder.id}/report`);
  expect([answer.status, answer.body]).toMatchObject([409, { error: 'RunFileDamaged' }]);
  rmSync(folder.path, { recursive: true });
});

it('a damaged summary is said to be damaged, and spoils no list', async () => {
  const damaged = '20250103-000000-cccc';
  const folder = await api.run(damaged);
  api.write(folder, 'summary.json', '{"half');
  const answer = await api.get(`/api/runs/${damaged}`);
  expect([answer.status, answer.body]).toMatchObject([409, { error: 'RunFileDamaged' }]);
  const { body } = await api.get<List>('/api/runs?limit=1');
  expect(body.runs).toMatchObject([{ run: damaged, state: 'unfinished' }]);
  rmSync(folder.path, { recursive: true });
});

it('a record that is none is said to be none', async () => {
  const folder = await api.run('20250104-000000-dddd');
  api.write(folder, 'log.sqlite', 'this is no database, whatever its name says');
  const answer = await api.get(`/api/runs/${folder.id}`);
  expect([answer.status, answer.body]).toMatchObject([409, { error: 'RecordUnreadable' }]);
  rmSync(folder.path, { recursive: true });
});

it('more runs can be asked about at once than are kept open', async () => {
  const ids = Array.from({ length: 10 }, (_, place) => `2024010${place}-000000-many`);
  for (const id of ids) await api.run(id);
  const answers = await Promise.all([...ids, ...ids].map((id) => api.get(`/api/runs/${id}`)));
  expect(answers.map(({ status }) => status)).toEqual([...ids, ...ids].map(() => 200));
  for (const id of ids) rmSync(`${api.runs}/${id}`, { recursive: true });
});
