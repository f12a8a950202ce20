import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ServiceName, services } from '@faultline/contracts';
import { FaultQueries } from '@faultline/record';
import { METRICS } from '@faultline/runtime';
import { TestServer } from '../../libs/messaging/src/testkit/server.testkit';
import { bothModels } from '../kit/both-models';
import { faultline, PATIENCE_MILLIS, Scratch } from '../kit/command-line';
import { dashboardQueries } from '../kit/dashboards';
import { Exposition } from '../kit/exposition';
import { StandingServices } from '../kit/standing-services';

const SCENARIO = bothModels('metrics', 1, 600, 200);
const TOKEN = 'a-token-for-the-metrics';
const headers = { authorization: `Bearer ${TOKEN}` };

interface Report {
  summary: {
    audit: { clean: boolean; eventsByKind: Record<string, number>; counts: Record<string, number> };
  };
}

const scratch = new Scratch();
let server: TestServer;
let standing: StandingServices;
let report: Report;
const shown = {} as Record<ServiceName, Exposition>;

beforeAll(async () => {
  server = await TestServer.start();
  const environment = { FAULTLINE_TOKEN: TOKEN };
  const site = { natsUrl: server.url, site: 'metrics', runs: scratch.runs };
  standing = await StandingServices.start({ ...site, environment });
  const { exit, out, err } = await faultline(['run', scratch.file('metrics.yaml', SCENARIO), '--json'], {
    ...{ NATS_URL: server.url, FAULTLINE_SITE: 'metrics', FAULTLINE_RUNS_DIR: scratch.runs },
  });
  expect([exit, err.match(/^faultline: .*$/gm)]).toEqual([0, null]);
  report = JSON.parse(out) as Report;
  for (const service of services) shown[service] = await Exposition.of(standing.urls[service], headers);
}, 2 * PATIENCE_MILLIS);

afterAll(async () => {
  await standing?.stop();
  await server?.stop();
  scratch.remove();
});

/** Labels of a metric of the catalogue, by a name that can be asked for. */
function labelsOf(name: string): readonly string[] {
  const found = Object.entries(METRICS).find(
    ([each]) => name.replace(/_(bucket|sum|count)$/, '') === each || name === each,
  );
  return found ? found[1].labels : [];
}

/** Added up over the services, as a dashboard does it. */
const total = (name: string, labels: Record<string, string> = {}): number =>
  services.reduce((sum, service) => sum + shown[service].sum(name, labels), 0);

describe('the metrics of a run', () => {
  it('count every event that the record has, once', () => {
    const { eventsByKind } = report.summary.audit;
    const counted: Record<string, number> = {};
    for (const service of services)
      for (const [kind, count] of Object.entries(shown[service].by('kind', 'faultline_events_total')))
        counted[kind] = (counted[kind] ?? 0) + count;
    // Written beside what units decide: where a cycle ends, what workers say, what the laboratory says of itself, and how an owner begins.
    const { CycleClosed, GroupHandled, ScenarioLoaded, RunEnded, ...others } = eventsByKind;
    const { IommuOwnerChanged, MmOwnerChanged, SegmentOwnerChanged, DeviceReset, ...ofUnits } = others;
    expect(Object.fromEntries(Object.keys(ofUnits).map((kind) => [kind, counted[kind]]))).toEqual(ofUnits);
    const appended = total('faultline_log_append_events_sum');
    const all = Object.values(eventsByKind).reduce((sum, count) => sum + count, 0);
    expect(appended).toBe(all - (ScenarioLoaded ?? 0) - (RunEnded ?? 0));
    for (const count of [
      CycleClosed,
      GroupHandled,
      IommuOwnerChanged,
      MmOwnerChanged,
      SegmentOwnerChanged,
      DeviceReset,
    ])
      expect(count).toBeGreaterThan(0);
  });

  it('time each stage of each group, as the record does', async () => {
    const [run = ''] = readdirSync(scratch.runs);
    const queries = await FaultQueries.open(join(scratch.runs, run));
    const groups = new Map<string, { queueWait: number; mm: number }>();
    for (let cursor: string | undefined; ;) {
      const page = await queries.faults({ limit: 1_000, cursor });
      for (const { group, stages } of page.faults)
        if (group !== null && stages.mm !== null && stages.queueWait !== null)
          groups.set(group, { queueWait: stages.queueWait, mm: stages.mm });
      if (page.nextCursor === null) break;
      cursor = page.nextCursor;
    }
    await queries.close();
    const worker = shown['iopf-worker'];
    for (const stage of ['queueWait', 'mm'] as const) {
      const micros = [...groups.values()].reduce((sum, each) => sum + each[stage], 0);
      expect(worker.sum('faultline_stage_seconds_count', { stage })).toBe(groups.size);
      expect(worker.sum('faultline_stage_seconds_sum', { stage })).toBeCloseTo(micros / 1e6, 3);
    }
    expect(total('faultline_stage_seconds_count', { stage: 'response' })).toBe(
      total('faultline_responses_total', { cause: 'handled' }),
    );
  });

  it('say what became of groups, of work messages and of requests', () => {
    expect(report.summary.audit.clean).toBe(true);
    expect(shown.iommu.by('code', 'faultline_responses_total')).toEqual({
      ...{ success: report.summary.audit.eventsByKind['GroupResponded'], invalid: 0, failure: 0 },
    });
    expect(total('faultline_work_settled_total', { how: 'ack' })).toBe(
      total('faultline_work_deliveries_total', { delivery: 'first' }),
    );
    expect(total('faultline_dead_letters_total')).toBe(0);
    expect(total('faultline_lane_requests_total', { result: 'answered' })).toBeGreaterThan(0);
  });

  it.each(dashboardQueries())('$where asks for what is there: $expression', ({ metrics, labels }) => {
    const there = new Set(services.flatMap((service) => shown[service].names));
    expect([metrics.length > 0, metrics.filter((name) => !there.has(name))]).toEqual([true, []]);
    // What a metric is asked for by is a label of it; Prometheus adds where it read it.
    const known = ['job', 'instance', 'le', ...metrics.flatMap((name) => labelsOf(name))];
    expect(labels.filter((label) => !known.includes(label))).toEqual([]);
  });

  it('say how the process is, and are for those who have the token', async () => {
    for (const service of services) {
      const url = standing.urls[service];
      expect([service, (await fetch(`${url}/metrics`)).status]).toEqual([service, 401]);
      const ready = await fetch(`${url}/health/ready`, { headers });
      expect([service, ready.status]).toEqual([service, 200]);
      expect(shown[service].sum('faultline_info', { service })).toBe(1);
    }
  });
});
