import { FAULTLINE_VERSION } from '@faultline/contracts';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from '@opentelemetry/semantic-conventions';
import type { TracingConfig } from './config';
import { ExportedSpan } from './exported-span';
import { FAULTLINE, type Span } from './span';
import { PartExporter, type SpanPart, writePart } from './span-parts';

/**
 * Spans that are written together. Written they are bytes, which nobody has to copy while they wait; as objects they would live for long
 * against everything else here, and cost the garbage collector as much again as writing them.
 */
const PART_SPANS = 64;
/** As many go at once; fewer when the first of them has waited for so long, since each export is a request of its own. */
const EXPORT_SPANS = 2_048;
const DELAY_MILLIS = 1_000;
/** Spans that may wait. Beyond this they are dropped: the path never waits for who looks on. */
const QUEUE_SPANS = 8_192;

/** What becomes of exports. */
export interface ExportWatch {
  exported(spans: number): void;
  dropped(spans: number, why: Error | 'queue-full'): void;
}

/**
 * Exports spans as OpenTelemetry has them, one request after the other. This and what it is made of are the only places where its packages
 * are used: they are loaded where traces are asked for.
 */
export class OtlpExport {
  private readonly exporter: PartExporter;
  private fresh: ExportedSpan[] = [];
  private parts: SpanPart[] = [];
  /** Spans that were taken, and are neither exported nor dropped. */
  private waiting = 0;
  private isExporting = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly config: TracingConfig,
    private readonly watch: ExportWatch,
  ) {
    this.exporter = new PartExporter(config);
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
    if (this.fresh.push(new ExportedSpan(span, resource)) >= PART_SPANS) this.write();
    this.goOn();
  }

  /** Exports what waits, and takes no more. */
  async end(): Promise<void> {
    await this.exporter.forceFlush();
    this.export();
    await this.exporter.shutdown();
  }

  private write(): void {
    if (this.fresh.length === 0) return;
    this.parts.push(writePart(this.fresh, this.config.protocol));
    this.fresh = [];
  }

  /** Sees to it that what waits is exported. */
  private goOn(): void {
    if (this.isExporting || this.waiting === 0) return;
    if (this.waiting >= EXPORT_SPANS) this.export();
    else this.timer ??= setTimeout(() => this.export(), DELAY_MILLIS).unref();
  }

  private export(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.write();
    const { parts } = this;
    if (this.isExporting || parts.length === 0) return;
    this.parts = [];
    this.isExporting = true;
    this.exporter.export(parts, ({ code, error }) => {
      const spans = parts.reduce((sum, part) => sum + part.spans, 0);
      this.isExporting = false;
      this.waiting -= spans;
      // 0 is a success, by the exporter's own definition.
      if (code === 0) this.watch.exported(spans);
      else this.watch.dropped(spans, error ?? new Error('the export failed'));
      this.goOn();
    });
  }
}
