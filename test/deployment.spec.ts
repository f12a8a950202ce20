import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { services } from '@faultline/contracts';
import { readConfig, TRACE_ID } from '@faultline/runtime';
import { parse } from 'yaml';
import { REPOSITORY } from './kit/command-line';
import { dashboards } from './kit/dashboards';

interface Compose {
  services: Record<
    string,
    { image?: string; profiles?: string[]; ports?: string[]; environment?: Record<string, string> }
  >;
}
interface DataSource {
  uid: string;
  type: string;
  url: string;
}

const read = (path: string): string => readFileSync(join(REPOSITORY, path), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const PROVISIONED = 'deploy/grafana/provisioning/datasources';
const sources = readdirSync(join(REPOSITORY, PROVISIONED)).flatMap(
  (file) => (parse(read(`${PROVISIONED}/${file}`)) as { datasources: DataSource[] }).datasources,
);
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
  });

  it('has dashboards that ask what there is: provisioned sources, and services that are traced', () => {
    const panels = dashboards().flatMap((dashboard) => dashboard.panels);
    const known = new Map(sources.map(({ uid, type }) => [uid, type]));
    const asked = panels.flatMap(({ datasource }) => (datasource ? [datasource.uid] : []));
    expect(asked.filter((uid) => !known.has(uid))).toEqual([]);
    expect(new Set(asked).size).toBe(sources.length);
    const traced = panels
      .flatMap(({ targets = [] }) => targets)
      .filter(({ service }) => service !== undefined);
    expect(traced.map(({ service, operation }) => [services.includes(service as never), operation])).toEqual([
      [true, 'fault'],
    ]);
  });
});

it('the console leads to traces in the viewer, at the port of this machine that is published', () => {
  const { environment = {} } = compose.services['event-log'] ?? {};
  const { ports = [] } = compose.services['jaeger'] ?? {};
  const published = ports[0]?.replace(/:\d+$/, '');
  expect(environment['FAULTLINE_TRACE_URL']).toBe(
    `\${FAULTLINE_TRACE_URL-http://${published}/trace/${TRACE_ID}}`,
  );
  const usual = `http://${published?.replace(/\$\{\w+:-(\d+)\}/, '$1')}/trace/${TRACE_ID}`;
  expect(readConfig('event-log', { FAULTLINE_TRACE_URL: usual }).traceUrl).toBe(usual);
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
