import { parseTraceparent, type SpanIdentity } from '@faultline/contracts';
import type { AnyMmEvent, MmEvent } from '@faultline/domain';
import type { SendingSpan } from '@faultline/hosting';
import type { Addressed, ReceivedRequest, RunSpan, ShardTracer } from '@faultline/units';
import { FAULTLINE, partOf } from './span';
import type { SentMessage } from './sent-message';
import type { SpanMaker } from './span-maker';

/**
 * Traces what one mm shard does for workers. A run does not say which faults its members are, so this is told by the context of the
 * request.
 */
export class ShardTraces implements ShardTracer {
  /** Pages that traced faults installed, on their way to the log. */
  private readonly installed = new Map<AnyMmEvent, SpanIdentity>();
  /** Runs under way. */
  private open = 0;

  constructor(private readonly maker: SpanMaker) {}

  run({ context }: ReceivedRequest, run: number): RunSpan | undefined {
    const spans = new Map<number, SpanIdentity>();
    for (const { record, member, traceparent } of context.traced) {
      const span = record === run ? parseTraceparent(traceparent) : undefined;
      if (span) spans.set(member, span);
    }
    if (spans.size === 0) return undefined;
    this.open += 1;
    return new HandledRun(this.maker, spans, () => (this.open -= 1));
  }

  decided(events: readonly AnyMmEvent[], spanOf: (run: number) => RunSpan | undefined): void {
    if (this.open === 0) return;
    events.forEach((event, place) => {
      if (event.kind !== 'MemberHandled') return;
      const run = spanOf(event.run);
      const span = run instanceof HandledRun ? run.members.get(event.member) : undefined;
      if (!span) return;
      // What a member's fault installed stands right before its result.
      for (let before = place - 1; events[before]?.kind === 'PageInstalled'; before -= 1)
        this.installed.set(events[before] as AnyMmEvent, span);
    });
  }

  appends(to: Addressed, events: readonly MmEvent[]): SendingSpan | undefined {
    if (this.installed.size === 0) return undefined;
    let message: SentMessage | undefined;
    for (const event of events) {
      const span = this.installed.get(event);
      if (!span) continue;
      this.installed.delete(event);
      (message ??= this.maker.publish(to, events.length)).tells(span);
    }
    return message;
  }
}

class HandledRun implements RunSpan {
  constructor(
    private readonly maker: SpanMaker,
    /** Of the worker's handling of each traced fault, by the member's place. */
    readonly members: ReadonlyMap<number, SpanIdentity>,
    private readonly onOver: () => void,
  ) {}

  handled(handlingAtMicros: number, handledAtMicros: number): void {
    this.onOver();
    for (const handling of this.members.values()) {
      const part = {
        name: 'handle',
        startMicros: handlingAtMicros,
        endMicros: handledAtMicros,
        attributes: { [FAULTLINE.stage]: 'mm' },
      };
      this.maker.take(partOf(handling, this.maker.newSpanId(), part, []));
    }
  }
}
