import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunFailed } from '../errors';
import { eventually, isAlive, scratchDirectory } from '../testing.testkit';
import { Guard } from './guard';
import { Supervisor } from './supervisor';

const scratch = scratchDirectory();
const script = (name: string, text: string): string => scratch.file(`${name}.js`, text);

const steady = script(
  'steady',
  "console.log('up'); setInterval(() => {}, 1000); process.on('SIGTERM', () => process.exit(0));",
);
const deaf = script(
  'deaf',
  "process.on('SIGTERM', () => console.log('no')); console.log('up'); setInterval(() => {}, 1000);",
);
const dying = script(
  'dying',
  `for (let line = 1; line <= 40; line += 1) console.log('line ' + line);
   console.log(JSON.stringify({ level: 'error', msg: 'giving up', err: { message: 'no room' } }));
   process.exitCode = 3;`,
);

describe('the supervisor', () => {
  let supervisor: Supervisor;
  let deaths: RunFailed[];
  let restarts: string[];
  const start = (instance: string, file: string) => {
    const logFile = join(scratch.path, `${instance}.log`);
    return supervisor.start({ instance, script: file, environment: process.env, logFile });
  };
  const up = (instance: string) =>
    eventually(`${instance} is up`, () => {
      const file = join(scratch.path, `${instance}.log`);
      return existsSync(file) && readFileSync(file, 'utf8').includes('up');
    });

  beforeEach(() => {
    deaths = [];
    restarts = [];
    supervisor = new Supervisor(
      (error) => deaths.push(error),
      (line) => restarts.push(line),
    );
  });
  afterEach(async () => {
    await supervisor.stopAll(0);
    supervisor.close();
  });

  test('a service that dies is named with its status and its last lines, readable', async () => {
    const service = start('iommu', dying);
    await service.ended;
    await eventually('the death was told', () => deaths.length === 1);
    expect(deaths[0]?.message).toMatch(
      /^service iommu ended with exit status 3; all it printed is in .*iommu\.log$/,
    );
    expect(deaths[0]?.details).toHaveLength(12);
    expect(deaths[0]?.details.slice(-2)).toEqual(['line 40', 'error: giving up: no room']);
    expect(readFileSync(join(scratch.path, 'iommu.log'), 'utf8')).toMatch(/^line 1\n/);
  });

  test('a service that is killed is started again, and named with the signal', async () => {
    const service = start('killed', steady);
    await up('killed');
    process.kill(service.pid ?? 0, 'SIGKILL');
    const log = join(scratch.path, 'killed.log');
    await eventually('it is up again', () => readFileSync(log, 'utf8').split('up').length > 2);
    expect(restarts).toEqual(['service killed was ended by SIGKILL; starting it again']);
    expect(deaths).toEqual([]);
    expect(await supervisor.stopAll(5_000)).toEqual([]);
  });

  test('one that is killed again and again is given up', async () => {
    start('doomed', script('doomed', "process.kill(process.pid, 'SIGKILL');"));
    await eventually('the death was told', () => deaths.length === 1);
    expect(restarts).toHaveLength(10);
    expect(deaths[0]?.message).toMatch(/service doomed was ended by SIGKILL/);
  });

  test('a service that ends in order after being asked to is no death', async () => {
    const service = start('orderly', steady);
    await up('orderly');
    expect(await supervisor.stopAll(5_000)).toEqual([]);
    expect(deaths).toEqual([]);
    expect(isAlive(service.pid ?? 0)).toBe(false);
  });

  test('a service that ignores SIGTERM is killed after the deadline, and named', async () => {
    const services = [start('deaf', deaf), start('fine', steady)];
    await Promise.all([up('deaf'), up('fine')]);
    expect(await supervisor.stopAll(200)).toEqual(['deaf']);
    for (const service of services) expect(isAlive(service.pid ?? 0)).toBe(false);
  });

  test('those that need the others stop first', async () => {
    const asking = start('asking', steady);
    const answering = start('answering', steady);
    await Promise.all([up('asking'), up('answering')]);
    let answeringWasThere = false;
    void asking.ended.then(() => (answeringWasThere = !answering.over && isAlive(answering.pid ?? 0)));
    await supervisor.stopAll(5_000, [/^asking$/]);
    expect(answeringWasThere).toBe(true);
  });

  test('killing everything needs no waiting', async () => {
    const service = start('at-once', deaf);
    await up('at-once');
    supervisor.killAll();
    expect(await service.ended).toMatchObject({ signal: 'SIGKILL' });
    expect(deaths).toEqual([]);
  });
});

describe('the guard', () => {
  test('ends what a killed laboratory left running, even when it ignores SIGTERM', async () => {
    const orphan = spawn(process.execPath, [deaf], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => orphan.stdout.once('data', resolve));
    const finished = spawn(process.execPath, ['-e', ''], { detached: true, stdio: 'ignore' });
    await new Promise((resolve) => finished.once('exit', resolve));
    const guard = new Guard(0.1);
    guard.watch(finished.pid ?? 0);
    guard.watch(orphan.pid ?? 0);
    guard.forget(finished.pid ?? 0);
    // The end of the pipe is all that the guard sees of a laboratory that was killed.
    guard.close();
    const signal = await new Promise((resolve) => orphan.once('exit', (_code, by) => resolve(by)));
    expect(signal).toBe('SIGKILL');
  });
});
