import type { PointRun } from '@faultline/study';
import { ComposeDeployment } from '../compose/deployment';
import { Docker } from '../compose/docker';
import { FakeDocker } from '../compose/fake-docker.testkit';
import { ComposeRuns } from './compose-runs';
import { makerScript } from './run-makers';
import { jobOf } from './study.testkit';

const cleanUps: (() => void)[] = [];
afterEach(() => cleanUps.splice(0).forEach((cleanUp) => cleanUp()));

async function runsOn(
  ...state: ConstructorParameters<typeof FakeDocker>
): Promise<{ fake: FakeDocker; runs: ComposeRuns; make(workers: number): Promise<PointRun> }> {
  const fake = new FakeDocker(...state);
  const deployment = await ComposeDeployment.find(new Docker(fake.environment), () => undefined);
  const runs = new ComposeRuns(deployment);
  cleanUps.push(() => {
    runs.kill();
    fake.remove();
  });
  // What a container would do on the services, this one simulates.
  const make = async (workers: number): Promise<PointRun> => {
    const job = await jobOf({}, [`workers.processes=${workers}`]);
    return runs.make(job);
  };
  return { fake, runs, make };
}

const replicas = { 'device-emulator': 1, iommu: 1, 'mm-handler': 1 };

describe('live runs on a deployment', () => {
  it('are made in one container, each at the size that its scenario says, and say so', async () => {
    const { fake, runs, make } = await runsOn({ container: [makerScript()] });
    const made = [await make(2), await make(2), await make(4)];
    expect(made.map(({ failure }) => failure)).toEqual([null, null, null]);
    await runs.close();
    const verbs = fake.called.map((line) => /iopf-worker=\d+|^\w+/.exec(line.replace(/^up/, ''))?.[0]);
    expect(verbs.slice(3)).toEqual(['ps', 'iopf-worker=2', 'run', 'iopf-worker=4', 'iopf-worker=3']);
    expect(fake.called).toContain(
      'run --rm -T --entrypoint node lab dist/apps/lab/src/study/run-maker-main.js',
    );
  });

  it('that fail are told in their place, at the size they should have had, and others are made', async () => {
    const { fake, make } = await runsOn({
      failures: [
        { when: 'iopf-worker=8', says: 'container lab7-iopf-worker-8 is unhealthy' },
        { when: 'run --rm', says: 'Error response from daemon: No such image: faultline:latest' },
      ],
      container: [makerScript()],
    });
    const deployment = { project: 'lab7', replicas: { ...replicas, 'iopf-worker': 2 } };
    expect(await make(2)).toMatchObject({
      failure:
        'the lab container ended with status 1, at point 2, repetition 3: Error response from daemon: No such image: faultline:latest',
      ...{ figures: {}, audit: { clean: false }, live: { run: null, deployment } },
    });
    fake.change({ failures: fake.state.failures.slice(0, 1) });
    expect(await make(8)).toMatchObject({
      failure: 'docker compose up: container lab7-iopf-worker-8 is unhealthy',
      live: { run: null, deployment: { replicas: { ...replicas, 'iopf-worker': 8 } } },
    });
    expect((await make(2)).failure).toBeNull();
  });
});
