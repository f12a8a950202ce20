import { type SpanIdentity, traceparentOf } from '@faultline/contracts';
import type { LaneContext, TracedRecord } from '@faultline/hosting';
import type { AskingSpan } from '@faultline/units';
import {
  type AttributeValue,
  FAULTLINE,
  faultSpan,
  type FaultSpan,
  MESSAGING,
  partOf,
  type Span,
  type SpanSource,
} from './span';

/**
 * A message that is being sent, with the traced faults that it tells of. It is the root of a trace of its own, to which whoever receives
 * it adds; links lead to its faults. What is over with the message is told when it has arrived, for not before does it count.
 */
export class SentMessage implements AskingSpan {
  readonly identity: SpanIdentity;
  readonly traceparent: string;
  /** Link to it, for all that it tells. */
  private readonly itself: readonly SpanIdentity[];
  private readonly links = new Map<string, SpanIdentity>();
  private readonly traced: TracedRecord[] = [];
  private readonly stages: Span[] = [];
  private startMicros = 0;

  constructor(
    private readonly maker: SpanSource,
    private readonly operation: 'publish' | 'request',
    private readonly subject: string,
    /** What kind of message it is: few values. */
    private readonly kind: string,
    private readonly records: number,
  ) {
    this.identity = maker.newTrace();
    this.traceparent = traceparentOf(this.identity);
    this.itself = [this.identity];
  }

  get context(): LaneContext {
    return { traceparent: this.traceparent, traced: this.traced };
  }

  /** The message tells of the fault. */
  tells(fault: SpanIdentity): void {
    this.links.set(fault.traceId, fault);
  }

  /** One of its records, or a member that it lists, is about the fault; what it causes belongs to this span of it. */
  asks(fault: SpanIdentity, record: number, member = 0): void {
    this.tells(fault);
    this.traced.push({ record, member, traceparent: traceparentOf(fault) });
  }

  /** A fault, from its begin to its end. */
  root(fault: SpanIdentity, span: FaultSpan): void {
    this.stages.push(faultSpan(fault, undefined, span, this.itself));
  }

  /** A part of a fault that the message tells of; it leads back to the message. */
  stage(fault: SpanIdentity, span: FaultSpan): void {
    this.stages.push(partOf(fault, this.maker.newSpanId(), span, this.itself));
  }

  begins(): void {
    this.startMicros = this.maker.nowMicros();
  }

  arrived(sequence?: number): void {
    this.tell(sequence);
    for (const stage of this.stages) this.maker.take(stage);
  }

  failed({ message }: Error): void {
    this.tell(undefined, message);
  }

  private tell(sequence: number | undefined, error?: string): void {
    const { maker, identity, operation, subject, kind, records, startMicros } = this;
    const attributes: Record<string, AttributeValue> = {
      [MESSAGING.system]: 'nats',
      [MESSAGING.operation]: operation,
      [MESSAGING.operationType]: 'send',
      [MESSAGING.destination]: subject,
      [MESSAGING.batchCount]: records,
    };
    if (sequence !== undefined) attributes[FAULTLINE.sequence] = sequence;
    maker.take({
      traceId: identity.traceId,
      spanId: identity.spanId,
      name: `${operation} ${kind}`,
      kind: 'producer',
      startMicros,
      endMicros: maker.nowMicros(),
      attributes,
      links: [...this.links.values()],
      error,
    });
  }
}
