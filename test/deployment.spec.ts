import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@faultline/contracts';
import { readConfig, TRACE_ID } from '@faultline/runtime';
import { parse } from 'yaml';
import { z } from 'zod';
import { REPOSITORY } from './kit/command-line';
import { dashboards } from './kit/dashboards';
import { shippedConfig } from './kit/shipped-prometheus';

interface Compose {
  services: Record<
    string,
    {
      image?: string;
      profiles?: string[];
      ports?: string[];
      environment?: Record<string, string>;
      command?: string[];
      secrets?: string[];
      volumes?: string[];
    }
  >;
  secrets: Record<string, { environment: string }>;
}

/** What Grafana reads of its provisioning files, as far as ours have it. It passes over what it does not know, and says nothing. */
const dataSourceFile = z.strictObject({
  apiVersion: z.literal(1),
  datasources: z.array(
    z.strictObject({
      ...{ name: z.string(), uid: z.string(), type: z.enum(['prometheus', 'jaeger']) },
      ...{ access: z.literal('proxy'), url: z.url(), isDefault: z.boolean().optional() },
      jsonData: z.strictObject({ timeInterval: z.string() }).optional(),
    }),
  ),
});
const dashboardFile = z.strictObject({
  apiVersion: z.literal(1),
  providers: z.array(
    z.strictObject({
      ...{ name: z.string(), type: z.literal('file'), allowUiUpdates: z.boolean() },
      options: z.strictObject({ path: z.string() }),
    }),
  ),
});

const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
/** The provisioning files in one folder of Grafana's. */
function provisioned<Content>(folder: string, schema: z.ZodType<Content>): Content[] {
  const path = `deploy/grafana/provisioning/${folder}`;
  return readdirSync(join(REPOSITORY, path)).map((file) => schema.parse(parse(read(`${path}/${file}`))));
}
const sources = provisioned('datasources', dataSourceFile).flatMap(({ datasources }) => datasources);
const observers = Object.entries(compose.services).filter(([, { profiles }]) =>
  profiles?.includes('observe'),
);

describe('the profile observe', () => {
  it('adds metrics, dashboards and a trace viewer, of a named version each, seen from this machine alone', () => {
    expect(observers.map(([name]) => name).sort()).toEqual(['grafana', 'jaeger', 'prometheus']);
    for (const [, { image, ports }] of observers) {
      expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
      expect(ports?.every((port) => port.startsWith('127.0.0.1:'))).toBe(true);
    }
  });

  it('gives Grafana the others as data sources, at the ports that they publish', () => {
    const urls = observers
      .filter(([name]) => name !== 'grafana')
      .map(([name, { ports = [] }]) => `http://${name}:${ports[0]?.split(':').at(-1)}`);
    expect(sources.map(({ url }) => url).sort()).toEqual(urls.sort());
    expect(new Set(sources.flatMap(({ uid, name }) => [uid, name])).size).toBe(2 * sources.length);
    expect(sources.filter(({ isDefault }) => isDefault).map(({ type }) => type)).toEqual(['prometheus']);
  });

  it('gives Grafana the dashboards where it looks for them, and tells it how often there are values', () => {
    const { volumes = [], environment = {} } = compose.services['grafana'] ?? {};
    expect(volumes).toContain('./deploy/grafana/provisioning:/etc/grafana/provisioning:ro');
    const paths = provisioned('dashboards', dashboardFile).flatMap(({ providers }) =>
      providers.map(({ options }) => options.path),
    );
    expect(paths).toEqual(['/etc/grafana/dashboards']);
    expect(volumes).toContain(`./deploy/grafana/dashboards:${paths[0]}:ro`);
    const home = environment['GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH'] ?? '';
    expect(existsSync(join(REPOSITORY, home.replace(/^\/etc\//, 'deploy/')))).toBe(true);
    const { global } = shippedConfig();
    expect(sources.map(({ jsonData }) => jsonData?.timeInterval).filter(Boolean)).toEqual([
      global.scrape_interval,
    ]);
    for (const { refresh } of dashboards()) expect(refresh).toBe(global.scrape_interval);
  });

  it('lets Prometheus find every service by its name, at its door, with the token as a secret', () => {
    const { command = [], secrets = [], volumes = [] } = compose.services['prometheus'] ?? {};
    const jobs = shippedConfig().scrape_configs;
    expect(jobs.map(({ job_name }) => job_name).sort()).toEqual([...services].sort());
    for (const { job_name, authorization, dns_sd_configs } of jobs) {
      const [, port] =
        /:(\d+)\}$/.exec(compose.services[job_name]?.environment?.['FAULTLINE_HTTP'] ?? '') ?? [];
      expect(dns_sd_configs).toMatchObject([{ names: [job_name], type: 'A', port: Number(port) }]);
      expect(authorization).toEqual({ credentials_file: `/run/secrets/${secrets[0]}` });
    }
    expect(secrets.map((name) => compose.secrets[name])).toEqual([{ environment: 'FAULTLINE_TOKEN' }]);
    const file = volumes[0]?.split(':')[1];
    expect(volumes[0]).toBe(`./deploy/prometheus/prometheus.yml:${file}:ro`);
    expect(command).toContain(`--config.file=${file}`);
  });

  it('has dashboards that ask what there is: provisioned sources, and services that are traced', () => {
    const panels = dashboards().flatMap((dashboard) => dashboard.panels);
    const known = new Map(sources.map(({ uid, type }) => [uid, type]));
    const asked = panels.flatMap(({ datasource }) => datasource ?? []);
    expect(asked.filter(({ uid, type }) => known.get(uid) !== type)).toEqual([]);
    expect(new Set(asked.map(({ uid }) => uid)).size).toBe(sources.length);
    const traced = panels
      .flatMap(({ targets = [] }) => targets)
      .filter(({ service }) => service !== undefined);
    expect(traced.map(({ service, operation }) => [services.includes(service as never), operation])).toEqual([
      [true, 'fault'],
    ]);
  });
});

it('the console and the dashboard lead to traces in the viewer, at the port of this machine that is published', () => {
  const { environment = {} } = compose.services['event-log'] ?? {};
  const { ports = [] } = compose.services['jaeger'] ?? {};
  const published = ports[0]?.replace(/:\d+$/, '');
  expect(environment['FAULTLINE_TRACE_URL']).toBe(
    `\${FAULTLINE_TRACE_URL-http://${published}/trace/${TRACE_ID}}`,
  );
  const usual = `http://${published?.replace(/\$\{\w+:-(\d+)\}/, '$1')}/trace/${TRACE_ID}`;
  expect(readConfig('event-log', { FAULTLINE_TRACE_URL: usual }).traceUrl).toBe(usual);
  const links = dashboards().flatMap((dashboard) => dashboard.links.map(({ url }) => new URL(url).origin));
  expect(links).toEqual([new URL(usual).origin]);
});

it('every service is told where traces go', () => {
  for (const service of services) {
    const { environment = {} } = compose.services[service] ?? {};
    expect(Object.keys(environment)).toEqual(
      expect.arrayContaining([
        'OTEL_EXPORTER_OTLP_ENDPOINT',
        'OTEL_EXPORTER_OTLP_PROTOCOL',
        'OTEL_EXPORTER_OTLP_HEADERS',
        'OTEL_TRACES_SAMPLER_ARG',
      ]),
    );
  }
});
