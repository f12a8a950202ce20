import { services } from '@faultline/contracts';
import { eventually } from '../../libs/hosting/src/testkit/eventually.testkit';
import { TestServer } from '../../libs/messaging/src/testkit/server.testkit';
import { bothModels } from '../kit/both-models';
import { CommandLine, PATIENCE_MILLIS, Scratch } from '../kit/command-line';
import { asGrafanaAsks, dashboardQueries } from '../kit/dashboards';
import { OtlpReceiver } from '../kit/otlp-receiver';
import { tellIfMissing } from '../kit/programs';
import {
  hasPrometheus,
  HOW_TO_GET_PROMETHEUS,
  Prometheus,
  promtool,
  withPrometheus,
} from '../kit/prometheus';
import type { Series, Target } from '../kit/prometheus-api';
import { configAt, SHIPPED_CONFIG } from '../kit/shipped-prometheus';
import { StandingServices } from '../kit/standing-services';

/**
 * What the profile observe ships, read by a real Prometheus: its configuration, and every query of every dashboard over a run that lasts
 * as long as it takes to be looked at.
 */
const SITE = 'prometheus';
const TOKEN = 'a-token-for-prometheus';
/** More faults than there is time for. */
const SCENARIO = bothModels(SITE, 1, 200_000, 60_000);
const SCRAPE_SECONDS = 1;
/** Of the run, for each service: so many that each rate has two of them after the run has come to its pace. */
const SCRAPES = 4;
const INTERRUPTED = 130;

const scratch = new Scratch();
const startSeconds = Date.now() / 1000;
let server: TestServer;
let collector: OtlpReceiver;
let standing: StandingServices;
let prometheus: Prometheus;
let stranger: Prometheus;
let report: { summary: { audit: { clean: boolean; eventsByKind: Record<string, number> } } };

tellIfMissing('a Prometheus', hasPrometheus, HOW_TO_GET_PROMETHEUS);

beforeAll(async () => {
  if (!hasPrometheus) return;
  server = await TestServer.start();
  collector = await OtlpReceiver.open();
  standing = await StandingServices.start({
    ...{ natsUrl: server.url, site: SITE, runs: scratch.runs },
    environment: {
      FAULTLINE_TOKEN: TOKEN,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_TRACES_SAMPLER_ARG: '0.1',
    },
  });
  const token = scratch.file('token', TOKEN);
  prometheus = await Prometheus.start(configAt(standing.urls, token));
  // Prometheus takes some seconds from its start to its first look at anybody, so this one begins now.
  stranger = await Prometheus.start(configAt(standing.urls));
  const isUp = async (): Promise<boolean> => (await prometheus.value('sum(up)')) === services.length;
  await eventually('every service was read', isUp, PATIENCE_MILLIS);
  await observeRun();
}, PATIENCE_MILLIS);

afterAll(async () => {
  await Promise.all([prometheus?.stop(), stranger?.stop(), standing?.stop()]);
  await collector?.close();
  await server?.stop();
  scratch.remove();
});

/** A run that goes on until Prometheus has read enough of it from every service. */
async function observeRun(): Promise<void> {
  const run = new CommandLine(['run', scratch.file('run.yaml', SCENARIO), '--json'], {
    ...{ NATS_URL: server.url, FAULTLINE_SITE: SITE, FAULTLINE_RUNS_DIR: scratch.runs },
  });
  const read = `count(count_over_time(faultline_time_scale[5m]) >= ${SCRAPES})`;
  await eventually(
    `${SCRAPES} values of the run from every service`,
    async () => (await prometheus.value(read)) === services.length,
    PATIENCE_MILLIS,
  );
  run.signal('SIGINT');
  const { exit, out, err } = await run.finished();
  expect([exit, err.match(/^faultline: .*$/gm)]).toEqual([INTERRUPTED, null]);
  report = JSON.parse(out) as typeof report;
}

withPrometheus('the shipped configuration of Prometheus', () => {
  it('is one, to the tool that comes with it', async () => {
    // Whether the secret is there is a matter of the container.
    const { exit, said } = await promtool('check', 'config', '--syntax-only', SHIPPED_CONFIG);
    expect({ exit, said }).toEqual({ exit: 0, said: expect.stringMatching(/SUCCESS/) as string });
  });

  it('reads every service with the token', async () => {
    const targets = await prometheus.targets();
    const health = targets.map(({ scrapePool, health, lastError }) => [scrapePool, health, lastError]);
    expect(health.sort()).toEqual([...services].sort().map((service) => [service, 'up', '']));
  });

  it('reads none without the token', async () => {
    const tried = async (): Promise<Target[]> =>
      (await stranger.targets()).filter(({ health }) => health !== 'unknown');
    await eventually('all were tried', async () => (await tried()).length === services.length);
    expect((await tried()).map(({ health, lastError }) => [health, lastError])).toEqual(
      services.map(() => ['down', 'server returned HTTP status 401 Unauthorized']),
    );
  });

  it('has every response that the record has', async () => {
    const { clean, eventsByKind } = report.summary.audit;
    const answered = 'sum(faultline_responses_total)';
    expect([clean, (eventsByKind['GroupResponded'] ?? 0) > 0]).toEqual([true, true]);
    await eventually(
      'Prometheus has read the last response',
      async () => (await prometheus.value(answered)) === eventsByKind['GroupResponded'],
    );
  });
});

withPrometheus('a query of a dashboard', () => {
  it.each(dashboardQueries())('$where has an answer: $expression', async ({ expression, legend }) => {
    const asked = asGrafanaAsks(expression, SCRAPE_SECONDS, SCRAPE_SECONDS);
    const now = Date.now() / 1000;
    const { series, complaints } = await prometheus.range(asked, startSeconds, now, SCRAPE_SECONDS);
    const isSeen = ({ values }: Series): boolean => values.some((value) => Number.isFinite(value));
    expect({ complaints, isSeen: series.some(isSeen) }).toEqual({ complaints: [], isSeen: true });
    // What the legend names the lines by is there to tell them apart.
    const unnamed = series.filter(({ metric }) => legend.some((label) => !metric[label]));
    expect(unnamed).toEqual([]);
  });
});
