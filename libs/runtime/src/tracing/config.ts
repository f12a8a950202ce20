import { z } from 'zod';
import { readVariables, unlessEmpty } from '../environment';

/** How spans are written for a collector. The first is OpenTelemetry's own default: a third as long, and written in less time. */
const PROTOCOLS = ['http/protobuf', 'http/json'] as const;

/** Where traces go, and of how much. */
export interface TracingConfig {
  /** Takes OTLP over HTTP. */
  endpoint: string;
  protocol: (typeof PROTOCOLS)[number];
  /** What every export has to show there. */
  headers: Readonly<Record<string, string>>;
  /** Share of the faults that is traced: more than 0, at most 1. */
  ratio: number;
  /** What the service is called in its traces; absent for its own name. */
  serviceName?: string;
}

/** What stands for the id of a trace in the address of a viewer. */
export const TRACE_ID = 'TRACE_ID';

const DEFAULT_RATIO = 0.01;
const TRACES_PATH = 'v1/traces';

const isHttp = (text: string): boolean => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
const address = (example: string) => unlessEmpty(z.string().refine(isHttp, `an address such as ${example}`));
const headers = unlessEmpty(
  z
    .string()
    .transform(parseHeaders)
    .refine((found) => found !== undefined, 'name=value, with commas between several'),
);

const protocol = unlessEmpty(z.enum(PROTOCOLS, PROTOCOLS.join(' or ')));

/** The standard variables of OpenTelemetry that are heeded here; those of its exporter, such as time limits, it reads itself. And one of ours. */
const environment = z.object({
  OTEL_SDK_DISABLED: unlessEmpty(
    z
      .string()
      .toLowerCase()
      .pipe(z.enum(['true', 'false'], 'true or false')),
  ),
  OTEL_EXPORTER_OTLP_ENDPOINT: address('http://127.0.0.1:4318'),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: address(`http://127.0.0.1:4318/${TRACES_PATH}`),
  OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: protocol,
  OTEL_EXPORTER_OTLP_HEADERS: headers,
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: headers,
  OTEL_TRACES_SAMPLER_ARG: unlessEmpty(
    z
      .string()
      .regex(/^\d*\.?\d+$/, 'a number from 0 to 1')
      .transform(Number)
      .refine((ratio) => ratio <= 1, 'a number from 0 to 1'),
  ),
  OTEL_SERVICE_NAME: unlessEmpty(z.string()),
  FAULTLINE_TRACE_URL: unlessEmpty(
    z
      .string()
      .refine(
        (text) => isHttp(text) && text.includes(TRACE_ID),
        `an address with ${TRACE_ID} in it, such as http://127.0.0.1:16686/trace/${TRACE_ID}`,
      ),
  ),
});

/** Reads whether there are to be traces; undefined for none. Throws `ConfigError` for the first variable that is wrong. */
export function readTracing(variables: NodeJS.ProcessEnv = process.env): TracingConfig | undefined {
  const data = readVariables(environment, variables);
  const endpoint =
    data.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ??
    (data.OTEL_EXPORTER_OTLP_ENDPOINT && below(data.OTEL_EXPORTER_OTLP_ENDPOINT));
  const ratio = data.OTEL_TRACES_SAMPLER_ARG ?? DEFAULT_RATIO;
  if (endpoint === undefined || ratio === 0 || data.OTEL_SDK_DISABLED === 'true') return undefined;
  return {
    endpoint,
    protocol: data.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL ?? data.OTEL_EXPORTER_OTLP_PROTOCOL ?? PROTOCOLS[0],
    headers: { ...data.OTEL_EXPORTER_OTLP_HEADERS, ...data.OTEL_EXPORTER_OTLP_TRACES_HEADERS },
    ratio,
    serviceName: data.OTEL_SERVICE_NAME,
  };
}

/** Reads where a trace can be looked at; undefined where nobody said. Throws as {@link readTracing} does. */
export const readTraceUrl = (variables: NodeJS.ProcessEnv = process.env): string | undefined =>
  readVariables(environment, variables).FAULTLINE_TRACE_URL;

const below = (base: string): string => `${base.replace(/\/*$/, '/')}${TRACES_PATH}`;

/** `name=value,name=value`; values may be percent-encoded. Undefined for anything else. */
function parseHeaders(text: string): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const pair of text.split(',')) {
    const [, name, value] = /^\s*([!#$%&'*+.^`|~\w-]+)\s*=\s*([\x20-\x7e]*?)\s*$/.exec(pair) ?? [];
    if (name === undefined || value === undefined) return undefined;
    try {
      found[name] = decodeURIComponent(value);
    } catch {
      return undefined;
    }
  }
  return found;
}
