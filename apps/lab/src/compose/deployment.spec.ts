import { BadInput, Interrupted } from '../errors';
import { eventually } from '../testing.testkit';
import { ComposeDeployment, type Replicas } from './deployment';
import { Docker } from './docker';
import { FakeDocker } from './fake-docker.testkit';

const fakes: FakeDocker[] = [];
afterEach(() => fakes.splice(0).forEach((fake) => fake.remove()));

function fakeDocker(...state: ConstructorParameters<typeof FakeDocker>): FakeDocker {
  const fake = new FakeDocker(...state);
  fakes.push(fake);
  return fake;
}

async function deploymentOf(fake: FakeDocker): Promise<{ deployment: ComposeDeployment; told: string[] }> {
  const told: string[] = [];
  const docker = new Docker(fake.environment);
  return { deployment: await ComposeDeployment.find(docker, (line) => told.push(line)), told };
}

const FIRST = ['version --short', '--profile lab config --format json', 'ps --quiet'];
const size = (workers: number): Replicas => ({
  ...{ 'device-emulator': 1, iommu: 2, 'iopf-worker': workers, 'mm-handler': 1 },
});
/** The one way in which sizes are changed. */
const scaling = (workers: number): string =>
  `up --detach --wait --wait-timeout 300 --no-recreate --no-build --scale device-emulator=1 --scale iommu=2 --scale iopf-worker=${workers} --scale mm-handler=1`;

describe('a deployment', () => {
  it('is looked at before anything is done, and nothing is changed by that', async () => {
    const fake = fakeDocker();
    const { deployment, told } = await deploymentOf(fake);
    expect(deployment.project).toBe('lab7');
    expect([fake.called, told]).toEqual([FIRST, []]);
  });

  it.each<[what: string, when: string, says: string, line: string]>([
    [
      'Compose is missing',
      'version',
      "docker: 'compose' is not a docker command.\nSee 'docker --help'",
      '--compose: docker has no Compose plugin: expected Docker Engine 25 or later with its Compose plugin',
    ],
    [
      'there is no compose file',
      'config',
      'no configuration file provided: not found',
      '--compose: docker compose config: no configuration file provided: not found; run in the folder of the deployment, or set COMPOSE_FILE',
    ],
    [
      'the engine is not there',
      'ps',
      'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
      '--compose: docker compose ps: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
    ],
  ])('is refused in one line where %s', async (_, when, says, line) => {
    const refused = deploymentOf(fakeDocker({ failures: [{ when, says }] }));
    await expect(refused).rejects.toBeInstanceOf(BadInput);
    await expect(refused).rejects.toHaveProperty('message', line);
  });

  it('is refused in one line where there is no docker, and where the project is another one', async () => {
    const fake = fakeDocker({ services: ['nats', 'web'] });
    const nowhere = { ...fake.environment, PATH: fake.emptyFolder() };
    await expect(ComposeDeployment.find(new Docker(nowhere), () => undefined)).rejects.toThrow(
      /^--compose: docker cannot be started: spawn docker ENOENT; expected Docker Engine 25 or later with its Compose plugin, and docker on the PATH$/,
    );
    await expect(deploymentOf(fake)).rejects.toThrow(
      /^compose project 'lab7' has no service device-emulator, iommu, iopf-worker, mm-handler, event-log, lab: expected/,
    );
  });

  it('is scaled at first, then when the size is another one, and gets back the size it was found with', async () => {
    const fake = fakeDocker();
    const { deployment, told } = await deploymentOf(fake);
    for (const workers of [1, 1, 4, 4, 4, 1]) await deployment.scaleTo(size(workers));
    expect(fake.state.running).toMatchObject({ iommu: 2, 'iopf-worker': 1, 'mm-handler': 1 });
    await deployment.giveBack();
    await deployment.giveBack();
    const looks = [...FIRST, 'ps --format {{.Service}}'];
    expect(fake.called).toEqual([...looks, scaling(1), scaling(4), scaling(1), scaling(3)]);
    expect(fake.state.running['iopf-worker']).toBe(3);
    expect(told.at(-1)).toBe(
      'deployment lab7: back to device-emulator 1, iommu 2, iopf-worker 3, mm-handler 1',
    );
  });

  it('that nothing was made on is not touched', async () => {
    const fake = fakeDocker();
    const { deployment } = await deploymentOf(fake);
    await deployment.giveBack();
    expect(fake.called).toEqual(FIRST);
  });

  it('that is not up, or not all of it, is brought up as a whole', async () => {
    for (const running of [{}, { nats: 1, iommu: 1 }] as Record<string, number>[]) {
      const fake = fakeDocker({ running });
      const { deployment, told } = await deploymentOf(fake);
      await deployment.scaleTo(size(2));
      expect(fake.called.slice(4)).toEqual([
        'up --detach --wait --wait-timeout 300',
        'ps --format {{.Service}}',
        scaling(2),
      ]);
      expect(told[0]).toMatch(/^deployment lab7 is not up: bringing it up/);
      await deployment.giveBack();
      expect(fake.state.running).toMatchObject({ iommu: 1, 'iopf-worker': 1 });
    }
  });

  it('that does not get healthy says which, and is scaled again the next time', async () => {
    const says = 'dependency failed to start\ncontainer lab7-iopf-worker-4 is unhealthy\n';
    const fake = fakeDocker({ failures: [{ when: 'iopf-worker=4', says }] });
    const { deployment } = await deploymentOf(fake);
    await deployment.scaleTo(size(1));
    await expect(deployment.scaleTo(size(4))).rejects.toThrow(
      /^docker compose up: container lab7-iopf-worker-4 is unhealthy$/,
    );
    await deployment.scaleTo(size(1));
    expect(fake.called.slice(4)).toEqual([scaling(1), scaling(4), scaling(1)]);
  });

  it('is not waited for when the user asked to stop, and gets its size back', async () => {
    const fake = fakeDocker({ hangs: 'iopf-worker=4' });
    const { deployment } = await deploymentOf(fake);
    const refused = expect(deployment.scaleTo(size(4))).rejects.toBeInstanceOf(Interrupted);
    await eventually('the command hangs', () => fake.called.includes(scaling(4)));
    deployment.stop();
    await refused;
    await expect(deployment.scaleTo(size(1))).rejects.toBeInstanceOf(Interrupted);
    await deployment.giveBack();
    expect(fake.called.slice(4)).toEqual([scaling(4), scaling(3)]);
  });
});
