import { given } from '../kernel/decider.testkit';
import { EVERY_DEVICE, EVERY_PASID } from './atc';
import { deviceCounters, isSegmentIdle, segmentCounters } from './counters';
import { Driven, grant, issue, miss, only, priDevice, respond } from './device.testkit';
import { createSegment, isDurableSegmentEvent } from './segment';

const segment = (changes = {}) => createSegment({ segment: 3, devices: [priDevice(changes)] });
const driven = (changes = {}) => new Driven({ segment: 3, devices: [priDevice(changes)] });

/** A device with one access whose page request is outstanding: request 1, index 0, and translation 1 missed. */
function faulted(changes = {}): Driven {
  const device = driven(changes);
  device.do(issue(0), miss(1), { kind: 'TakeTurn' });
  return device;
}

describe('invalidations', () => {
  const cached = (pasid: number, page: number, pages: number) => {
    const device = driven();
    device.do(
      issue(0),
      issue(1, { pasid: 8, page: 100 }),
      issue(2, { page: 101 }),
      grant(1),
      grant(2),
      grant(3),
    );
    device.do({ kind: 'InvalidateAtc', device: EVERY_DEVICE, pasid, page, pages });
    const again = [issue(3, { page: 100 }), issue(4, { pasid: 8, page: 100 }), issue(5, { page: 101 })];
    return again.map((command) => only(device.do(command), 'AccessHit').length === 1);
  };

  it.each([
    ['one page of one PASID', 7, 100, 1, [false, true, true]],
    ['a range', 7, 90, 12, [false, true, false]],
    ['a PASID with pages 0', 7, 0, 0, [false, true, false]],
    ['every PASID', EVERY_PASID, 0, 0, [false, false, false]],
    ['another PASID', 9, 0, 0, [true, true, true]],
  ] as const)('R25 drops the entries of %s', (_, pasid, page, pages, left) => {
    expect(cached(pasid, page, pages)).toEqual(left);
  });

  it('R28 drops the result of a translation that an invalidation overtook, and asks again', () => {
    const device = driven();
    device.do(issue(0), { kind: 'InvalidateAtc', device: EVERY_DEVICE, pasid: 7, page: 100, pages: 1 });
    expect(device.do(grant(1))).toMatchObject([
      { kind: 'TranslationReturned', verdict: 'stale' },
      { kind: 'TranslationRequested', translation: 2, access: 0 },
    ]);
    expect(only(device.do(grant(2)), 'AccessHit')).toHaveLength(1);
  });

  it('R28 leaves a translation of another page alone', () => {
    const device = driven();
    device.do(
      issue(0),
      { kind: 'InvalidateAtc', device: EVERY_DEVICE, pasid: 7, page: 101, pages: 1 },
      { kind: 'InvalidateAtc', device: EVERY_DEVICE, pasid: 8, page: 0, pages: 0 },
    );
    expect(only(device.do(grant(1)), 'AccessHit')).toHaveLength(1);
  });
});

