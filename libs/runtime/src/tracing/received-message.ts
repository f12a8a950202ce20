import type { SpanIdentity } from '@faultline/contracts';
import type { ReceivedSpan } from '@faultline/units';
import { type AttributeValue, MESSAGING, type SpanSource } from './span';

/** A message that was received and is being dealt with: a part of the trace of whoever sent it. */
export class ReceivedMessage implements ReceivedSpan {
  private readonly startMicros: number;
  private readonly links = new Map<string, SpanIdentity>();
  private isOver = false;

  constructor(
    private readonly maker: SpanSource,
    private readonly sender: SpanIdentity,
    private readonly subject: string,
    private readonly kind: string,
    private readonly attributes: Readonly<Record<string, AttributeValue>>,
  ) {
    this.startMicros = maker.nowMicros();
  }

  /** The message tells of the fault. */
  tells(fault: SpanIdentity): void {
    this.links.set(fault.traceId, fault);
  }

  done(): void {
    if (this.isOver) return;
    this.isOver = true;
    const { maker, sender, subject, kind, startMicros } = this;
    maker.take({
      traceId: sender.traceId,
      parentId: sender.spanId,
      spanId: maker.newSpanId(),
      name: `process ${kind}`,
      kind: 'consumer',
      startMicros,
      endMicros: maker.nowMicros(),
      attributes: {
        [MESSAGING.system]: 'nats',
        [MESSAGING.operation]: 'process',
        [MESSAGING.operationType]: 'process',
        [MESSAGING.destination]: subject,
        ...this.attributes,
      },
      links: [...this.links.values()],
    });
  }
}
