import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiBench } from '../api.testkit';

interface List {
  studies: Record<string, unknown>[];
  nextCursor: string | null;
}

const api = new ApiBench();
const facts = { title: 'T', question: 'Q?', points: 3, wanted: 6, made: 5, failed: 1, faults: 70 };
const write = (study: string, files: Record<string, string>): void => {
  mkdirSync(join(api.runs, 'studies', study), { recursive: true });
  for (const [name, text] of Object.entries(files))
    writeFileSync(join(api.runs, 'studies', study, name), text);
};
const head = (begunAtMicros: number): string => JSON.stringify({ file: 'x.yaml', begunAtMicros });

beforeAll(async () => {
  write('old-1', {
    'head.json': head(1e15),
    'report.json': JSON.stringify({ study: facts, passes: false }),
    'report.html': '<p>the page</p>',
  });
  write('new-2', { 'head.json': head(3e15), 'report.json': '{' });
  write('mid-3', { 'head.json': head(2e15) });
  // What is none of this program's.
  write('notes', { 'head.json': '{"file":1}' });
  await api.open({ config: { runsDirectory: join(api.runs, 'runs') } });
});
afterAll(() => api.clear());

it('lists the studies beside the runs, the latest first, with what their reports say', async () => {
  const { body } = await api.get<List>('/api/studies');
  expect(body.studies.map(({ study }) => study)).toEqual(['new-2', 'mid-3', 'old-1']);
  expect(body.studies[2]).toEqual({
    ...{
      study: 'old-1',
      file: 'x.yaml',
      begunAtMicros: 1e15,
      title: 'T',
      question: 'Q?',
      points: 3,
      faults: 70,
    },
    ...{ runs: { wanted: 6, made: 5, failed: 1 }, passes: false, hasReport: true },
  });
  for (const unfinished of body.studies.slice(0, 2))
    expect(unfinished).toMatchObject({ title: null, runs: null, passes: null, hasReport: false });
});

it('gives them page by page, and refuses a cursor of another listing', async () => {
  const pages = await api.pages<List>('/api/studies?limit=2');
  expect(pages.map(({ studies }) => studies.map(({ study }) => study))).toEqual([
    ['new-2', 'mid-3'],
    ['old-1'],
  ]);
  expect(await api.get('/api/studies?cursor=other')).toMatchObject({
    status: 400,
    body: { error: 'CursorInvalid' },
  });
});

it('shows a report as it was written, in a sandbox, and says of which there is none', async () => {
  const page = await fetch(`${api.url}/api/studies/old-1/report.html`);
  expect([page.status, await page.text()]).toEqual([200, '<p>the page</p>']);
  expect(page.headers.get('content-security-policy')).toMatch(
    /^sandbox allow-scripts allow-downloads; default-src 'none'/,
  );
  expect(await api.get('/api/studies/mid-3/report.html')).toMatchObject({
    status: 404,
    body: { error: 'StudyUnknown' },
  });
  for (const name of ['..', '..%2Fruns', '.hidden'])
    expect([name, (await fetch(`${api.url}/api/studies/${name}/report.html`)).status]).toEqual([
      name,
      name === '..' ? 404 : 400,
    ]);
});

it('looks where it is told that studies are kept, which need not be beside the runs', async () => {
  const other = new ApiBench();
  const studiesDirectory = join(other.runs, 'elsewhere');
  mkdirSync(join(studiesDirectory, 'far-1'), { recursive: true });
  writeFileSync(join(studiesDirectory, 'far-1', 'head.json'), head(1e15));
  writeFileSync(join(studiesDirectory, 'far-1', 'report.html'), 'far');
  await other.open({ config: { runsDirectory: join(api.runs, 'runs'), studiesDirectory } });
  const { body } = await other.get<List>('/api/studies');
  expect(body.studies.map(({ study }) => study)).toEqual(['far-1']);
  expect(await (await fetch(`${other.url}/api/studies/far-1/report.html`)).text()).toBe('far');
  await other.clear();
});
