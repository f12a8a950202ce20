import type { DurableSegmentEvent } from '@faultline/domain';
import {
  type DeviceResetMessage,
  type DeviceSilent,
  invalidateSchema,
  type InvalidatePages,
  pageRequestSchema,
  segmentSchema,
  type Sender,
  stopSchema,
  subjectsOf,
} from '..';

const events: DurableSegmentEvent[] = [
  { kind: 'SegmentOwnerChanged', segment: 3, epoch: 4 },
  { kind: 'DeviceReset', device: 1, epoch: 4, request: 5 },
  {
    kind: 'AccessesHit',
    device: 1,
    atcHits: 2,
    translated: 1,
    ranges: [{ first: 6, count: 3 }],
    atMicros: 1.7e15,
  },
  { kind: 'AccessRetried', device: 1, access: 9, request: 10, receivedAtMicros: 11, retriedAtMicros: 12 },
  {
    kind: 'AccessEnded',
    device: 1,
    access: 13,
    pasid: 14,
    page: 2 ** 51 + 15,
    offset: 16,
    permissions: 3,
    outcome: 'removed',
    rounds: 17,
    request: 18,
    intendedAtMicros: 1.7e15,
    startedAtMicros: 1.7e15 + 1,
    receivedAtMicros: 1.7e15 + 2,
    endedAtMicros: 1.7e15 + 3,
  },
  { kind: 'ResponseUnexpected', device: 1, groupId: 19, code: 1 },
  { kind: 'PriInterfaceFailed', device: 1, lost: 20 },
  { kind: 'DeviceRemoved', device: 1, lost: 21 },
  { kind: 'DeviceHung', device: 1 },
  {
    kind: 'AccessesWithdrawn',
    device: 1,
    ranges: [
      { first: 22, count: 23 },
      { first: 50, count: 1 },
    ],
  },
  { kind: 'PasidStopped', device: 1, pasid: -1 },
  { kind: 'PasidStarted', device: 1, pasid: 25 },
];
const sender: Sender = { kind: 'Sender', unit: 'segment.3', epoch: 4 };

describe('what a device segment writes', () => {
  it.each(events.map((event) => [event.kind, event] as const))('%s travels whole', (_kind, event) => {
    expect(segmentSchema.decode(segmentSchema.encode([event]))).toEqual([event]);
  });

  it('R142 a device reset travels in the numbered sequence, among page requests', () => {
    const reset: DeviceResetMessage = { kind: 'DeviceResetMessage', segment: 3, request: 7, device: 1 };
    expect(pageRequestSchema.decode(pageRequestSchema.encode([sender, reset]))).toEqual([sender, reset]);
  });

  it('R26 an invalidation names a device or all, and its reply the devices that are silent', () => {
    const order = (device: number): InvalidatePages => ({
      kind: 'InvalidatePages',
      device,
      pasid: 5,
      mm: 6,
      shard: 7,
      sequence: 2 ** 40,
      ranges: [{ page: 8, pages: 9 }],
    });
    const silent: DeviceSilent = { kind: 'DeviceSilent', device: 1 };
    const records = [sender, order(-1), order(1), silent];
    expect(invalidateSchema.decode(invalidateSchema.encode(records))).toEqual(records);
  });

  it('R94 a stop has a lane of its own', () => {
    const records = [
      sender,
      { kind: 'StopPasidRequest', device: 1, pasid: 5 },
      { kind: 'PasidStoppedReply', device: 1, pasid: 5 },
    ] as const;
    expect(stopSchema.decode(stopSchema.encode(records))).toEqual(records);
    expect(subjectsOf('lab').stopSegment(3)).toBe('lab.cmd.segment.3.stop');
  });
});
