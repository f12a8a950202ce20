import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { LiveState } from '../../apps/event-log/src/api/live/live-schemas';
import type { RunList } from '../../apps/event-log/src/api/runs/run-schemas';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { CommandLine, faultline, type Finished, PATIENCE_MILLIS, Scratch } from '../kit/command-line';

jest.setTimeout(PATIENCE_MILLIS);

const scratch = new Scratch();
const system = join(scratch.runs, '.up');
const commands: CommandLine[] = [];
const start = (words: string[], environment: NodeJS.ProcessEnv = {}): CommandLine => {
  const command = new CommandLine([...words, '--runs', scratch.runs], environment);
  commands.push(command);
  return command;
};

/** A system that stands, and the address of its console. */
async function up(...words: string[]): Promise<{ command: CommandLine; url: string }> {
  const command = start(['up', ...words]);
  await command.says(/that is the console/);
  return { command, url: /^http:\S+$/m.exec(command.out)?.[0] ?? '' };
}

const get = async <T>(url: string): Promise<T> => (await (await fetch(url)).json()) as T;

/** Whether the console knows of all six processes, which wait for a run. */
async function stand(url: string): Promise<boolean> {
  const { laboratory, services } = await get<LiveState>(`${url}/api/live/state`);
  const here = services.filter(
    ({ standing, state, units }) => standing === 'here' && state === 'ready' && units.length === 0,
  );
  return laboratory === null && here.length === 6 && services.length === 6;
}

/** Ends a command as its user does, and waits until nothing of it is left. */
async function end(command: CommandLine): Promise<Finished> {
  command.signal('SIGINT');
  const finished = await command.finished();
  await command.leftNothing();
  return finished;
}

// Slow enough to be looked at, and over in some seconds.
const SLOW = ['examples/small.yaml', '--set', 'timeScale=5000'];

afterEach(async () => {
  for (const command of commands.splice(0)) {
    command.signal('SIGKILL');
    await command.finished();
  }
});
afterAll(() => scratch.remove());

it('carries out what is run beside it, shows it while it goes on and when it is over, and leaves nothing', async () => {
  const { command, url } = await up('--workers', '2');
  await eventually('everybody who stands, before anything runs', () => stand(url), PATIENCE_MILLIS);
  const run = start(['run', ...SLOW]);
  await run.says(/on the services that are up here, with their console at http/);
  expect(run.err).toContain(`at ${url};`);
  await run.says(/^the scenario asks for other sizes: 1 iopf-worker \(here 2\)$/m);
  await eventually(
    'the run in the console, with all its services',
    async () => {
      const { progress, services } = await get<LiveState>(`${url}/api/live/state`);
      return (progress?.totals.faults ?? 0) > 0 && services.length === 6;
    },
    PATIENCE_MILLIS,
  );
  // What a signal ends is started again, and the run goes on.
  const [worker = 0] = command.children(/iopf-worker/);
  process.kill(worker, 'SIGKILL');
  const { exit, out } = await run.finished();
  expect([exit, out]).toEqual([0, expect.stringMatching(/^audit passed/m)]);
  expect(command.err).toMatch(/^service iopf-worker-\d was ended by SIGKILL; starting it again$/m);
  const { runs, live: none } = await get<RunList>(`${url}/api/runs`);
  expect([runs.map(({ state, clean }) => [state, clean]), none]).toEqual([[['finished', true]], null]);
  await eventually('everybody who stands, when it is over', () => stand(url), PATIENCE_MILLIS);
  command.children(/./);
  expect(await end(command)).toMatchObject({ exit: 0 });
  expect(readdirSync(scratch.runs)).toEqual(runs.map((each) => each.run));
});

it('is there once for a folder, and what stands in its way is said in a line', async () => {
  const { command } = await up();
  const second = await faultline(['up', '--runs', scratch.runs]);
  expect([second.exit, second.err]).toEqual([
    2,
    expect.stringMatching(
      /^faultline: a system is up for the runs of \S+ already \(process \d+, with its console at http:\S+\): [^\n]+\n$/,
    ),
  ]);
  await end(command);
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as AddressInfo;
  const taken = await faultline(['up', '--runs', scratch.runs, '--http', String(port)]);
  other.close();
  expect([taken.exit, taken.err]).toEqual([
    2,
    `faultline: the console cannot be at http://127.0.0.1:${port}: somebody listens there already; choose another port\n`,
  ]);
  const without = await faultline(['up', '--runs', scratch.runs], {
    NATS_SERVER_BIN: '/no/such/nats-server',
  });
  expect([without.exit, without.err]).toEqual([
    1,
    expect.stringMatching(/^faultline: [^\n]*nats-server[^\n]*\n$/),
  ]);
  expect(existsSync(system)).toBe(false);
});

it('a run whose system ends says so, and a system that was killed leaves its place to the next', async () => {
  const { command } = await up();
  const run = start(['run', 'examples/small.yaml', '--set', 'timeScale=100000']);
  await run.says(/accesses [1-9]/);
  command.children(/./);
  command.signal('SIGKILL');
  const { exit, err } = await run.finished();
  expect([exit, err]).toEqual([
    1,
    expect.stringMatching(/^faultline: 'faultline up' has ended, and its services/m),
  ]);
  await command.leftNothing();
  const next = await up();
  next.command.children(/./);
  await end(next.command);
  expect(existsSync(system)).toBe(false);
});

it('a run keeps its services and its console until Ctrl-C when it is to be opened', async () => {
  const run = start(['run', 'examples/small.yaml', '--no-up', '--open'], {
    DISPLAY: '',
    BROWSER: '',
    WAYLAND_DISPLAY: '',
  });
  await run.says(/Ctrl-C ends them/);
  expect(run.out).toMatch(/^audit passed/m);
  expect(run.err).toMatch(/no browser was opened, since [^\n]+; open the address yourself/);
  const url = /its console at (http:[^#]+)\/#\/live/.exec(run.err)?.[1] ?? '';
  // Each question reads the record on for a moment.
  const { laboratory, services, progress } = await eventually('the end of the run', async () => {
    const state = await get<LiveState>(`${url}/api/live/state`);
    return state.laboratory?.ended ? state : undefined;
  });
  expect(laboratory).toMatchObject({ scenario: 'small', ended: 'finished' });
  expect(services.map(({ standing }) => standing)).toEqual(Array(5).fill('here'));
  expect(progress).toMatchObject({ totals: { open: 0, accessesEnded: 1_600 } });
  // The run is over, whatever its services do.
  const { runs, live } = await get<RunList>(`${url}/api/runs`);
  expect(runs.find((each) => each.run === live)).toMatchObject({ state: 'finished', hasReport: true });
  expect(await get(`${url}/api/runs/${live}/audit`)).toMatchObject({ source: 'kept', complete: true });
  run.children(/./);
  expect(await end(run)).toMatchObject({ exit: 0 });
});
