import { readConfig } from '../config';
import { ConfigError } from '../environment';
import { readTracing } from './config';

const OTEL_EXPORTER_OTLP_ENDPOINT = 'http://collector:4318';
const endpoint = `${OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces`;

describe('where traces go', () => {
  it.each([
    ['nothing is said', {}],
    ['variables are handed on empty', { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_TRACES_SAMPLER_ARG: '' }],
    ['it is disabled', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }],
    ['no fault is to be sampled', { OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER_ARG: '0' }],
    ['only a share is given', { OTEL_TRACES_SAMPLER_ARG: '0.5' }],
  ])('is nowhere where %s', (_when, variables) => {
    expect(readTracing(variables)).toBeUndefined();
    expect(readConfig('iommu', variables).tracing).toBeUndefined();
  });

  it.each([
    [{}, { endpoint, protocol: 'http/protobuf', ratio: 0.01, headers: {}, serviceName: undefined }],
    [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, { protocol: 'http/json' }],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf' },
      { protocol: 'http/protobuf' },
    ],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' }, { endpoint }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://all.of/otlp' }, { endpoint: 'https://all.of/otlp/v1/traces' }],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://traces/here' }, { endpoint: 'http://traces/here' }],
    [{ OTEL_TRACES_SAMPLER_ARG: '1' }, { ratio: 1 }],
    [{ OTEL_TRACES_SAMPLER_ARG: '.25' }, { ratio: 0.25 }],
    [{ OTEL_SERVICE_NAME: 'mine', OTEL_SDK_DISABLED: 'false' }, { serviceName: 'mine' }],
    [
      {
        OTEL_EXPORTER_OTLP_HEADERS: 'api-key=k%3D1, tenant = blue',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'tenant=red',
      },
      { headers: { 'api-key': 'k=1', tenant: 'red' } },
    ],
  ])('is told by the standard variables: %j', (variables, expected) => {
    expect(readTracing({ OTEL_EXPORTER_OTLP_ENDPOINT, ...variables })).toMatchObject(expected);
  });

  it.each([
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      /OTEL_EXPORTER_OTLP_ENDPOINT is 'collector:4318', expected an address/,
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'grpc://there' },
      /an address such as http:\/\/127.0.0.1:4318\/v1\/traces$/,
    ],
    [{ OTEL_TRACES_SAMPLER_ARG: '1.5' }, /OTEL_TRACES_SAMPLER_ARG is '1.5', expected a number from 0 to 1$/],
    [
      { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      /OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc', expected http\/protobuf or http\/json$/,
    ],
    [{ OTEL_TRACES_SAMPLER_ARG: '1e-2' }, /expected a number from 0 to 1$/],
    [{ OTEL_SDK_DISABLED: 'maybe' }, /OTEL_SDK_DISABLED is 'maybe', expected true or false$/],
    // A header may be a key.
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'secret' },
      /HEADERS is set to something else, expected name=value, with commas/,
    ],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=%zz' }, /expected name=value/],
  ])('is refused where it cannot be used: %j', (variables, message) => {
    expect(() => readTracing(variables)).toThrow(ConfigError);
    expect(() => readTracing(variables)).toThrow(message);
  });
});

describe('where a trace can be looked at', () => {
  const traceUrlOf = (FAULTLINE_TRACE_URL: string): string | undefined =>
    readConfig('event-log', { FAULTLINE_TRACE_URL }).traceUrl;

  it('is where it was said, whether or not this process traces', () => {
    const address = 'https://grafana/explore?left={"query":"TRACE_ID"}';
    expect([traceUrlOf(address), traceUrlOf('')]).toEqual([address, undefined]);
    expect(readConfig('event-log', {}).traceUrl).toBeUndefined();
  });

  it.each(['http://127.0.0.1:16686/trace/', 'javascript:TRACE_ID', '127.0.0.1/TRACE_ID'])(
    'is refused where it leads to no trace, before anything starts: %s',
    (address) => {
      const message = `environment variable FAULTLINE_TRACE_URL is '${address}', expected an address with TRACE_ID in it, such as http://127.0.0.1:16686/trace/TRACE_ID`;
      for (const read of [traceUrlOf, (url: string) => readTracing({ FAULTLINE_TRACE_URL: url })])
        expect(() => read(address)).toThrow(message);
    },
  );
});
