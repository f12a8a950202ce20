import type { FaultRow } from '@faultline/audit';
import { momentsOf } from './fault-moments';
import { faultHead, stageTable, timelineTable } from './timeline';

const AT = 1_763_856_000_000_000;
const row: FaultRow = {
  id: '0.1.7',
  segment: 0,
  segmentEpoch: 1,
  request: 7,
  round: 0,
  model: 'pri',
  iommu: 0,
  device: 0,
  pasid: 2,
  page: 0x1234,
  permissions: 3,
  access: 12,
  group: '0.1.3',
  groupId: 5,
  queue: 'iommu-0',
  code: 'success',
  settlement: 'completed',
  resolution: 'minor',
  error: 'none',
  instants: {
    sentAtMicros: AT,
    writtenAtMicros: AT + 100,
    queuedAtMicros: AT + 300,
    startedAtMicros: AT + 600,
    handlingAtMicros: AT + 700,
    handledAtMicros: AT + 900,
    respondedAtMicros: AT + 950,
    receivedAtMicros: AT + 980,
    settledAtMicros: AT + 1_000,
  },
  stages: { deviceToIommu: 100, iommuToQueue: 200, queueWait: 300, mm: 300, response: 80, retry: 20 },
  totalMicros: 1_000,
  sequences: { written: 11, queued: 10, handled: 12, responded: 13, settled: 14 },
  complete: true,
};
const names = { device: () => 'nic0', iommu: () => 'pri0' };
const event = (sequence: number, unit: string, epoch: number, fields: object) => ({
  sequence,
  unit,
  epoch,
  event: fields as never,
});
const events = [
  event(10, 'iommu.0', 1, { kind: 'GroupQueued', queue: 'iommu-0', queuedAtMicros: AT + 300 }),
  event(11, 'iommu.0', 1, { kind: 'PageRequestQueued', sentAtMicros: AT, writtenAtMicros: AT + 100 }),
  event(12, 'iopf-worker-1', 0, {
    kind: 'GroupHandled',
    code: 0,
    startedAtMicros: AT + 600,
    handlingAtMicros: AT + 700,
    handledAtMicros: AT + 900,
  }),
  event(13, 'iommu.0', 1, { kind: 'GroupResponded', code: 0, respondedAtMicros: AT + 950 }),
  event(14, 'segment.0', 1, {
    kind: 'AccessEnded',
    outcome: 'completed',
    receivedAtMicros: AT + 980,
    endedAtMicros: AT + 1_000,
  }),
];

describe('the timeline of a fault', () => {
  const lines = timelineTable(momentsOf(row, events, 'nic0'), 100);

  test('every event in the order of time: when, who, how long to the next', () => {
    const words = lines.slice(1).map((line) => line.replace(/#/g, '').trim().split(/ {2,}/));
    expect(words.map(([when, , , what, who, then]) => [when, what, who, then])).toEqual([
      ['+0 µs', 'page request sent', 'nic0', '100 µs'],
      ['+100 µs', 'PageRequestQueued', 'iommu.0 epoch 1', '200 µs'],
      ['+300 µs', 'GroupQueued (iommu-0)', 'iommu.0 epoch 1', '300 µs'],
      ['+600 µs', 'worker began', 'iopf-worker-1', '100 µs'],
      ['+700 µs', 'mm began', 'iopf-worker-1', '200 µs'],
      ['+900 µs', 'GroupHandled (SUCCESS)', 'iopf-worker-1', '50.0 µs'],
      ['+950 µs', 'GroupResponded (SUCCESS)', 'iommu.0 epoch 1', '30.0 µs'],
      ['+980 µs', 'response received', 'nic0', '20.0 µs'],
      ['+1.00 ms', 'AccessEnded (completed)', 'segment.0 epoch 1', undefined],
    ]);
  });

  test('it fits into 100 columns, and every bar begins where the one before ended', () => {
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(100);
    const bars = lines.slice(1, -1).map((line) => [line.indexOf('#'), line.lastIndexOf('#')] as const);
    bars
      .slice(1)
      .forEach(([from], place) =>
        expect(Math.abs(from - 1 - (bars[place]?.[1] ?? 0))).toBeLessThanOrEqual(1),
      );
  });

  test('an event without a time stands where the log has it', () => {
    const parked = event(11, 'iommu.0', 1, { kind: 'FaultParked' });
    expect(momentsOf(row, [...events.slice(1, 2), parked], 'nic0').at(-1)).toMatchObject({
      what: 'FaultParked',
      atMicros: AT + 100,
    });
  });

  test('the head names the fault, the stages add up in wall and in model time', () => {
    expect(faultHead(row, names)).toEqual([
      'fault 0.1.7: nic0 behind pri0 (pri), PASID 2, page 0x1234 rw--',
      'answer success, resolution minor, access 12 completed, group 0.1.3, queue iommu-0',
    ]);
    expect(stageTable(row, 10).at(-1)).toMatch(/^ {2}end to end\s+1\.00 ms\s+100 µs$/);
  });
});
