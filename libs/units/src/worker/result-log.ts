import { iopfSchema } from '@faultline/contracts';
import type { GroupHandled } from '@faultline/domain';
import { BatchLane, type LogAppend, LogFull, LogUnavailable, toError } from '@faultline/hosting';
import type { GroupSpan, UnitPorts, WorkerTracer } from '../common';

const MAX_BATCH = 256;
const RETRY_MICROS = 200_000;

interface Item {
  handled: GroupHandled;
  span: GroupSpan | undefined;
  done(): void;
}

/**
 * Appends results to the log of their IOMMU, one append in flight for each. Several workers write such a subject, so appends are
 * not fenced: a result stored twice is admitted once (D1).
 */
export class ResultLog {
  private readonly lanes = new Map<number, BatchLane<Item>>();
  private appended = 0;

  constructor(
    private readonly ports: UnitPorts,
    private readonly tracer?: WorkerTracer,
  ) {}

  /** Calls back when the result is in the log. `span` is that of a traced group. */
  append(handled: GroupHandled, done: () => void, span?: GroupSpan): void {
    this.laneOf(handled.iommu).push({ handled, span, done });
  }

  private laneOf(iommu: number): BatchLane<Item> {
    const known = this.lanes.get(iommu);
    if (known) return known;
    const lane = new BatchLane<Item>({
      clock: this.ports.clock,
      maxBatch: MAX_BATCH,
      send: (batch) => this.send(iommu, batch),
      onError: (error) => this.retryAfter(error),
    });
    this.lanes.set(iommu, lane);
    return lane;
  }

  private async send(iommu: number, batch: readonly Item[]): Promise<void> {
    const { subjects, log, config } = this.ports;
    this.appended += 1;
    const message: LogAppend = {
      subject: subjects.iopfLog(iommu),
      // A process that was started again under its name counts from 1 again, and the log must not take its results for the old ones.
      id: `${config.session}.${this.appended}`,
      headers: {
        schema: iopfSchema.name,
        version: iopfSchema.version,
        unit: config.instance,
        epoch: 0,
        cycle: this.appended,
      },
      body: iopfSchema.encode(batch.map((item) => item.handled)),
    };
    await (this.tracer ? this.appendTraced(message, batch, this.tracer) : log.append(message));
    for (const item of batch) item.done();
  }

  private async appendTraced(
    message: LogAppend,
    batch: readonly Item[],
    tracer: WorkerTracer,
  ): Promise<void> {
    const groups = batch.map(({ span }) => span).filter((span) => span !== undefined);
    const to = { subject: message.subject, schema: iopfSchema };
    const span = groups.length > 0 ? tracer.appends(to, batch.length, groups) : undefined;
    if (span) message.headers.traceparent = span.traceparent;
    span?.begins();
    try {
      const { sequence } = await this.ports.log.append(message);
      span?.arrived(sequence);
    } catch (error) {
      span?.failed(toError(error));
      throw error;
    }
  }

  private retryAfter(error: Error): number | undefined {
    if (error instanceof LogFull || error instanceof LogUnavailable) {
      this.ports.logger.warn({ err: error }, 'the log does not take results, the worker waits');
      return RETRY_MICROS;
    }
    this.ports.fail(error);
    return undefined;
  }
}
