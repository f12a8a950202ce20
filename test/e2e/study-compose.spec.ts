import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeDocker } from '../../apps/lab/src/compose/fake-docker.testkit';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { CommandLine, faultline, PATIENCE_MILLIS, REPOSITORY, Scratch } from '../kit/command-line';

const scratch = new Scratch();
const fakes: FakeDocker[] = [];
afterAll(() => {
  scratch.remove();
  fakes.forEach((fake) => fake.remove());
});

const STUDY = `name: scaled
title: Throughput against workers
question: How far do more workers help?
mode: live
scenario:
  name: small
  iommus: [{ name: pri, model: pri }]
  processes: [{ name: app }]
  devices:
    - name: device
      iommu: pri
      workloads:
        - { process: app, pattern: sequential, accesses: 100, pages: 100, outstanding: 16 }
settings: { timeScale: 100 }
vary:
  - { name: workers, set: workers.processes, values: [1, 2, 4] }
repetitions: 2
plots:
  - { id: throughput, title: Throughput, x: workers, y: throughput }
`;
const file = scratch.file('scaled.yaml', STUDY);

const BUILT = join(REPOSITORY, 'dist/apps/lab/src/study');
/** Stands for the services of a deployment: simulates, and names runs by the workers that stood then. Makes so many, and then hangs. */
const container = (most: number): string[] => [
  '-e',
  `const { simulatedRun } = require(${JSON.stringify(join(BUILT, 'simulated-run.js'))});
  const { readFileSync } = require('node:fs');
  let made = 0;
  require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
    if ((made += 1) > ${most}) return;
    const { running } = JSON.parse(readFileSync(process.env.STATE, 'utf8'));
    const live = { run: 'of-' + running['iopf-worker'], busyShare: 0.1, leastWallMicros: null };
    console.log(JSON.stringify({ ...(await simulatedRun(JSON.parse(line))), live }));
  }).on('close', () => process.exit());`,
];

function deployment(most = 100): FakeDocker {
  const fake = new FakeDocker({ container: container(most) });
  fake.change({ environment: { STATE: join(fake.path, 'state.json') } });
  fakes.push(fake);
  return fake;
}

interface KeptRun {
  point: number;
  live: { run: string | null; deployment: { project: string; replicas: Record<string, number> } };
}

/** Runs that are kept under a folder of studies, by the names of their files. */
function keptIn(studies: string): Map<string, KeptRun> {
  const folder = join(studies, readdirSync(studies).at(-1) ?? '', 'runs');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.json')) : [];
  return new Map(
    names.map((name) => [name, JSON.parse(readFileSync(join(folder, name), 'utf8')) as KeptRun]),
  );
}

/** The workers of each change of size. */
const sizes = (fake: FakeDocker): number[] =>
  fake.called.flatMap((line) => {
    const [, workers] = /^up .* --scale iopf-worker=(\d+)/.exec(line) ?? [];
    return workers === undefined ? [] : [Number(workers)];
  });

