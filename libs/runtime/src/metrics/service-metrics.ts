import { FAULTLINE_VERSION } from '@faultline/contracts';
import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { CurrentEngagement, EngagementView } from '../current-engagement';
import { UnitService } from '../unit-service';
import { type MetricDefinition, type MetricName, METRICS } from './catalogue';
import type { Sample } from './families';
import type { Reading } from './readings';

/** The metrics of one process in Prometheus' text format: what its meters counted, and what is read of the laboratory it serves. */
export class ServiceMetrics {
  private readonly registry = new Registry();
  private shown = new Map<MetricName, Sample[]>();

  constructor(private readonly current: CurrentEngagement) {
    collectDefaultMetrics({ register: this.registry });
    for (const name of Object.keys(METRICS) as MetricName[]) this.register(name);
  }

  async text(): Promise<string> {
    const { now, meters, tracing } = this.current;
    const read = [this.info(), ...(now ? await this.read(now) : [])];
    this.shown = new Map(
      [...(meters?.families ?? []), ...(tracing?.families ?? [])].map((family) => [
        family.name,
        family.samples(),
      ]),
    );
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
    if (of && !of.includes(this.current.config.service)) return;
    const get = () => ({ name, type, help, values: this.shown.get(name) ?? [] });
    this.registry.registerMetric({ name, type, help, get } as unknown as Metric);
  }

  private info(): Reading {
    const { service, instance } = this.current.config;
    return { name: 'faultline_info', labels: { service, instance, version: FAULTLINE_VERSION }, value: 1 };
  }

  private async read(view: EngagementView): Promise<Reading[]> {
    const { presence, scenario, config } = view;
    const readings: Reading[] = [];
    if (presence) {
      const labels = { lab: config.lab, state: presence.state };
      readings.push({ name: 'faultline_state', labels, value: 1 });
    }
    if (!scenario) return readings;
    readings.push({ name: 'faultline_time_scale', labels: {}, value: scenario.timeScale });
    try {
      return [...readings, ...((await view.find(UnitService)?.readings()) ?? [])];
    } catch (error) {
      // What can be read just now is shown; what cannot, is not there.
      this.current.logger.warn({ err: error }, 'metrics could not be read');
      return readings;
    }
  }
}
