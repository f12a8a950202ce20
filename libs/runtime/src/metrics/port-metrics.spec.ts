import { type BatchHeaders, labSchema, subjectsOf } from '@faultline/contracts';
import { AppendRefused, ManualClock, memoryPorts, type WorkMessage } from '@faultline/hosting';
import { shownOf } from './families.testkit';
import { laneOf } from '../lane-name';
import { PortMetrics } from './port-metrics';

const headers = (schema: string): BatchHeaders => ({
  schema,
  version: 1,
  unit: 'iommu.0',
  epoch: 1,
  cycle: 1,
});
const body = labSchema.encode([
  { kind: 'RunEnded', run: 'r', reason: 'finished', atMicros: 1 },
  { kind: 'RunEnded', run: 'r', reason: 'finished', atMicros: 2 },
]);

function setUp() {
  const metrics = new PortMetrics();
  const ports = metrics.around(memoryPorts({ lab: 'lab', clock: new ManualClock(), ackWaitMillis: 1_000 }));
  const lines = (name: string) => shownOf(metrics.families, name);
  return { ports, lines };
}

describe('the metrics of the ports', () => {
  it('count what is appended, refused and stored before', async () => {
    const { ports, lines } = setUp();
    const message = { subject: 'lab.log.lab', headers: headers('lab'), body, id: 'one' };
    await ports.log.append(message);
    await ports.log.append(message);
    const fenced = { ...message, id: 'two', expectedLastSubjectSequence: 7 };
    await expect(ports.log.append(fenced)).rejects.toThrow(AppendRefused);
    expect(lines('faultline_log_appends_total')).toEqual({
      'lab stored': 1,
      'lab duplicate': 1,
      'lab refused': 1,
      'lab full': 0,
      'lab unavailable': 0,
    });
    expect(lines('faultline_log_append_events')).toEqual({ lab: 2, 'lab sum': 4 });
    expect(lines('faultline_log_append_bytes_total')).toEqual({ lab: 2 * body.length });
  });

  it('count requests by lane, whichever unit is asked, and what became of them', async () => {
    const { ports, lines } = setUp();
    const { translate } = subjectsOf('lab');
    await ports.lanes.serve(
      translate(1),
      (asked) => asked,
      () => undefined,
    );
    await ports.lanes.request(translate(1), body, 100);
    await expect(ports.lanes.request(translate(2), body, 100)).rejects.toThrow();
    expect(lines('faultline_lane_requests_total')).toEqual({
      'iommu.translate answered': 1,
      'iommu.translate rejected': 0,
      'iommu.translate unavailable': 1,
    });
    expect(lines('faultline_lane_records')).toEqual({ 'iommu.translate': 2, 'iommu.translate sum': 4 });
    expect(laneOf('lab.cmd.mm.3.handle')).toBe('mm.handle');
  });

  it('count work messages as they are given and as they are settled', async () => {
    const { ports, lines } = setUp();
    const given: WorkMessage[] = [];
    await ports.work.work({
      ...{ queue: 'q', prefetch: 2, onError: () => undefined },
      onWork: (message) => given.push(message),
    });
    const queued = { subject: subjectsOf('lab').queueLog(0, 'q'), headers: headers('iommu.queue'), body };
    for (const id of ['a', 'b']) await ports.log.append({ ...queued, id });
    await new Promise(setImmediate);
    given[0]?.ack();
    given[1]?.terminate('poison');
    expect(lines('faultline_work_deliveries_total')).toEqual({ 'q first': 2, 'q again': 0 });
    expect(lines('faultline_work_settled_total')).toEqual({
      ...{ 'q ack': 1, 'q retry': 0, 'q terminate': 1 },
    });
    expect(lines('faultline_work_groups')).toEqual({ q: 2, 'q sum': 4 });
  });

  it('count dead letters and repairs, of which there are none at first', async () => {
    const { ports, lines } = setUp();
    expect(lines('faultline_dead_letters_total')).toEqual({ '': 0 });
    expect(lines('faultline_queue_repairs_total')).toEqual({ '': 0 });
    await ports.deadLetters.bury({ subject: 's', unit: 'iommu.0', reason: 'why', body });
    expect(lines('faultline_dead_letters_total')).toEqual({ '': 1 });
  });
});
