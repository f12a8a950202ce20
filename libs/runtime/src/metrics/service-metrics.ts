import { FAULTLINE_VERSION, type Presence } from '@faultline/contracts';
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { ServiceConfig } from '../config';
import { type MetricDefinition, type MetricName, METRICS } from './catalogue';
import type { Sample } from './families';
import { PathMetrics } from './path-metrics';
import { PortMetrics } from './port-metrics';
import type { Reading } from './readings';

/** What a process does for a laboratory, as far as it is shown. */
export interface MetricSource {
  lab: string;
  state(): Presence['state'];
  /** Undefined as long as the scenario is not known. */
  timeScale(): number | undefined;
  /** What is read of its units, its worker or its record. May reject: then it shows nothing of them this time. */
  readings(): Promise<readonly Reading[]>;
}

/** The metrics of one process, over all laboratories that it serves. */
export class ServiceMetrics {
  readonly path = new PathMetrics();
  readonly ports = new PortMetrics();
  private readonly registry = new Registry();
  private source: MetricSource | undefined;
  private shown = new Map<MetricName, Sample[]>();

  constructor(
    private readonly config: Pick<ServiceConfig, 'service' | 'instance'>,
    private readonly onError: (error: unknown) => void,
  ) {
    collectDefaultMetrics({ register: this.registry });
    for (const name of Object.keys(METRICS) as MetricName[]) this.register(name);
  }

  /** Shows the laboratory from now on; returns what ends that. */
  show(source: MetricSource): () => void {
    this.source = source;
    return () => {
      if (this.source === source) this.source = undefined;
    };
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Everything in Prometheus' text format. */
  async text(): Promise<string> {
    const read = await this.read();
    const families = [...this.path.families, ...this.ports.families];
    this.shown = new Map(families.map((family) => [family.name, family.samples()]));
    for (const { name, labels, value } of read) {
      const samples = this.shown.get(name);
      if (samples) samples.push({ labels, value });
      else this.shown.set(name, [{ labels, value }]);
    }
    return this.registry.metrics();
  }

  /** The registry asks a metric for nothing but its values; what counts is kept elsewhere. */
  private register(name: MetricName): void {
    const { type, help, of }: MetricDefinition = METRICS[name];
    if (of && !of.includes(this.config.service)) return;
    const get = () => ({ name, type, help, values: this.shown.get(name) ?? [] });
    this.registry.registerMetric({ name, type, help, get } as unknown as Metric);
  }

  private async read(): Promise<readonly Reading[]> {
    const { source } = this;
    const { service, instance } = this.config;
    const info = { service, instance, version: FAULTLINE_VERSION };
    const about: Reading[] = [{ name: 'faultline_info', labels: info, value: 1 }];
    if (!source) return about;
    const { lab } = source;
    about.push({ name: 'faultline_state', labels: { lab, state: source.state() }, value: 1 });
    const timeScale = source.timeScale();
    if (timeScale === undefined) return about;
    about.push({ name: 'faultline_time_scale', labels: {}, value: timeScale });
    try {
      return [...about, ...(await source.readings())];
    } catch (error) {
      this.onError(error);
      return about;
    }
  }
}
