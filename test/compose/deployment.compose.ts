import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { Deployment, type Output } from './deployment';

/**
 * The deployment as a user has it: images built from this checkout, containers of a real engine, several replicas of everything
 * that may have them, and nobody told its number.
 */

const MEGABYTE = 1_000_000;
const SCALED = ['iommu=3', 'mm-handler=2', 'iopf-worker=4', 'device-emulator=2'];
const scaled = (...scales: string[]): string[] => scales.flatMap((scale) => ['--scale', scale]);
const SERVICES = ['device-emulator', 'iommu', 'iopf-worker', 'mm-handler', 'event-log'];
/** More faults than there is time for: such a run lasts until it is interrupted. */
const ENDLESS = [
  ...['--set', 'devices.1.workloads.0.accesses=5000000', '--set', 'devices.1.workloads.0.pages=60000'],
  ...['--set', 'mm.framesPerShard=131072'],
];

/** Two sizes of the deployment, neither of which it has. */
const STUDY = `name: scaled
title: Throughput against workers
question: Do more workers leave anything out?
scenario: ${join(__dirname, '../../examples/small.yaml')}
mode: live
vary: [{ name: workers, set: workers.processes, values: [1, 3] }]
repetitions: 1
plots: [{ id: throughput, title: Throughput, x: workers, y: throughput }]
holds: [{ says: everything is answered, figure: unsettled, value: '== 0' }]
`;

const INTERRUPTED = 130;
const deployment = new Deployment();
const figures: string[] = [];
const scratch = mkdtempSync(join(tmpdir(), 'faultline-compose-'));
interface Report {
  run: string;
  end: string;
  drained: boolean;
  deadLetters: number;
  summary: { audit: { clean: boolean; counts: Record<string, number> } };
}

/** The summary of a run that ended well; says what it and the services printed when it did not. */
async function reportOf({ exit, out, err }: Output, expected = 0): Promise<Report> {
  if (exit !== expected)
    throw new Error(`the run ended with ${exit}:\n${err}\n${out}\n${await deployment.complaints()}`);
  return JSON.parse(out) as Report;
}

/** Everything that was begun came to its end, once. */
function expectWhole({ end, drained, deadLetters, summary }: Report, how = 'finished'): void {
  expect({ end, drained, deadLetters, clean: summary.audit.clean }).toEqual({
    ...{ end: how, drained: true, deadLetters: 0, clean: true },
  });
}

/** A run that goes on while `happen` does its work, and afterwards; then it is stopped as by Ctrl-C. */
async function whileRunning(happen: () => Promise<void>): Promise<void> {
  const run = deployment.lab('run', 'examples/quickstart.yaml', '--json', ...ENDLESS);
  await run.says(/accesses [1-9]/);
  await happen();
  const looks = (): number => run.err.split('accesses ').length;
  const then = looks();
  await eventually('the run goes on', () => looks() > then + 1 || run.over, 60_000);
  await deployment.interruptLab();
  expectWhole(await reportOf(await run.finished(), INTERRUPTED), 'stopped');
  const audit = await deployment.lab('audit', 'latest').finished();
  expect(audit).toMatchObject({ exit: 0, out: expect.stringContaining('audit passed') as string });
}

beforeAll(async () => {
  await deployment.refuseWithoutEngine();
  const begun = performance.now();
  await deployment.compose('--profile', 'lab', 'build');
  figures.push(`images built in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
});

afterAll(async () => {
  await deployment.remove();
  rmSync(scratch, { recursive: true, force: true });
  process.stdout.write(`\nmeasured: ${figures.join('; ')}\n`);
});

describe('the image', () => {
  it('adds less than 120 MB of its own to the image it is based on', async () => {
    const base = `node:${process.env['NODE_VERSION'] || 22}-bookworm-slim`;
    const bytes = await deployment.ownBytes(deployment.image, base);
    figures.push(`own layers ${(bytes / MEGABYTE).toFixed(1)} MB`);
    expect(bytes).toBeGreaterThan(MEGABYTE);
    expect(bytes).toBeLessThan(120 * MEGABYTE);
  });
});

describe('the deployment as the guide starts it', () => {
  let upAtMillis: number;

  it('is up, and runs the quickstart to its end', async () => {
    upAtMillis = Date.now();
    await deployment.compose('up', '--detach', '--wait');
    figures.push(`healthy ${((Date.now() - upAtMillis) / 1000).toFixed(1)} s after up`);
    expectWhole(await reportOf(await deployment.lab('run', 'examples/quickstart.yaml', '--json').finished()));
  });

  it('has its first fault answered less than 20 s after the start of everything', async () => {
    const { out } = await deployment.lab('faults', 'latest', '--limit', '1000', '--json').finished();
    const answered = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { instants: { respondedAtMicros: number | null } })
      .flatMap(({ instants }) => instants.respondedAtMicros ?? []);
    const seconds = (Math.min(...answered) / 1000 - upAtMillis) / 1000;
    figures.push(`first fault answered ${seconds.toFixed(1)} s after up`);
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(20);
  });

  it('can be audited and looked at from outside, in containers that run nothing else', async () => {
    const audit = await deployment.lab('audit', 'latest').finished();
    expect(audit).toMatchObject({ exit: 0, out: expect.stringContaining('audit passed') as string });
    const faults = await deployment.lab('faults', 'latest', '--slowest', '5').finished();
    expect(faults.exit).toBe(0);
    expect(faults.out.trim().split('\n').length).toBeGreaterThan(5);
  });
});

describe('replicas that nobody numbered', () => {
  it('are up, and share the quickstart', async () => {
    const begun = performance.now();
    await deployment.compose('up', '--detach', '--wait', ...scaled(...SCALED));
    figures.push(`scaled up in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
    expectWhole(await reportOf(await deployment.lab('run', 'examples/quickstart.yaml', '--json').finished()));
  });
});

