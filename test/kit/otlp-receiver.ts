import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AttributeValue, Span } from '@faultline/runtime';
import { exportOfProtobuf } from './otlp-protobuf';

/** A span as it was exported, with what its process says of itself. */
export interface ReceivedSpan extends Span {
  resource: Record<string, AttributeValue>;
}

/** How a collector behaves: it takes everything, refuses everything for now or for ever, or never answers. */
export type Manner = 'takes' | 'refuses' | 'forbids' | 'is-silent';

interface Value {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number | string;
  doubleValue?: number;
}
type Attributes = { key: string; value: Value }[];
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attributes;
  links?: { traceId: string; spanId: string }[];
  status: { code: number; message?: string };
}
interface Exported {
  resourceSpans: { resource: { attributes: Attributes }; scopeSpans: { spans: OtlpSpan[] }[] }[];
}

const KINDS: Readonly<Record<number, Span['kind']>> = { 1: 'internal', 4: 'producer', 5: 'consumer' };
const ERROR = 2;
const UNAVAILABLE = 503;
const FORBIDDEN = 403;

/** A collector on a free port of this machine: takes OTLP over HTTP, as protocol buffers or JSON. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Headers of the last export, and how many there were. */
  headers: Record<string, unknown> = {};
  requests = 0;
  manner: Manner = 'takes';

  private constructor(private readonly server: Server) {}

  static async open(port = 0): Promise<OtlpReceiver> {
    const server = createServer();
    const receiver = new OtlpReceiver(server);
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        receiver.headers = { ...request.headers, path: request.url };
        const isJson = request.headers['content-type'] === 'application/json';
        receiver.take(Buffer.concat(parts), isJson, response);
      });
    });
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private take(body: Buffer, isJson: boolean, response: ServerResponse): void {
    this.requests += 1;
    if (this.manner === 'is-silent') return;
    if (this.manner === 'refuses') return void response.writeHead(UNAVAILABLE).end();
    if (this.manner === 'forbids') return void response.writeHead(FORBIDDEN).end();
    const exported: Exported = isJson
      ? (JSON.parse(body.toString('utf8')) as Exported)
      : exportOfProtobuf(body);
    for (const { resource, scopeSpans } of exported.resourceSpans)
      for (const span of scopeSpans.flatMap(({ spans }) => spans))
        this.spans.push({ ...plain(span), resource: valuesOf(resource.attributes) });
    if (isJson) response.setHeader('content-type', 'application/json').end('{}');
    else response.setHeader('content-type', 'application/x-protobuf').end();
  }
}

function plain(span: OtlpSpan): Span {
  const { traceId, spanId, parentSpanId, name, kind, status, links = [] } = span;
  return {
    ...{ traceId, spanId, name, kind: KINDS[kind] ?? 'internal' },
    parentId: parentSpanId === '' ? undefined : parentSpanId,
    startMicros: microsOf(span.startTimeUnixNano),
    endMicros: microsOf(span.endTimeUnixNano),
    attributes: valuesOf(span.attributes),
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    error: status.code === ERROR ? (status.message ?? '') : undefined,
  };
}

/** Exact for what is a quarter of a microsecond, as finely as an instant of our time can be said. */
function microsOf(nanos: string): number {
  const whole = BigInt(nanos);
  return Number(whole / 1_000n) + Number(whole % 1_000n) / 1_000;
}

function valuesOf(attributes: Attributes): Record<string, AttributeValue> {
  const pairs = attributes.map(({ key, value }) => {
    const { stringValue, boolValue, intValue, doubleValue } = value;
    return [key, stringValue ?? boolValue ?? doubleValue ?? Number(intValue)] as const;
  });
  return Object.fromEntries(pairs);
}
