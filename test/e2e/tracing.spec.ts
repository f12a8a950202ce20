import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LoggedMessage } from '@faultline/audit';
import { FAULTLINE_VERSION, FaultSampler, services } from '@faultline/contracts';
import { RecordReader } from '@faultline/record';
import { FAULTLINE } from '@faultline/runtime';
import { ApiBench } from '../../apps/event-log/src/api/api.testkit';
import type { FaultList } from '../../apps/event-log/src/api/faults/fault-schemas';
import { bothModels } from '../kit/both-models';
import { faultline, PATIENCE_MILLIS, Scratch } from '../kit/command-line';
import { OtlpReceiver } from '../kit/otlp-receiver';
import { judgeTraces } from '../kit/traced';

const SCENARIO = bothModels('traced', 2, 400, 150);

const scratch = new Scratch();
const scenario = scratch.file('traced.yaml', SCENARIO);
let runs = 0;
afterAll(() => scratch.remove());

/** Carries the scenario out with a server of its own, and reads what it left. */
async function run(
  environment: NodeJS.ProcessEnv,
): Promise<{ folder: string; lab: string; log: LoggedMessage[] }> {
  const kept = join(scratch.path, `runs-${(runs += 1)}`);
  const { exit, err } = await faultline(['run', scenario, '--json'], {
    FAULTLINE_RUNS_DIR: kept,
    ...environment,
  });
  expect([exit, err.match(/^faultline: .*$/gm)]).toEqual([0, null]);
  const folder = join(kept, readdirSync(kept)[0] ?? '');
  const reader = await RecordReader.open(folder);
  const log: LoggedMessage[] = [];
  for await (const { message } of reader.messages()) log.push({ ...message, body: message.body.slice() });
  await reader.close();
  return { folder, lab: log[0]?.subject.split('.')[0] ?? '', log };
}

/** What the API says of the trace of each fault of a run that is over, in a process that is to trace everything itself. */
async function tracesSaid(folder: string): Promise<Record<string, string | null>> {
  const api = new ApiBench(dirname(folder));
  await api.open({
    config: {
      tracing: { protocol: 'http/json', endpoint: 'http://127.0.0.1:9/v1/traces', headers: {}, ratio: 1 },
    },
  });
  const pages = await api.pages<FaultList>(`/api/runs/${basename(folder)}/faults?limit=200`);
  await api.close();
  return Object.fromEntries(
    pages.flatMap(({ faults }) => faults.map(({ id, traceId }) => [id, traceId] as const)),
  );
}

