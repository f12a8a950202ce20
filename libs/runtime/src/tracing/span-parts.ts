import { OTLPExporterBase } from '@opentelemetry/otlp-exporter-base';
import {
  convertLegacyHttpOptions,
  createOtlpHttpExportDelegate,
} from '@opentelemetry/otlp-exporter-base/node-http';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { TracingConfig } from './config';

/** Some spans, written as an export of their own. */
export interface SpanPart {
  bytes: Uint8Array;
  spans: number;
}

/** How spans are written, and how what was written apart becomes one export. */
interface SpanFormat {
  contentType: string;
  serializer: typeof ProtobufTraceSerializer;
  join(parts: readonly SpanPart[]): Uint8Array;
}

const FORMATS: Record<TracingConfig['protocol'], SpanFormat> = {
  'http/protobuf': {
    contentType: 'application/x-protobuf',
    serializer: ProtobufTraceSerializer,
    // One message behind another is the two as one, each with its spans.
    join: (parts) => Buffer.concat(parts.map(({ bytes }) => bytes)),
  },
  'http/json': {
    contentType: 'application/json',
    serializer: JsonTraceSerializer,
    join: (parts) => Buffer.from(JSON.stringify({ resourceSpans: parts.flatMap(resourceSpansOf) })),
  },
};

function resourceSpansOf({ bytes }: SpanPart): readonly unknown[] {
  return (JSON.parse(Buffer.from(bytes).toString()) as { resourceSpans: unknown[] }).resourceSpans;
}

/** Writes spans a part at a time, as the protocol has them. */
export function writePart(spans: ReadableSpan[], protocol: TracingConfig['protocol']): SpanPart {
  const bytes = FORMATS[protocol].serializer.serializeRequest(spans) ?? new Uint8Array();
  return { bytes, spans: spans.length };
}

/** Sends parts that were written before, by OpenTelemetry's own way over HTTP: with its variables, time limits and repetitions. */
export class PartExporter extends OTLPExporterBase<readonly SpanPart[]> {
  constructor({ endpoint: url, protocol, headers }: TracingConfig) {
    const { contentType, serializer, join } = FORMATS[protocol];
    const options = convertLegacyHttpOptions({ url, headers }, 'TRACES', 'v1/traces', {
      'Content-Type': contentType,
    });
    super(
      createOtlpHttpExportDelegate(
        options,
        { serializeRequest: join, deserializeResponse: serializer.deserializeResponse },
        'otlp_http_span_exporter',
        { name: 'span', countItems: (parts) => parts.reduce((sum, part) => sum + part.spans, 0) },
        undefined,
      ),
    );
  }
}
