import type { AuditReport } from '@faultline/audit';
import type { LogEvent } from '@faultline/contracts';
import { type Measured, type MeterOptions, PointMeter } from './point-meter';
import { fault } from './study.testkit';

const audit = (given: Partial<AuditReport> = {}): AuditReport =>
  ({ eventsByKind: {}, counts: {}, pending: { faults: 0 }, ...given }) as AuditReport;

function meter(given: Partial<MeterOptions> = {}): PointMeter {
  return new PointMeter({
    timeScale: 1,
    window: { from: 0.1, to: 0.9 },
    devices: ['nic'],
    apart: [],
    ...given,
  });
}

/** A fault every 10 µs for 10 ms, each of which takes 100 µs: ten under way at any time. */
function steady(taker: PointMeter, timeScale = 1): Measured {
  for (let at = 0; at < 10_000; at += 10) taker.take(fault(1e15 + at * timeScale, 100 * timeScale));
  return taker.measured(audit());
}

describe('what a run of a point measures', () => {
  it('is rate, latency and number under way in the window, and Little agrees', () => {
    const { figures, window } = steady(meter());
    expect(window.runMicros).toBe(10_090);
    expect(window.fromMicros).toBeCloseTo(1009, 3);
    expect(figures['throughput']).toBeGreaterThan(99_000);
    expect(figures['throughput']).toBeLessThan(101_000);
    expect(figures['latency.mean']).toBe(100);
    expect(figures['inFlight']).toBeCloseTo(10, 1);
    expect(figures['stage.mm.mean']).toBe(100);
    expect(figures['stage.retry.mean']).toBe(0);
  });

  it('is model time whatever the time scale', () => {
    const { figures } = steady(meter({ timeScale: 500 }), 500);
    expect(figures['latency.mean']).toBeCloseTo(100, 6);
    expect(figures['throughput']).toBeGreaterThan(99_000);
    expect(figures['throughput']).toBeLessThan(101_000);
    expect(figures['runMicros']).toBeCloseTo(10_090, 3);
  });

  it('leaves the warm-up out', () => {
    const taker = meter();
    for (let at = 0; at < 500; at += 10) taker.take(fault(at, 400));
    for (let at = 1_000; at < 10_000; at += 10) taker.take(fault(at, 50));
    expect(taker.measured(audit()).figures['latency.max']).toBe(50);
    const whole = meter({ window: { from: 0, to: 1 } });
    for (let at = 0; at < 500; at += 10) whole.take(fault(at, 400));
    for (let at = 1_000; at < 10_000; at += 10) whole.take(fault(at, 50));
    expect(whole.measured(audit()).figures['latency.max']).toBe(400);
  });

  it('tells devices apart that are asked for, copies of an entry together', () => {
    const taker = meter({ devices: ['nic-0', 'nic-1', 'victim', 'nic-x'], apart: ['nic', 'victim'] });
    for (let at = 0; at < 10_000; at += 10)
      for (const [device, took] of [
        [0, 20],
        [1, 40],
        [2, 300],
        [3, 999],
      ] as const)
        taker.take(fault(at, took, { device }));
    const { figures } = taker.measured(audit());
    expect(figures['device.nic.faults']).toBe(2_000);
    expect(figures['device.nic.latency.mean']).toBe(30);
    expect(figures['device.victim.latency.p50']).toBe(300);
    expect(
      Number(figures['device.nic.throughput']) / Number(figures['device.victim.throughput']),
    ).toBeCloseTo(2, 1);
  });

  it('counts what did not settle, and what the audit counted', () => {
    const taker = meter();
    taker.take(fault(0, 10, { settlement: 'retried' }));
    taker.take(fault(5, 10, { code: 'auto-success' }));
    taker.take(fault(10, null));
    const { figures } = taker.measured(
      audit({
        eventsByKind: { GroupQueued: 2, RingOverflowSet: 1, PageInstalled: 6 },
        counts: { 'accessEnded.completed': 4, 'accessesHit.atc': 6, 'groupResponded.timeout': 1 },
        pending: { groups: 0, requests: 0, stalls: 0, faults: 3 },
      }),
    );
    expect(figures).toMatchObject({
      ...{ faults: 3, unsettled: 4, retries: 1, automatic: 1, groups: 2, faultsPerGroup: 1.5 },
      ...{ overflows: 1, pages: 6, accesses: 10, faultsPerAccess: 0.3, timeouts: 1 },
    });
  });

  it('counts accesses over the time in which there were any, however long there were faults', () => {
    const work = { beganAtMicros: 1e9, endedAtMicros: 1e9 + 20e6 };
    const counts = { 'accessEnded.completed': 1, 'accessesHit.atc': 4_000, 'accessesHit.translated': 999 };
    const taker = meter({ timeScale: 10 });
    taker.take(fault(0, 10));
    for (const each of [taker, meter({ timeScale: 10 })])
      expect(each.measured(audit({ counts, work })).figures).toMatchObject({
        ...{ workMicros: 2e6, accesses: 5_000, accessRate: 2_500 },
      });
  });

  it('has no latencies without faults, and no rates without time', () => {
    const { figures } = meter().measured(audit());
    expect(figures).toMatchObject({ throughput: null, 'latency.p99': null, accessRate: null, faults: 0 });
  });

  it('counts late starts of open loops apart', () => {
    const taker = meter({ timeScale: 10 });
    taker.take(fault(0, 10));
    taker.takeStarts(
      [0, 100, 200].map(
        (late) => ({ kind: 'AccessEnded', intendedAtMicros: 50, startedAtMicros: 50 + late }) as LogEvent,
      ),
    );
    expect(taker.measured(audit()).figures['late.mean']).toBe(10);
  });
});
