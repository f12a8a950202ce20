import { FaultSampler } from '@faultline/contracts';
import type { ClockPort } from '@faultline/hosting';
import type { PathTracer } from '@faultline/units';
import type { ServiceConfig } from '../config';
import type { Logger } from '../logging';
import { type Count, countFamily, type Family } from '../metrics/families';
import { settlesWithin } from '../waiting';
import type { TracingConfig } from './config';
import { LabTracer } from './lab-tracer';
import { type ExportWatch, OtlpExport } from './otlp-export';
import type { Span } from './span';

/** How long the end of a process waits for its last spans to be taken. */
const FLUSH_MILLIS = 2_000;

/** The traces of a process, over all laboratories that it serves: whoever takes them is told of what happened, and no fault waits for it. */
export class Tracing implements ExportWatch {
  private readonly spans = countFamily('faultline_trace_spans_total');
  private readonly taken = this.spans.of('exported');
  private readonly lost = this.spans.of('dropped');
  private readonly exporter: OtlpExport;
  /** Whether the last export failed, so that an outage is told of once. */
  private isAway = false;
  private isFull = false;

  constructor(
    private readonly config: TracingConfig,
    private readonly service: Pick<ServiceConfig, 'service' | 'instance'>,
    private readonly logger: Logger,
  ) {
    this.exporter = new OtlpExport(config, this);
  }

  get families(): readonly Family<Count>[] {
    return [this.spans];
  }

  tracerFor(lab: string, clock: Pick<ClockPort, 'nowMicros'>): PathTracer {
    const { exporter, config, service } = this;
    const resource = exporter.resource(config.serviceName ?? service.service, service.instance, lab);
    const sink = { take: (span: Span) => exporter.take(span, resource) };
    return new LabTracer(new FaultSampler(lab, config.ratio), clock, sink);
  }

  exported(spans: number): void {
    this.taken.value += spans;
    this.isFull = false;
    if (!this.isAway) return;
    this.isAway = false;
    this.logger.info({ endpoint: this.config.endpoint }, 'traces are exported again');
  }

  dropped(spans: number, why: Error | 'queue-full'): void {
    this.lost.value += spans;
    const { endpoint } = this.config;
    if (why === 'queue-full') {
      if (!this.isFull) this.logger.warn({ endpoint }, 'more spans than can be exported, some are dropped');
      this.isFull = true;
    } else {
      if (!this.isAway) this.logger.warn({ endpoint, err: why }, 'traces cannot be exported');
      this.isAway = true;
    }
  }

  /** Exports what there is, as long as it takes little time. */
  async end(): Promise<void> {
    if (!(await settlesWithin(this.exporter.end(), FLUSH_MILLIS)))
      this.logger.warn({ endpoint: this.config.endpoint }, 'the last spans could not be exported in time');
  }
}
