import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { FaultQueries, RecordReader } from '@faultline/record';
import { foldUnit } from '@faultline/units';
import type { ResolvedScenario } from '@faultline/contracts';
import { ApiBench } from '../../apps/event-log/src/api/api.testkit';
import { FeedReader } from '../../apps/event-log/src/api/live/feed.testkit';
import { plainView } from '../../apps/event-log/src/api/state/plain-view';
import { stateView } from '../../apps/event-log/src/api/state/state-view';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { CommandLine, type Finished, PATIENCE_MILLIS, REPOSITORY, Scratch } from '../kit/command-line';

const TOKEN = 'a-token-for-this-very-run';
const authorization = { authorization: `Bearer ${TOKEN}` };

interface LiveState {
  laboratory: { run: string; ended: string | null } | null;
  services: { instance: string; standing: string; units: string[] }[];
  units: { unit: string; owner: string | null }[];
  progress: { position: number; accesses: number };
}
interface State {
  at: number;
  state: unknown;
}

const scratch = new Scratch();
const api = new ApiBench();
let command: CommandLine;
let finished: Finished;
let folder: string;
let reader: FeedReader;
let unauthorised: number;
let live: LiveState;
let liveFaults: { faults: { id: string; totalMicros: number | null }[] };
let liveState: State;

/** Where the service of the run answers, as its log says. */
const urlOf = (log: string): string | undefined =>
  existsSync(log)
    ? /"url":"(http:[^"]+)"[^\n]*"msg":"door open"/.exec(readFileSync(log, 'utf8'))?.[1]
    : undefined;

beforeAll(async () => {
  const environment = { FAULTLINE_HTTP: '127.0.0.1:0', FAULTLINE_TOKEN: TOKEN };
  command = new CommandLine(['run', 'examples/quickstart.yaml', '--runs', scratch.runs], environment);
  await command.says(/services: /);
  folder = join(scratch.runs, readdirSync(scratch.runs)[0] ?? '');
  const url = await eventually(
    'the door',
    () => urlOf(join(folder, 'logs', 'event-log.log')),
    PATIENCE_MILLIS,
  );
  const get = async <T>(path: string): Promise<T> =>
    (await (await fetch(`${url}${path}`, { headers: authorization })).json()) as T;
  unauthorised = (await fetch(`${url}/api/live/state`)).status;
  reader = new FeedReader(`${url}/api/live`, authorization);
  await eventually(
    'faults',
    () =>
      reader.events.some(
        ({ name, data }) =>
          name === 'progress' && Number((data['totals'] as { faults: number }).faults) > 100,
      ),
    PATIENCE_MILLIS,
  );
  // Who is there and owns what is heard once a second, and may be heard after the first faults.
  live = await eventually(
    'an owner of every unit',
    async () => {
      const state = await get<LiveState>('/api/live/state');
      const isOwned = ({ owner }: LiveState['units'][number]): boolean =>
        state.services.some(({ instance }) => instance === owner);
      return state.units.every(isOwned) ? state : undefined;
    },
    PATIENCE_MILLIS,
  );
  liveFaults = await get('/api/runs/live/faults?limit=20');
  liveState = await get<State>('/api/state/mm.0');
  finished = await command.finished();
  await api.open({ config: { runsDirectory: scratch.runs } });
}, 2 * PATIENCE_MILLIS);
afterAll(async () => {
  reader?.close();
  await api.clear();
  scratch.remove();
});

test('a run whose record answers over HTTP ends as well as any, and leaves one whole file', async () => {
  expect([finished.exit, finished.err]).toEqual([
    0,
    expect.not.stringMatching(/^faultline: |had to be killed/m),
  ]);
  await command.leftNothing();
  // Whoever reads it afterwards makes this file anew; that nothing is in it is for the writer to see to.
  for (const file of readdirSync(folder).filter((each) => each.endsWith('-wal')))
    expect([file, statSync(join(folder, file)).size]).toEqual([file, 0]);
  expect([unauthorised, reader.isOver]).toEqual([401, true]);
});