/** What its services complain of. */
const warningsOf = (folder: string): string[] =>
  readdirSync(join(folder, 'logs')).flatMap((file) =>
    readFileSync(join(folder, 'logs', file), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"level":"warn"'))
      .map((line) => (JSON.parse(line) as { msg: string }).msg),
  );

const withCollector = async (body: (receiver: OtlpReceiver) => Promise<void>): Promise<void> => {
  const receiver = await OtlpReceiver.open();
  try {
    await body(receiver);
  } finally {
    await receiver.close();
  }
};

it(
  'every fault of a run has one whole trace, in the services where it went, and every message one of its own',
  () =>
    withCollector(async (receiver) => {
      const { folder, lab, log } = await run({
        ...{ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER_ARG: '1' },
        OTEL_EXPORTER_OTLP_HEADERS: 'x-key=let%20me',
      });
      const { spans, headers } = receiver;
      const { complaints, traced } = judgeTraces({
        log,
        spans,
        sampler: new FaultSampler(lab, 1),
        isWhole: true,
      });
      expect(complaints).toEqual([]);
      expect(traced.length).toBeGreaterThanOrEqual(550);
      expect(headers).toMatchObject({ 'x-key': 'let me', path: '/v1/traces' });
      const places = new Map<string, Set<unknown>>();
      for (const { name, resource } of spans)
        places.set(name, (places.get(name) ?? new Set()).add(resource['service.name']));
      expect(
        Object.fromEntries([...places].map(([name, where]) => [name, [...where].sort().join()])),
      ).toEqual({
        fault: 'device-emulator,iommu',
        ...{ 'device -> IOMMU': 'iommu', 'IOMMU -> queue': 'iommu', response: 'iommu' },
        ...{ 'queue wait': 'iopf-worker', mm: 'iopf-worker', handle: 'mm-handler' },
        ...{ delivery: 'device-emulator', retry: 'device-emulator,iommu' },
        ...{ 'request iommu.page-request': 'device-emulator', 'process iommu.page-request': 'iommu' },
        ...{ 'request iommu.translate': 'device-emulator', 'process iommu.translate': 'iommu' },
        ...{ 'request mm.handle': 'iopf-worker', 'process mm.handle': 'mm-handler' },
        ...{ 'publish iommu.queue': 'iommu', 'process iommu.queue': 'event-log,iopf-worker' },
        ...{ 'publish iommu.hw': 'iommu', 'process iommu.hw': 'device-emulator,event-log' },
        ...{ 'publish iopf': 'iopf-worker', 'process iopf': 'event-log,iommu' },
        ...{ 'publish mm': 'mm-handler', 'process mm': 'event-log,iommu' },
        ...{ 'publish segment': 'device-emulator', 'process segment': 'event-log' },
      });
      const said = spans.map(({ resource }) => [resource[FAULTLINE.lab], resource['service.version']].join());
      expect([...new Set(said)]).toEqual([`${lab},${FAULTLINE_VERSION}`]);
      const instances = new Set(spans.map(({ resource }) => resource['service.instance.id']));
      expect(instances.size).toBe(services.length + 1);
      // The chain includes the contexts, and an audit minds them as little as a rebuild of the projections.
      expect(await faultline(['audit', folder])).toMatchObject({ exit: 0 });
      expect(await faultline(['rebuild', folder])).toMatchObject({ exit: 0 });
      const [fault = ''] = traced;
      const shown = await faultline(['fault', folder, fault]);
      const root = spans.find(({ attributes }) => attributes[FAULTLINE.fault] === fault);
      expect(shown.out).toContain(root?.traceId);
    }),
  2 * PATIENCE_MILLIS,
);

it(
  'a share of the faults is the same one for all services',
  () =>
    withCollector(async (receiver) => {
      const { folder, lab, log } = await run({
        ...{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${receiver.endpoint}/somewhere` },
        ...{ OTEL_TRACES_SAMPLER_ARG: '0.5', OTEL_SERVICE_NAME: 'all' },
      });
      const { spans, headers } = receiver;
      const { complaints, traced } = judgeTraces({
        log,
        spans,
        sampler: new FaultSampler(lab, 0.5),
        isWhole: true,
      });
      expect(complaints).toEqual([]);
      // Whoever looks later, with whatever configuration of their own, finds those that there are, and no others.
      const roots = spans.filter(({ name }) => name === 'fault');
      const exported = Object.fromEntries(
        roots.map(({ attributes, traceId }) => [attributes[FAULTLINE.fault], traceId]),
      );
      const said = await tracesSaid(folder);
      expect(Object.values(said)).toContain(null);
      expect(Object.fromEntries(Object.entries(said).filter(([, traceId]) => traceId !== null))).toEqual(
        exported,
      );
      // Sixteen neighbours at a time, of some seven hundred.
      expect(traced.length).toBeGreaterThan(100);
      expect(traced.length).toBeLessThan(600);
      expect(headers['path']).toBe('/somewhere');
      expect(spans.every(({ resource }) => resource['service.name'] === 'all')).toBe(true);
    }),
  2 * PATIENCE_MILLIS,
);

it(
  'a collector that never answers changes nothing of a run, and is told of once',
  () =>
    withCollector(async (receiver) => {
      receiver.manner = 'is-silent';
      const { folder, log } = await run({
        ...{ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER_ARG: '1' },
      });
      expect(log.some(({ headers }) => headers.traceparent !== undefined)).toBe(true);
      expect(receiver.requests).toBeGreaterThanOrEqual(services.length);
      const warnings = warningsOf(folder).filter((text) => /trace|span/.test(text));
      expect(warnings.filter((text) => text === 'the last spans could not be exported in time')).toHaveLength(
        services.length + 1,
      );
      expect(await faultline(['audit', folder])).toMatchObject({ exit: 0 });
    }),
  2 * PATIENCE_MILLIS,
);

it(
  "where nobody asks for traces, nothing of OpenTelemetry's is loaded and no message has a context",
  async () => {
    const watch = scratch.file(
      'watch.js',
      `process.on('exit', () => {
        const loaded = Object.keys(require.cache).filter((path) => /@opentelemetry.(?!api.)/.test(path));
        require('node:fs').writeFileSync(${JSON.stringify(scratch.path)} + '/loaded-' + process.pid, loaded.join('\\n'));
      });`,
    );
    const { folder, log } = await run({
      NODE_OPTIONS: `--require=${watch}`,
      // Disabled, whatever else is said.
      ...{ OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' },
    });
    expect(log.filter(({ headers }) => headers.traceparent !== undefined)).toEqual([]);
    expect(new Set(Object.values(await tracesSaid(folder)))).toEqual(new Set([null]));
    const looked = readdirSync(scratch.path).filter((name) => name.startsWith('loaded-'));
    expect(looked.length).toBeGreaterThan(services.length);
    expect(
      looked.map((name) => readFileSync(join(scratch.path, name), 'utf8')).filter((text) => text !== ''),
    ).toEqual([]);
  },
  2 * PATIENCE_MILLIS,
);

it('a variable that cannot be used is told of before anything starts', async () => {
  const { exit, err } = await faultline(['run', scenario], { OTEL_TRACES_SAMPLER_ARG: 'many' });
  expect([exit, err]).toEqual([
    2,
    "faultline: environment variable OTEL_TRACES_SAMPLER_ARG is 'many', expected a number from 0 to 1\n",
  ]);
});
