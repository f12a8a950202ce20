import { FAULTLINE_VERSION, type ResolvedScenario, type ServiceName } from '@faultline/contracts';
import { pino } from 'pino';
import { CurrentEngagement, type EngagementView } from '../current-engagement';
import { MemoryServicePorts } from '../memory-service.testkit';
import type { UnitService } from '../unit-service';
import type { Tracing } from '../tracing/tracing';
import { METRICS, type MetricName } from './catalogue';
import { countFamily } from './families';
import { Meters } from './meters';
import { unitReadings } from './readings';
import { ServiceMetrics } from './service-metrics';

const iommu = { pendingGroups: 3, ringRecords: 2, openStalls: 1, overflows: 0, drained: false };

function setUp(service: ServiceName = 'iommu') {
  const lines: string[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(line) });
  const config = { ...new MemoryServicePorts().config, service, instance: 'a', lab: 'lab-1' };
  const meters = new Meters();
  const current = new CurrentEngagement(config, logger, meters);
  const metrics = new ServiceMetrics(current);
  let readings: UnitService['readings'] = () => Promise.resolve(unitReadings('iommu.0', iommu));
  const view: EngagementView = {
    ...{ config, ports: undefined, link: undefined },
    scenario: { timeScale: 4 } as ResolvedScenario,
    presence: {
      ...{ service, instance: 'a', session: 's', pid: 1, state: 'ready', units: [], deadLetters: 0 },
    },
    find: <T>() => ({ readings: () => readings() }) as T,
  };
  /** What is shown of ours, but for what nothing was counted of. */
  const ours = async (): Promise<string[]> =>
    (await metrics.text()).split('\n').filter((line) => /^faultline_.* (?!0$)/.test(line));
  const refuse = (error: Error): void => void (readings = () => Promise.reject(error));
  return { metrics, meters, current, view, ours, refuse, lines };
}

const info = `faultline_info{service="iommu",instance="a",version="${FAULTLINE_VERSION}"} 1`;

describe('the metrics of a service', () => {
  it('are those of the process alone as long as it serves no laboratory, and after it', async () => {
    const { current, view, ours } = setUp();
    expect(await ours()).toEqual([info]);
    await current.enter(view);
    expect(await ours()).toEqual([
      info,
      'faultline_state{lab="lab-1",state="ready"} 1',
      'faultline_time_scale 4',
      'faultline_unit_owned{unit="iommu.0"} 1',
      'faultline_iommu_pending_groups{unit="iommu.0"} 3',
      'faultline_iommu_ring_records{unit="iommu.0"} 2',
      'faultline_iommu_open_stalls{unit="iommu.0"} 1',
    ]);
    await current.leave(view);
    expect(await ours()).toEqual([info]);
  });

  it('keep what was counted when the laboratory has ended', async () => {
    const { current, view, ours, meters } = setUp();
    await current.enter(view);
    meters.path.released([{ kind: 'RingOverflowSet', model: 'pri' }]);
    await current.leave(view);
    expect(await ours()).toContain('faultline_events_total{kind="RingOverflowSet"} 1');
  });

  it('have the spans of the process where there are traces', async () => {
    const { current, ours } = setUp();
    const spans = countFamily('faultline_trace_spans_total');
    spans.of('dropped').value = 2;
    current.tracing = { families: [spans] } as unknown as Tracing;
    expect(await ours()).toContain('faultline_trace_spans_total{result="dropped"} 2');
  });

  it('leave out what could not be read, and the log says why', async () => {
    const { current, view, ours, refuse, lines } = setUp();
    refuse(new Error('the record is not open'));
    await current.enter(view);
    expect((await ours()).at(-1)).toBe('faultline_time_scale 4');
    expect(lines.join('')).toContain('the record is not open');
  });

  it('are called a total where they are counters, and only there', () => {
    for (const [name, { type }] of Object.entries(METRICS))
      expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
  });

  it('are named for every service that has them, with help and type, beside those of the process', async () => {
    for (const service of ['iommu', 'event-log'] as const) {
      const text = await setUp(service).metrics.text();
      for (const name of Object.keys(METRICS) as MetricName[]) {
        const { type, of } = METRICS[name] as { type: string; of?: readonly string[] };
        const isShown = text.split('\n').includes(`# TYPE ${name} ${type}`);
        expect([name, isShown]).toEqual([name, !of || of.includes(service)]);
      }
      expect(text).toMatch(/^faultline_dead_letters_total 0$/m);
      expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds /m);
      expect(text).toMatch(/^process_cpu_seconds_total /m);
    }
  });
});
