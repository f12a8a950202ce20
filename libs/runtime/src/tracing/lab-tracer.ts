import { type FaultSampler, parseTraceparent } from '@faultline/contracts';
import type { ClockPort, LaneContext, LogMessage } from '@faultline/hosting';
import type { FaultModel } from '@faultline/domain';
import type {
  IommuTracer,
  PathTracer,
  ReceivedRequest,
  ReceivedSpan,
  SegmentTracer,
  ShardTracer,
  WorkerTracer,
} from '@faultline/units';
import { IommuTraces } from './iommu-tracer';
import { ReceivedMessage } from './received-message';
import { SegmentTraces } from './segment-tracer';
import { ShardTraces } from './shard-tracer';
import { MESSAGING, type SpanSink } from './span';
import { SpanMaker } from './span-maker';
import { WorkerTraces } from './worker-tracer';

/** Traces the path in one laboratory, as far as this process is part of it. */
export class LabTracer implements PathTracer {
  private readonly maker: SpanMaker;

  constructor(sampler: FaultSampler, clock: Pick<ClockPort, 'nowMicros'>, sink: SpanSink) {
    this.maker = new SpanMaker(sampler, clock, sink);
  }

  segment(segment: number, epoch: number, model: FaultModel): SegmentTracer {
    return new SegmentTraces(this.maker, segment, epoch, model);
  }

  iommu(model: FaultModel): IommuTracer {
    return new IommuTraces(this.maker, model);
  }

  shard(): ShardTracer {
    return new ShardTraces(this.maker);
  }

  worker(): WorkerTracer {
    return new WorkerTraces(this.maker);
  }

  receives(subject: string, context: LaneContext, records: number): ReceivedRequest | undefined {
    const sender = parseTraceparent(context.traceparent);
    if (!sender) return undefined;
    const attributes = { [MESSAGING.batchCount]: records };
    const received = new ReceivedMessage(this.maker, sender, subject, this.maker.laneOf(subject), attributes);
    for (const { traceparent } of context.traced) {
      const fault = parseTraceparent(traceparent);
      if (fault) received.tells(fault);
    }
    return { context, done: () => received.done() };
  }

  reads(message: LogMessage): ReceivedSpan | undefined {
    return this.maker.processLog(message);
  }
}