test('while it went on, the live view showed every service, who owned what, and how far it was', () => {
  expect(live.services.map(({ standing }) => standing)).toEqual(live.services.map(() => 'here'));
  expect(live.services.length).toBeGreaterThanOrEqual(5);
  for (const { unit, owner } of live.units)
    expect([unit, live.services.find(({ instance }) => instance === owner)?.units]).toEqual([
      unit,
      expect.arrayContaining([unit]),
    ]);
  const scenario = JSON.parse(readFileSync(join(folder, 'scenario.json'), 'utf8')) as ResolvedScenario;
  const accesses = scenario.devices
    .flatMap(({ workloads }) => workloads)
    .reduce((sum, each) => sum + each.accesses, 0);
  expect(live).toMatchObject({ laboratory: { ended: null }, progress: { accesses } });
  const positions = reader.events.flatMap(({ name, data }) =>
    name === 'progress' ? [Number(data['position'])] : [],
  );
  expect(positions.length).toBeGreaterThan(2);
  expect(positions).toEqual([...positions].sort((one, other) => one - other));
});

test('what was told of faults and states while it went on is what its record says', async () => {
  const queries = await FaultQueries.open(folder);
  const record = await RecordReader.open(folder);
  try {
    expect(liveFaults.faults).toHaveLength(20);
    for (const fault of liveFaults.faults)
      if (fault.totalMicros !== null)
        expect({ ...(await queries.fault(fault.id)), traceId: null }).toEqual(fault);
    const scenario = JSON.parse(readFileSync(join(folder, 'scenario.json'), 'utf8')) as ResolvedScenario;
    const fold = foldUnit('mm.0', scenario);
    for await (const { message } of record.messages({ to: liveState.at, unit: 'mm.0' })) fold?.take(message);
    const view = plainView(fold && stateView(fold.folded), { path: '', offset: 0, limit: 100 });
    expect(liveState.state).toEqual(JSON.parse(JSON.stringify(view.state)));
  } finally {
    await queries.close();
    await record.close();
  }
});

test('afterwards, without NATS, its figures are those of its summary and its file', async () => {
  const { summary } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8')) as {
    summary: { pageRequests: number; audit: { messages: number }; faultsByCode: Record<string, number> };
  };
  const list = await api.get<{ runs: unknown[] }>('/api/runs');
  expect(list.body.runs).toMatchObject([
    { state: 'finished', faults: summary.pageRequests, clean: true, hasReport: true },
  ]);
  const detail = await api.get('/api/runs/latest');
  expect(detail.body).toMatchObject({
    record: { messages: summary.audit.messages },
    projectedTo: summary.audit.messages,
  });
  const pages = await api.pages<{ faults: { code: string }[]; nextCursor: string | null }>(
    '/api/runs/latest/faults?limit=1000',
  );
  const codes: Record<string, number> = {};
  for (const { code } of pages.flatMap(({ faults }) => faults)) codes[code] = (codes[code] ?? 0) + 1;
  expect(codes).toEqual(summary.faultsByCode);
  const audit = await eventually('the audit', async () => {
    const { body } = await api.get<{ complete: boolean }>('/api/runs/latest/audit?fresh=true');
    return body.complete ? body : undefined;
  });
  expect(audit).toMatchObject({
    source: 'fresh',
    report: { clean: true, chain: { first: null, heads: expect.any(Number) as number } },
  });
});

test(
  'runs that are over are served by a process that needs no NATS and ends when it is told to',
  async () => {
    const program = join(REPOSITORY, 'dist/apps/event-log/src/browse.js');
    const environment = {
      FAULTLINE_HTTP: '127.0.0.1:0',
      FAULTLINE_RUNS_DIR: scratch.runs,
      NATS_URL: 'nats://127.0.0.1:1',
    };
    const child = spawn(process.execPath, [program], { env: { ...process.env, ...environment } });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    try {
      const url = await eventually('the door', () => /"url":"(http:[^"]+)"/.exec(out)?.[1], PATIENCE_MILLIS);
      const { runs, live } = (await (await fetch(`${url}/api/runs`)).json()) as {
        runs: unknown[];
        live: unknown;
      };
      expect([runs.length, live]).toEqual([1, null]);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      child.kill('SIGKILL');
    }
  },
  PATIENCE_MILLIS,
);

test('a service that others could reach refuses to start without a token, and says what to do', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(REPOSITORY, 'dist/apps/event-log/src/main.js')],
    {
      env: { ...process.env, FAULTLINE_HTTP: '0.0.0.0:8080', FAULTLINE_TOKEN: '' },
      encoding: 'utf8',
    },
  );
  expect([status, stderr]).toEqual([
    1,
    "event-log: environment variable FAULTLINE_HTTP is '0.0.0.0:8080', expected a loopback address such as 127.0.0.1, or FAULTLINE_TOKEN to be set for others who ask\n",
  ]);
});
