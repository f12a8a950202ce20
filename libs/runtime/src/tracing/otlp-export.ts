import {
  type Attributes,
  type HrTime,
  type Link,
  type SpanContext,
  SpanKind,
  type SpanStatus,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import { FAULTLINE_VERSION, type SpanIdentity } from '@faultline/contracts';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
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
/** How long a span waits for others to be exported with: each export is a request of its own. */
const DELAY_MILLIS = 1_000;

const EXPORTERS = { 'http/json': JsonExporter, 'http/protobuf': ProtobufExporter };
const KINDS = { internal: SpanKind.INTERNAL, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER };
const NOTHING: never[] = [];
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
    { endpoint: url, protocol, headers }: TracingConfig,
    private readonly watch: ExportWatch,
  ) {
    const exporter = new EXPORTERS[protocol]({ url, headers });
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
    this.processor.onEnd(new ExportedSpan(span, resource));
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

/** A span as the exporter asks for it: nothing is put together for it before. */
class ExportedSpan implements ReadableSpan {
  readonly instrumentationScope = SCOPE;
  readonly ended = true;
  readonly events = NOTHING;
  readonly droppedAttributesCount = 0;
  readonly droppedEventsCount = 0;
  readonly droppedLinksCount = 0;

  constructor(
    private readonly span: Span,
    readonly resource: Resource,
  ) {}

  get name(): string {
    return this.span.name;
  }

  get kind(): SpanKind {
    return KINDS[this.span.kind];
  }

  get attributes(): Attributes {
    return this.span.attributes;
  }

  get parentSpanContext(): SpanContext | undefined {
    const { traceId, parentId } = this.span;
    return parentId === undefined ? undefined : contextOf({ traceId, spanId: parentId });
  }

  get startTime(): HrTime {
    return timeOf(this.span.startMicros);
  }

  get endTime(): HrTime {
    return timeOf(this.span.endMicros);
  }

  get duration(): HrTime {
    return timeOf(Math.max(0, this.span.endMicros - this.span.startMicros));
  }

  get status(): SpanStatus {
    const { error: message } = this.span;
    return message === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message };
  }

  get links(): Link[] {
    return this.span.links.map((link) => ({ context: contextOf(link) }));
  }

  spanContext(): SpanContext {
    return contextOf(this.span);
  }
}

const contextOf = ({ traceId, spanId }: SpanIdentity): SpanContext => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
});

/** Seconds and nanoseconds; instants have fractions of a microsecond. */
function timeOf(micros: number): HrTime {
  const seconds = Math.floor(micros / 1e6);
  return [seconds, Math.round((micros - seconds * 1e6) * 1e3)];
}
