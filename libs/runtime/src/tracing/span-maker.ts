import {
  type FaultIdentity,
  type FaultSampler,
  parseTraceparent,
  type SpanIdentity,
} from '@faultline/contracts';
import { Permission, type RequestRecord } from '@faultline/domain';
import type { ClockPort, LogMessage } from '@faultline/hosting';
import type { Addressed } from '@faultline/units';
import { laneOf } from '../lane-name';
import { byValue } from '../metrics/families';
import { RandomIds } from './random-ids';
import { ReceivedMessage } from './received-message';
import { SentMessage } from './sent-message';
import { type AttributeValue, FAULTLINE, MESSAGING, type Span, type SpanSink, type SpanSource } from './span';

/** What the tracers of all units of a process make their spans with. */
export class SpanMaker implements SpanSource {
  private readonly ids = new RandomIds();
  /** There are as many subjects as lanes, and messages of traced faults without end. */
  readonly laneOf = byValue(laneOf);

  constructor(
    readonly sampler: FaultSampler,
    private readonly clock: Pick<ClockPort, 'nowMicros'>,
    private readonly sink: SpanSink,
  ) {}

  nowMicros(): number {
    return this.clock.nowMicros();
  }

  newTrace(): SpanIdentity {
    return { traceId: this.ids.traceId(), spanId: this.ids.spanId() };
  }

  newSpanId(): string {
    return this.ids.spanId();
  }

  take(span: Span): void {
    this.sink.take(span);
  }

  publish({ subject, schema }: Addressed, records: number): SentMessage {
    return new SentMessage(this, 'publish', subject, schema.name, records);
  }

  request(subject: string, records: number): SentMessage {
    return new SentMessage(this, 'request', subject, this.laneOf(subject), records);
  }

  /** Undefined for a message that came without a trace, as most do. */
  processLog(
    { headers, subject, sequence }: LogMessage,
    records?: number,
    more: Readonly<Record<string, AttributeValue>> = {},
  ): ReceivedMessage | undefined {
    if (headers.traceparent === undefined) return undefined;
    const sender = parseTraceparent(headers.traceparent);
    if (!sender) return undefined;
    return new ReceivedMessage(this, sender, subject, headers.schema, {
      [FAULTLINE.sequence]: sequence,
      ...(records === undefined ? {} : { [MESSAGING.batchCount]: records }),
      ...more,
    });
  }
}

/** Whether a page request only says that its PASID has stopped. It is numbered like the others, asks for nothing, and is no fault (R23). */
export const isStopMarker = ({ last, permissions }: Pick<RequestRecord, 'last' | 'permissions'>): boolean =>
  last && (permissions & (Permission.READ | Permission.WRITE)) === 0;

/** Name of a fault, as its row has it. */
export function faultName({ segment, segmentEpoch, request, stallRound }: FaultIdentity): string {
  const name = `${segment}.${segmentEpoch}.${request}`;
  return stallRound > 0 ? `${name}.${stallRound}` : name;
}
