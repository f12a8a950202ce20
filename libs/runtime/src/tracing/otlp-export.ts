import {
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import { FAULTLINE_VERSION, type SpanIdentity } from '@faultline/contracts';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { TracingConfig } from './config';
import { FAULTLINE, type Span } from './span';

/** Spans in one export, and those that may wait. Beyond this they are dropped: the path never waits for who looks on. */
const BATCH_SPANS = 512;
const QUEUE_SPANS = 8_192;
/** How long a span waits for others to be exported with. */
const DELAY_MILLIS = 1_000;

const KINDS = { internal: SpanKind.INTERNAL, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER };
const SCOPE = { name: 'faultline', version: FAULTLINE_VERSION };

/** What becomes of exports. */
export interface ExportWatch {
  exported(spans: number): void;
  dropped(spans: number, why: Error | 'queue-full'): void;
}

/**
 * Exports spans by OpenTelemetry's own processor and exporter. The one place where its packages are used: it is loaded where traces are
 * asked for.
 */
export class OtlpExport {
  private readonly processor: BatchSpanProcessor;
  /** Spans that were taken, and are neither exported nor dropped. */
  private waiting = 0;

  constructor(
    { endpoint: url, headers }: TracingConfig,
    private readonly watch: ExportWatch,
  ) {
    const exporter = new OTLPTraceExporter({ url, headers });
    this.processor = new BatchSpanProcessor(this.watched(exporter), {
      maxExportBatchSize: BATCH_SPANS,
      maxQueueSize: QUEUE_SPANS,
      scheduledDelayMillis: DELAY_MILLIS,
    });
  }

  /** What the spans of a laboratory have in common. */
  resource(service: string, instance: string, lab: string): Resource {
    return resourceFromAttributes({
      [ATTR_SERVICE_NAME]: service,
      [ATTR_SERVICE_INSTANCE_ID]: instance,
      [ATTR_SERVICE_VERSION]: FAULTLINE_VERSION,
      [FAULTLINE.lab]: lab,
    });
  }

  take(span: Span, resource: Resource): void {
    if (this.waiting >= QUEUE_SPANS) return this.watch.dropped(1, 'queue-full');
    this.waiting += 1;
    this.processor.onEnd(readable(span, resource));
  }

  /** Exports what waits, and takes no more. */
  async end(): Promise<void> {
    await this.processor.shutdown().catch(() => undefined);
  }

  /** The processor tells nobody how an export ends. */
  private watched(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          this.waiting -= spans.length;
          // 0 is a success, by the exporter's own definition.
          if (result.code === 0) this.watch.exported(spans.length);
          else this.watch.dropped(spans.length, result.error ?? new Error('the export failed'));
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
    };
  }
}

function readable(span: Span, resource: Resource): ReadableSpan {
  const { traceId, parentId, name, startMicros, endMicros, attributes, links, error } = span;
  const context = contextOf(span);
  return {
    ...{ name, attributes, resource, instrumentationScope: SCOPE, ended: true, events: [] },
    kind: KINDS[span.kind],
    spanContext: () => context,
    parentSpanContext: parentId === undefined ? undefined : contextOf({ traceId, spanId: parentId }),
    startTime: timeOf(startMicros),
    endTime: timeOf(endMicros),
    duration: timeOf(Math.max(0, endMicros - startMicros)),
    status:
      error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    links: links.map((link): Link => ({ context: contextOf(link) })),
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

const contextOf = ({ traceId, spanId }: SpanIdentity): SpanContext => ({
  ...{ traceId, spanId, traceFlags: TraceFlags.SAMPLED },
});

/** Seconds and nanoseconds; instants have fractions of a microsecond. */
function timeOf(micros: number): HrTime {
  const seconds = Math.floor(micros / 1e6);
  return [seconds, Math.round((micros - seconds * 1e6) * 1e3)];
}