describe('resets', () => {
  it('D9 a new epoch restarts the numbers and issues unfinished accesses again', () => {
    const device = faulted();
    expect(device.do({ kind: 'BeginEpoch', epoch: 4 })).toMatchObject([
      { kind: 'SegmentOwnerChanged', segment: 3, epoch: 4 },
      { kind: 'DeviceReset', device: 1, epoch: 4, request: 0 },
      { kind: 'TranslationRequested', access: 0, translation: 2 },
    ]);
    expect(deviceCounters(device.state, 1)).toMatchObject({
      outstanding: 0,
      outstandingGroups: 0,
      pending: 1,
    });
    device.do(miss(2));
    expect(device.do({ kind: 'TakeTurn' })).toMatchObject([
      { kind: 'PageRequestSent', request: 1, round: 0 },
    ]);
    expect(device.do({ kind: 'BeginEpoch', epoch: 4 })).toEqual([]);
  });

  it('R21 a reset in the same epoch forgets one device and goes on with the numbers', () => {
    const device = new Driven({ segment: 3, devices: [priDevice(), priDevice({ device: 2 })] });
    device.do({ kind: 'BeginEpoch', epoch: 1 }, issue(0), issue(0, { device: 2 }), miss(1), miss(2), {
      kind: 'TakeTurn',
    });
    expect(only(device.do({ kind: 'ResetDevice', device: 1, epoch: 1 }), 'DeviceReset')).toEqual([
      { kind: 'DeviceReset', device: 1, epoch: 1, request: 3 },
    ]);
    expect(deviceCounters(device.state, 2)).toMatchObject({ outstanding: 1 });
    expect(device.do(respond(0, 0))).toMatchObject([{ kind: 'ResponseUnexpected' }]);
    device.do(miss(3));
    expect(only(device.do({ kind: 'TakeTurn' }), 'PageRequestSent')).toMatchObject([
      { request: 4, device: 1 },
    ]);
  });

  it('D9 a reset with a newer epoch is one of the whole segment, with an older epoch nothing', () => {
    const device = faulted();
    const kinds = device.do({ kind: 'ResetDevice', device: 1, epoch: 2 }).map((event) => event.kind);
    expect(kinds).toEqual(['SegmentOwnerChanged', 'DeviceReset', 'TranslationRequested']);
    expect(device.do({ kind: 'ResetDevice', device: 1, epoch: 1 })).toEqual([]);
  });

  it('R16 R21 a reset brings a failed interface up again', () => {
    const device = faulted();
    device.do(respond(0, 2), { kind: 'ResetDevice', device: 1, epoch: 0 });
    expect(only(device.do(issue(1)), 'TranslationRequested')).toHaveLength(1);
  });

  it('D9 a successor folds the durable events of its predecessor', () => {
    const before = driven();
    const events = before.do(
      { kind: 'BeginEpoch', epoch: 1 },
      issue(0),
      grant(1),
      issue(1),
      miss(2),
      { kind: 'TakeTurn' },
      respond(0, 1),
    );
    given(segment(), events.filter(isDurableSegmentEvent))
      .when({ kind: 'BeginEpoch', epoch: 2 })
      .thenLike([{ kind: 'SegmentOwnerChanged', epoch: 2 }, { kind: 'DeviceReset' }])
      .thenState((state) => expect(isSegmentIdle(state)).toBe(true));
  });
});

describe('masters behind a stalling IOMMU', () => {
  const stalling = () => new Driven({ segment: 3, devices: [priDevice({ model: 'stall' })] });
  const end = (outcome: 'translated' | 'completed' | 'aborted', rounds = 1) =>
    ({ kind: 'EndStalledAccess', device: 1, request: 1, outcome, code: 0, rounds }) as const;

  it('D10 puts the access on the bus at once, numbered like a page request', () => {
    const both = new Driven({ segment: 3, devices: [priDevice(), priDevice({ device: 2, model: 'stall' })] });
    expect(only(both.do(issue(0, { device: 2 })), 'StalledAccessSent')).toMatchObject([
      { request: 1, offset: 8 },
    ]);
    expect(only(both.do(issue(0), miss(1), { kind: 'TakeTurn' }), 'PageRequestSent')).toMatchObject([
      { request: 2 },
    ]);
  });

  it('a translation that was there is a hit', () => {
    const master = stalling();
    master.do(issue(0));
    expect(master.do(end('translated', 0))).toMatchObject([{ kind: 'AccessHit', fromAtc: false, frame: -1 }]);
    expect(segmentCounters(master.state)).toMatchObject({ pending: 0, unreportedHits: 1 });
  });

  it.each([
    ['R35', 'completed', 'completed'],
    ['R36', 'aborted', 'invalid'],
  ] as const)('%s %s ends the access %s, once', (_, outcome, expected) => {
    const master = stalling();
    master.do(issue(0));
    expect(master.do(end(outcome, 3))).toMatchObject([
      { kind: 'AccessEnded', outcome: expected, rounds: 3, request: 1, receivedAtMicros: 2 },
    ]);
    expect(master.do(end(outcome, 3))).toEqual([]);
    expect(isSegmentIdle(master.state)).toBe(true);
  });

  it('R129 has no page request interface that a response could take down', () => {
    const master = stalling();
    master.do(issue(0));
    expect(master.do(respond(0, 2))).toEqual([]);
  });

  it('D9 puts unfinished accesses on the bus again, from number 1', () => {
    const master = stalling();
    master.do(issue(0), issue(1));
    expect(
      only(master.do({ kind: 'BeginEpoch', epoch: 1 }), 'StalledAccessSent').map((sent) => sent.request),
    ).toEqual([1, 2]);
  });
});
