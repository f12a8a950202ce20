import { services } from '@faultline/contracts';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { PrometheusApi, type Target } from '../kit/prometheus-api';
import { Deployment } from './deployment';

/**
 * The Prometheus of the profile observe as a user has it: in its container, with the shipped configuration and the token as a secret,
 * beside several replicas of everything that may have them.
 */

/** It looks for replicas, and reads them, every 5 s. */
const PATIENCE_MILLIS = 60_000;
const REPLICAS = { 'device-emulator': 2, iommu: 3, 'iopf-worker': 2, 'mm-handler': 2, 'event-log': 1 };

const deployment = new Deployment({
  FAULTLINE_TOKEN: 'a-token-for-the-containers',
  // A free one.
  PROMETHEUS_PORT: '0',
});
let prometheus: PrometheusApi;

async function scale(replicas: Record<string, number>): Promise<void> {
  const scales = Object.entries(replicas).flatMap(([name, count]) => ['--scale', `${name}=${count}`]);
  await deployment.compose('up', '--detach', '--wait', '--no-recreate', ...scales);
}

/** Waits until Prometheus has read each replica of each service, and knows of no other. */
async function allAreUp(replicas: Record<string, number>): Promise<void> {
  let targets: Target[] = [];
  const isSo = async (): Promise<boolean> => {
    targets = await prometheus.targets();
    const isUp = (name: string, count: number): boolean =>
      targets.filter(({ scrapePool, health }) => scrapePool === name && health === 'up').length === count;
    const all = Object.entries(replicas);
    return (
      all.every(([name, count]) => isUp(name, count)) &&
      targets.length === all.reduce((sum, [, count]) => sum + count, 0)
    );
  };
  await eventually('every replica is read, and nothing else', isSo, PATIENCE_MILLIS).catch(
    (error: unknown) => {
      throw new Error(JSON.stringify(targets, undefined, 1), { cause: error });
    },
  );
}

beforeAll(async () => {
  await deployment.refuseWithoutEngine();
  await deployment.refuseWithoutImageOf('prometheus');
  await deployment.compose('--profile', 'lab', 'build');
  await scale(REPLICAS);
  await deployment.compose('--profile', 'observe', 'up', '--detach', '--wait', 'prometheus');
  const [port = ''] = (await deployment.compose('--profile', 'observe', 'port', 'prometheus', '9090')).split(
    '\n',
  );
  prometheus = new PrometheusApi(`http://${port}`);
  await eventually('Prometheus is ready', () => prometheus.isReady().catch(() => false), PATIENCE_MILLIS);
});

afterAll(() => deployment.remove());

describe('the Prometheus of the deployment', () => {
  it('is published on this machine alone', () => {
    expect(new URL(prometheus.url).hostname).toBe('127.0.0.1');
  });

  it('finds every replica of every service by name, and reads it with the token', async () => {
    expect(Object.keys(REPLICAS).sort()).toEqual([...services].sort());
    await allAreUp(REPLICAS);
    expect(await prometheus.values('faultline_info', 'service')).toEqual(REPLICAS);
  });

  it('has what a run did, from all who had a part in it', async () => {
    const { exit, out, err } = await deployment.lab('run', 'examples/small.yaml', '--json').finished();
    expect([exit, err.match(/^faultline: .*$/gm)]).toEqual([0, null]);
    const { summary } = JSON.parse(out) as { summary: { audit: { eventsByKind: Record<string, number> } } };
    const { GroupResponded, AccessEnded } = summary.audit.eventsByKind;
    expect(GroupResponded).toBeGreaterThan(0);
    await eventually(
      'the last responses and accesses are read',
      async () => {
        const ended = await prometheus.value('faultline_events_total{kind="AccessEnded"}');
        return (
          (await prometheus.value('faultline_responses_total')) === GroupResponded && ended === AccessEnded
        );
      },
      PATIENCE_MILLIS,
    );
    const appended = await prometheus.values('faultline_log_append_events_sum', 'job');
    for (const job of services.filter((service) => service !== 'event-log'))
      expect([job, (appended[job] ?? 0) > 0]).toEqual([job, true]);
  });

  it('finds replicas that are added, and lets go those that are gone', async () => {
    for (const workers of [4, 1]) {
      const replicas = { ...REPLICAS, 'iopf-worker': workers };
      await scale(replicas);
      await allAreUp(replicas);
    }
  });
});
