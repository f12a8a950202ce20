import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Presence, type ResolvedScenario, type ServiceName, subjectsOf } from '@faultline/contracts';
import type { Child, Children } from '../support/children';
import { until } from '../support/deadline';
import type { BenchServer } from '../support/server';

const READY_MILLIS = 90_000;
/** More events than any run has. */
const NEVER = 999_999_999;

export interface ServicesOptions {
  lab: string;
  children: Children;
  bench: BenchServer;
  scenario: ResolvedScenario;
  /** Where the event log keeps its record. */
  directory: string;
  /** Where each service writes a processor profile when it ends. */
  profileDirectory?: string;
  /** Absent: nothing is counted or traced, and nobody can ask for it. */
  observation?: Observation;
}

/** What is observed is switched while the services run, by messages to them (see `observed-service.ts`). */
export interface Observation {
  /** Where each service shows its metrics, in the order of {@link startServices}. */
  metricPorts: readonly number[];
  /** Where services export the traces of one fault in a hundred. */
  tracesTo: string;
}

/** Services of a laboratory that are not workers. */
export const OWNERS = 4;

/** Starts the services as processes of their own and waits until every one of them has said that it is ready. */
export async function startServices(options: ServicesOptions): Promise<Child[]> {
  const { bench, children, lab, scenario } = options;
  const ready = new Set<string>();
  const presence = bench.link.nc.subscribe(subjectsOf(lab).control('lab', 'presence'), {
    callback: (_error, message) => {
      const { data } = message.json<{ data: Presence }>();
      if (data.state === 'ready') ready.add(data.instance);
    },
  });
  const services = (['event-log', 'mm-handler', 'iommu', 'device-emulator'] as const).map((service, place) =>
    startService(options, service, service, place),
  );
  for (let worker = 1; worker <= scenario.workers.processes; worker += 1) {
    services.push(startService(options, 'iopf-worker', `iopf-worker-${worker}`, services.length));
  }
  const look = (): Promise<true | undefined> => Promise.resolve(ready.size === services.length || undefined);
  await children.race(until(look, READY_MILLIS, 'the start of all services'));
  presence.unsubscribe();
  return services;
}

function startService(
  options: ServicesOptions,
  service: ServiceName,
  instance: string,
  place: number,
): Child {
  const { children, bench, lab, directory, profileDirectory, observation } = options;
  const port = observation?.metricPorts[place];
  const environment = {
    ...process.env,
    NATS_URL: bench.url,
    FAULTLINE_LAB: lab,
    FAULTLINE_INSTANCE: instance,
    FAULTLINE_RUN_DIR: directory,
    FAULTLINE_HTTP: port === undefined ? undefined : `127.0.0.1:${port}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: observation?.tracesTo,
    OTEL_TRACES_SAMPLER_ARG: '0.01',
    // A snapshot of an address space that only grows takes long, and falls into one turn or another.
    FAULTLINE_SNAPSHOT_EVENTS: observation && String(NEVER),
    LOG_LEVEL: 'warn',
  };
  const profile =
    profileDirectory === undefined
      ? []
      : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`, `--cpu-prof-name=${instance}.cpuprofile`];
  const script = { name: instance, script: entryPoint(service), environment };
  if (!observation) return children.spawn({ ...script, nodeArguments: profile });
  const switches = ['--require', join(__dirname, 'observed-service.js')];
  return children.fork({ ...script, nodeArguments: ['--enable-source-maps', ...switches, ...profile] });
}

/** The compiled service beside the compiled benchmark: dist/apps/<service>/src/main.js. */
function entryPoint(service: ServiceName): string {
  const script = resolve(__dirname, '../../../apps', service, 'src/main.js');
  if (!existsSync(script))
    throw new Error(`service ${service} is not built (no ${script}): run 'npm run build'`);
  return script;
}