describe('a study on a deployment', () => {
  it(
    'scales it before each run that wants another size, and gives it back',
    async () => {
      const fake = deployment();
      const studies = join(scratch.path, 'whole');
      const words = ['study', file, '--compose', '--studies', studies, '--json'];
      const { exit, out, err } = await faultline(words, fake.environment);
      expect({ exit, complaints: err.match(/^faultline: .*$/gm) }).toEqual({ exit: 0, complaints: null });
      const kept = [...keptIn(studies).values()];
      expect(kept).toHaveLength(6);
      for (const { point, live } of kept) {
        const workers = 2 ** point;
        expect(live.run).toBe(`of-${workers}`);
        expect(live.deployment).toMatchObject({ project: 'lab7', replicas: { 'iopf-worker': workers } });
      }
      const changes = sizes(fake);
      changes.forEach((workers, place) => expect(workers).not.toBe(changes[place - 1]));
      expect(changes.at(-1)).toBe(3);
      expect(changes.length).toBeLessThanOrEqual(7);
      expect(fake.called.filter((line) => line.startsWith('run '))).toHaveLength(1);
      expect(err).toMatch(/deployment lab7: device-emulator 1, iommu 1, iopf-worker 2, mm-handler 1/);
      const { runs } = JSON.parse(out) as { runs: { deployment: unknown }[] };
      expect(runs[0]?.deployment).toMatchObject({ project: 'lab7', replicas: { 'iopf-worker': 1 } });
    },
    PATIENCE_MILLIS,
  );

  it(
    'gives it back when it is interrupted, and goes on where that was',
    async () => {
      const fake = deployment(2);
      const studies = join(scratch.path, 'interrupted');
      const words = ['study', file, '--compose', '--studies', studies];
      const first = new CommandLine(words, fake.environment);
      await first.says(/study scaled: 6 runs, kept in/);
      await eventually('two runs are kept', () => keptIn(studies).size === 2, PATIENCE_MILLIS);
      await eventually(
        'the third one is asked for',
        () => first.children(/require\('node:readline'\)/).length > 0,
        PATIENCE_MILLIS,
      );
      first.signal('SIGINT');
      const stopped = await first.finished();
      expect(stopped.exit).toBe(130);
      expect(stopped.err).toMatch(
        /faultline: stopped after 2 of 6 runs: the same command with --resume goes/,
      );
      await first.leftNothing();
      expect(sizes(fake).at(-1)).toBe(3);
      const before = keptIn(studies);

      const { state } = deployment();
      fake.change({ container: state.container });
      const calls = fake.called.length;
      const resumed = await faultline([...words, '--resume'], fake.environment);
      expect(resumed.exit).toBe(0);
      expect(keptIn(studies).size).toBe(6);
      for (const [name, run] of before) expect(keptIn(studies).get(name)).toEqual(run);

      const again = fake.called.length;
      expect(again).toBeGreaterThan(calls);
      expect((await faultline([...words, '--resume'], fake.environment)).exit).toBe(0);
      expect(fake.called.slice(again).filter((line) => /^(up|run) /.test(line))).toEqual([]);
    },
    2 * PATIENCE_MILLIS,
  );

  it(
    'says at once which run failed and why, and makes the others',
    async () => {
      const fake = deployment();
      fake.change({
        failures: [{ when: 'iopf-worker=2', says: 'container lab7-iopf-worker-2 is unhealthy' }],
      });
      const studies = join(scratch.path, 'failed');
      const words = ['study', file, '--compose', '--studies', studies, '--set', 'repetitions=1'];
      const { exit, out, err } = await faultline(words, fake.environment);
      expect(exit).toBe(1);
      expect(err).toMatch(
        /^point 1, repetition 1 failed: docker compose up: container lab7-iopf-worker-2 is unhealthy$/m,
      );
      expect(out.replace(/\s+/g, ' ')).toMatch(
        /workers 2 \(live\): a run failed: docker compose up: container/,
      );
      const made = [...keptIn(studies).values()].map(({ live }) => live.run);
      expect(new Set(made)).toEqual(new Set(['of-1', null, 'of-4']));
    },
    PATIENCE_MILLIS,
  );

  it(
    'makes live runs by jobs alone, and stops one under way in order',
    async () => {
      const fake = new FakeDocker({ container: [join(BUILT, 'run-maker-main.js')] });
      fake.change({ environment: { FAULTLINE_RUNS_DIR: scratch.runs } });
      fakes.push(fake);
      const studies = join(scratch.path, 'live');
      const words = ['study', file, '--compose', '--studies', studies, '--set', 'repetitions=1'];
      const one = ['--set', 'vary=[{name: workers, set: workers.processes, values: [1]}]'];
      const { exit, err } = await faultline([...words, ...one], fake.environment);
      expect({ exit, complaints: err.match(/^faultline: .*$/gm) }).toEqual({ exit: 0, complaints: null });
      expect([...keptIn(studies).values()]).toMatchObject([{ live: { run: 'point-0000-1' } }]);

      const endless = ['devices.0.workloads.0.accesses=5000000', 'devices.0.workloads.0.pages=60000'];
      const settings = [...endless, 'mm.framesPerShard=131072'].flatMap((each) => [
        '--set',
        `settings.${each}`,
      ]);
      const long = new CommandLine([...words, ...one, ...settings], fake.environment);
      await eventually(
        'the services are there',
        () => long.children(/iopf-worker\/src\/main/).length > 0,
        PATIENCE_MILLIS,
      );
      long.signal('SIGINT');
      expect((await long.finished()).exit).toBe(130);
      await long.leftNothing();
    },
    2 * PATIENCE_MILLIS,
  );

  it.each([
    [
      ['--set', 'mode=simulated'],
      /--compose is for live runs, and study 'scaled' has none: add --set mode=live/,
    ],
    [['--set', 'settings.workers.processes=65', '--set', 'vary.0.set=seed'], /workers.processes is 65/],
  ])('is refused before docker is asked: %j', async (settings, message) => {
    const fake = deployment();
    const { exit, err } = await faultline(['study', file, '--compose', ...settings], fake.environment);
    expect(exit).toBe(2);
    expect(err).toMatch(message);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(fake.called).toEqual([]);
  });

  it('is refused in one line where the engine does not answer, and nothing is kept', async () => {
    const fake = deployment();
    const says =
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?';
    fake.change({ failures: [{ when: ' ps ', says }] });
    const studies = join(scratch.path, 'none');
    const words = ['study', file, '--compose', '--studies', studies];
    const { exit, err } = await faultline(words, fake.environment);
    expect({ exit, err }).toEqual({ exit: 2, err: `faultline: --compose: docker compose ps: ${says}\n` });
    expect(existsSync(studies)).toBe(false);
  });
});
