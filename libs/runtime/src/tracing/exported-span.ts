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
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Span } from './span';

const KINDS = { internal: SpanKind.INTERNAL, producer: SpanKind.PRODUCER, consumer: SpanKind.CONSUMER };
const NOTHING: never[] = [];
const SCOPE = { name: 'faultline', version: FAULTLINE_VERSION };

/** A span as OpenTelemetry's serializers ask for it: nothing is put together for them before. */
export class ExportedSpan implements ReadableSpan {
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