describe('every container', () => {
  interface Container {
    Config: { User: string; Image: string };
    HostConfig: {
      ReadonlyRootfs: boolean;
      CapDrop: string[] | null;
      SecurityOpt: string[] | null;
      Init: boolean;
      Tmpfs: Record<string, string> | null;
      Privileged: boolean;
      PortBindings: Record<string, unknown> | null;
      RestartPolicy: { Name: string };
    };
    State: { Health?: { Status: string } };
  }

  it('runs without root, without rights, on a read-only file system, publishes nothing, and is watched', async () => {
    const ids = await deployment.containers();
    expect(ids).toHaveLength(1 + 3 + 2 + 4 + 2 + 1);
    for (const id of ids) {
      const { Config, HostConfig, State } = await deployment.inspect<Container>(id);
      expect({ user: Config.User, ...HostConfig, health: State.Health?.Status }).toMatchObject({
        user: expect.stringMatching(/^(node|1000:1000)$/) as string,
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Init: true,
        Privileged: false,
        Tmpfs: { '/tmp': expect.any(String) as string },
        PortBindings: {},
        RestartPolicy: { Name: 'unless-stopped' },
        health: 'healthy',
      });
    }
  });

  it('says that it is not well when it no longer reaches NATS, and that it is when it does again', async () => {
    const [worker = ''] = await deployment.containers('iopf-worker');
    const [network = ''] = (
      await deployment.docker('network', 'ls', '-q', '--filter', `name=${deployment.project}`)
    ).split('\n');
    await deployment.docker('network', 'disconnect', network, worker);
    await deployment.becomes(worker, 'unhealthy');
    await deployment.docker('network', 'connect', network, worker);
    await deployment.becomes(worker, 'healthy');
  });
});

describe('a run in which things happen', () => {
  it('loses nothing when a container of each service is killed, one after the other, and NATS last', async () => {
    await whileRunning(async () => {
      for (const service of [...SERVICES, 'nats']) {
        const [id = ''] = await deployment.containers(service);
        await deployment.crash(id);
      }
    });
  });

  it('goes on while services are scaled down and up', async () => {
    await whileRunning(async () => {
      const few = ['iommu=1', 'mm-handler=1', 'iopf-worker=1', 'device-emulator=1'];
      for (const scales of [few, SCALED]) {
        await deployment.compose('up', '--detach', '--wait', '--no-recreate', ...scaled(...scales));
        const count = Number(scales[0]?.split('=')[1]);
        expect(await deployment.containers('iommu')).toHaveLength(count);
      }
    });
  });

  it('keeps the site to itself, and gives it back when it is interrupted', async () => {
    await whileRunning(async () => {
      const second = await deployment.lab('run', 'examples/quickstart.yaml').finished();
      expect(second.exit).toBe(1);
      expect(second.err).toMatch(/site compose is busy with run \d{8}-\d{6}-\w{4} since \d{4}-/);
    });
    expectWhole(await reportOf(await deployment.lab('run', 'examples/quickstart.yaml', '--json').finished()));
  });
});

describe('a study that scales the deployment', () => {
  it('makes each live run at the size it asks for, holds, and brings the deployment back', async () => {
    const before = (await deployment.containers('iopf-worker')).length;
    expect([1, 3]).not.toContain(before);
    const file = join(scratch, 'scaled.yaml');
    writeFileSync(file, STUDY);
    const begun = performance.now();
    const study = deployment.faultline('study', file, '--compose', '--studies', scratch, '--json');
    const seen = new Set<number>();
    while (!study.over) seen.add((await deployment.containers('iopf-worker')).length);
    const { exit, out, err } = await study.finished();
    figures.push(`a study of two sizes in ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    expect({ exit, complaints: err.match(/^faultline: .*$/gm) }).toEqual({ exit: 0, complaints: null });
    expect([...seen]).toEqual(expect.arrayContaining([1, 3]));
    const { passes, runs } = JSON.parse(out) as { passes: boolean; runs: Record<string, unknown>[] };
    expect([passes, runs]).toMatchObject([
      true,
      [1, 3].map((workers) => ({
        ...{ failure: null, run: expect.stringMatching(/^\d{8}-\d{6}-\w{4}$/) as string },
        deployment: { project: deployment.project, replicas: { 'iopf-worker': workers } },
      })),
    ]);
    expect(await deployment.containers('iopf-worker')).toHaveLength(before);
    const audit = await deployment.lab('audit', 'latest').finished();
    expect(audit).toMatchObject({ exit: 0, out: expect.stringContaining('audit passed') as string });
  });
});
