import { FAULTLINE_VERSION } from '@faultline/contracts';
import { METRICS, type MetricName } from './catalogue';
import { unitReadings } from './readings';
import { type MetricSource, ServiceMetrics } from './service-metrics';

const source = (change: Partial<MetricSource> = {}): MetricSource => ({
  lab: 'lab-1',
  state: () => 'ready',
  timeScale: () => 4,
  readings: () =>
    Promise.resolve(
      unitReadings('iommu.0', {
        pendingGroups: 3,
        ringRecords: 2,
        openStalls: 1,
        overflows: 0,
        drained: false,
      }),
    ),
  ...change,
});

const valuesOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('faultline_'));

describe('the metrics of a service', () => {
  it('are those of the process alone as long as it serves no laboratory, and after it', async () => {
    const metrics = new ServiceMetrics({ service: 'iommu', instance: 'a' }, fail);
    const info = `faultline_info{service="iommu",instance="a",version="${FAULTLINE_VERSION}"} 1`;
    expect(valuesOf(await metrics.text())).toEqual([info]);
    const leave = metrics.show(source());
    expect(valuesOf(await metrics.text())).toEqual([
      info,
      'faultline_state{lab="lab-1",state="ready"} 1',
      'faultline_time_scale 4',
      'faultline_unit_owned{unit="iommu.0"} 1',
      'faultline_iommu_pending_groups{unit="iommu.0"} 3',
      'faultline_iommu_ring_records{unit="iommu.0"} 2',
      'faultline_iommu_open_stalls{unit="iommu.0"} 1',
    ]);
    leave();
    expect(valuesOf(await metrics.text())).toEqual([info]);
  });

  it('keep what was counted when the laboratory has ended', async () => {
    const metrics = new ServiceMetrics({ service: 'iommu', instance: 'a' }, fail);
    const leave = metrics.show(source());
    metrics.path.released([{ kind: 'RingOverflowSet', model: 'pri' }]);
    leave();
    expect(valuesOf(await metrics.text())).toContain('faultline_events_total{kind="RingOverflowSet"} 1');
  });

  it('leave out what could not be read, and say why', async () => {
    const told: unknown[] = [];
    const metrics = new ServiceMetrics({ service: 'iommu', instance: 'a' }, (error) => told.push(error));
    const refusal = new Error('the record is not open');
    metrics.show(source({ readings: () => Promise.reject(refusal) }));
    expect(valuesOf(await metrics.text())).toContain('faultline_time_scale 4');
    expect(told).toEqual([refusal]);
  });

  it('are named for every service that has them, with help and type, beside those of the process', async () => {
    for (const service of ['iommu', 'event-log'] as const) {
      const text = await new ServiceMetrics({ service, instance: 'a' }, fail).text();
      for (const name of Object.keys(METRICS) as MetricName[]) {
        const { type, of } = METRICS[name] as { type: string; of?: readonly string[] };
        const line = `# TYPE ${name} ${type}`;
        expect([name, text.split('\n').includes(line)]).toEqual([name, !of || of.includes(service)]);
      }
      expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
      expect(text).toMatch(/^process_cpu_seconds_total /m);
    }
  });
});

function fail(error: unknown): void {
  throw error;
}
