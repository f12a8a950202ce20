import { EVERY_DEVICE } from './atc';
import type { SegmentCommand } from './commands';
import { deviceCounters, isSegmentIdle } from './counters';
import { Driven, grant, issue, miss, only, priDevice, respond } from './device.testkit';
import { PasidStillStopping } from './errors';
import { isWorkOver, silentDevices } from './queries';
import { createSegment, isDurableSegmentEvent } from './segment';

const PASID = 7;
const turn: SegmentCommand = { kind: 'TakeTurn' };
const stop: SegmentCommand = { kind: 'StopPasid', device: 1, pasid: PASID };
const start: SegmentCommand = { kind: 'StartPasid', device: 1, pasid: PASID };
const hang: SegmentCommand = { kind: 'HangDevice', device: 1 };
const remove: SegmentCommand = { kind: 'RemoveDevice', device: 1 };
const reset: SegmentCommand = { kind: 'ResetDevice', device: 1, epoch: 1 };

function driven(changes = {}): Driven {
  const device = new Driven({ segment: 3, devices: [priDevice(changes)] });
  device.do({ kind: 'BeginEpoch', epoch: 1 });
  return device;
}

const kinds = (events: readonly { kind: string }[]): string[] => events.map((event) => event.kind);

describe('stopping a PASID', () => {
  it('R94 a PASID of which nothing is under way has stopped at the end of the turn', () => {
    const device = driven();
    expect(device.do(stop)).toEqual([{ kind: 'PasidStopping', device: 1, pasid: PASID }]);
    expect(isWorkOver(device.state, 1, PASID)).toBe(true);
    expect(device.do(turn)).toEqual([
      { kind: 'StopMarkerSent', request: 1, device: 1, pasid: PASID, sentAtMicros: device.now },
      { kind: 'PasidStopped', device: 1, pasid: PASID },
    ]);
    expect(device.do(stop, turn)).toEqual([]);
  });

  it('R94 what is under way goes through its faults, also what waits for credits, and no new access starts', () => {
    const device = driven({ credits: 1, pagesPerGroup: 1 });
    device.do(issue(0), issue(1), issue(2, { pasid: 8 }), miss(1), miss(2), miss(3), stop);
    expect(device.do(issue(3))).toEqual([
      { kind: 'AccessesWithdrawn', device: 1, ranges: [{ first: 3, count: 1 }] },
    ]);
    expect(deviceCounters(device.state, 1)).toMatchObject({ pending: 3, withdrawn: 1, started: 3 });
    expect(kinds(device.do(turn))).toEqual(['PageRequestSent']);
    expect(kinds(device.do(respond(0, 0), grant(4), turn))).not.toContain('PasidStopped');
    device.do(respond(1, 1));
    expect(kinds(device.do(turn))).toEqual(['PageRequestSent', 'StopMarkerSent', 'PasidStopped']);
  });

  it('R23 a stop marker follows all page requests of its PASID, has the next number, and costs no credit', () => {
    const device = driven({ credits: 2, pagesPerGroup: 1 });
    device.do(issue(0), issue(1, { pasid: 8 }), miss(1), miss(2), stop, turn);
    const events = device.do(respond(0, 1), turn);
    expect(only(events, 'StopMarkerSent')).toMatchObject([{ request: 3, device: 1, pasid: PASID }]);
    expect(deviceCounters(device.state, 1)).toMatchObject({ outstanding: 1, outstandingGroups: 1 });
    device.do(issue(2, { pasid: 8 }), miss(3));
    expect(only(device.do(turn), 'PageRequestSent')).toMatchObject([{ request: 4, pasid: 8 }]);
  });

  it('R16 R23 neither a function whose interface is down nor a stalling master sends a stop marker', () => {
    const failed = driven();
    failed.do(issue(0), miss(1), turn, respond(0, 2), stop);
    expect(kinds(failed.do(turn))).toEqual(['PasidStopped']);
    const master = driven({ model: 'stall' });
    master.do(issue(0), stop);
    expect(master.do(turn)).toEqual([]);
    master.do({
      kind: 'EndStalledAccess',
      device: 1,
      request: 1,
      outcome: 'translated',
      code: 0,
      rounds: 0,
    });
    expect(kinds(master.do(turn))).toEqual(['AccessesHit', 'PasidStopped']);
  });

  it('R25 the stop leaves the ATC alone: the invalidation empties it', () => {
    const device = driven();
    device.do(issue(0), grant(1), stop, turn, start);
    expect(only(device.do(issue(1, { page: 100 })), 'AccessHit')).toMatchObject([{ fromAtc: true }]);
  });

  it('R102 the PASID works again once it was started afresh, and not while it is still stopping', () => {
    const device = driven();
    device.do(issue(0), stop);
    expect(() => device.do(start)).toThrow(PasidStillStopping);
    device.do(grant(1), turn);
    expect(device.do(start)).toEqual([{ kind: 'PasidStarted', device: 1, pasid: PASID }]);
    expect(kinds(device.do(issue(1)))).toEqual(['AccessStarted', 'TranslationRequested']);
    expect(device.do(start)).toEqual([]);
  });

  it('D9 a successor knows from the log which PASIDs have stopped', () => {
    const device = driven();
    const events = device.do(stop, turn);
    const decider = createSegment({ segment: 3, devices: [priDevice()] });
    const state = events.filter(isDurableSegmentEvent).reduce(decider.evolve, decider.initial());
    expect(isWorkOver(state, 1, PASID)).toBe(true);
    expect(
      isWorkOver(decider.evolve(state, { kind: 'PasidStarted', device: 1, pasid: PASID }), 1, PASID),
    ).toBe(false);
  });

  it('a workload withdraws what it will not issue; nothing is withdrawn without a count', () => {
    const device = driven();
    const ranges = [
      { first: 4, count: 0 },
      { first: 9, count: 3 },
    ];
    expect(device.do({ kind: 'WithdrawAccesses', device: 1, ranges })).toEqual([
      { kind: 'AccessesWithdrawn', device: 1, ranges: [{ first: 9, count: 3 }] },
    ]);
    expect(device.do({ kind: 'WithdrawAccesses', device: 1, ranges: ranges.slice(0, 1) })).toEqual([]);
    expect(deviceCounters(device.state, 1)).toMatchObject({ withdrawn: 3 });
  });
});

describe('a device that vanishes', () => {
  it('R104 loses what it had under way, each access once, wherever it stood', () => {
    const device = driven({ credits: 1 });
    device.do(issue(0), issue(1), issue(2), miss(1), miss(2), turn);
    const events = device.do(remove);
    expect(events[0]).toEqual({ kind: 'DeviceRemoved', device: 1, lost: 3 });
    expect(only(events, 'AccessEnded')).toMatchObject([
      { access: 0, outcome: 'removed', rounds: 1, request: 1 },
      { access: 1, outcome: 'removed', rounds: 0, request: 0 },
      { access: 2, outcome: 'removed', rounds: 0, request: 0 },
    ]);
    expect(isSegmentIdle(device.state)).toBe(true);
    expect(deviceCounters(device.state, 1)).toMatchObject({ outstanding: 0, waiting: 0, pending: 0 });
    expect(device.do(remove, hang)).toEqual([]);
  });

  it('R104 an access lost in its second round was never answered in that round', () => {
    const device = driven();
    device.do(issue(0), miss(1), turn, respond(0, 0), miss(2), turn);
    expect(only(device.do(remove), 'AccessEnded')).toMatchObject([
      { outcome: 'removed', rounds: 2, request: 2, receivedAtMicros: 0 },
    ]);
  });

  it('R104 takes nothing more: translations and responses on their way find nobody, without a complaint', () => {
    const device = driven();
    device.do(issue(0), issue(1), miss(1), turn, remove);
    expect(device.do(grant(2), respond(0, 0), respond(0, 2), turn)).toEqual([]);
    expect(device.do(issue(5))).toEqual([
      { kind: 'AccessesWithdrawn', device: 1, ranges: [{ first: 5, count: 1 }] },
    ]);
  });

  it('R104 a reset does not bring it back, but its IOMMU is told', () => {
    const device = driven();
    device.do(issue(0), miss(1), turn, remove);
    expect(device.do(reset)).toEqual([{ kind: 'DeviceReset', device: 1, epoch: 1, request: 2 }]);
    expect(isWorkOver(device.state, 1, PASID)).toBe(true);
    expect(device.do({ kind: 'BeginEpoch', epoch: 2 })).toEqual([
      { kind: 'SegmentOwnerChanged', segment: 3, epoch: 2 },
    ]);
  });

  it('R94 its PASIDs stop at once, without a stop marker', () => {
    const device = driven();
    device.do(issue(0), stop, remove);
    expect(kinds(device.do(turn))).toEqual(['PasidStopped']);
    expect(kinds(device.do({ kind: 'StopPasid', device: 1, pasid: 8 }, turn))).toEqual([
      'PasidStopping',
      'PasidStopped',
    ]);
  });

  it('R104 a stalling master vanishes too: what the IOMMU still ends for it is nothing to it', () => {
    const master = driven({ model: 'stall' });
    master.do(issue(0));
    expect(only(master.do(remove), 'AccessEnded')).toMatchObject([{ outcome: 'removed', request: 1 }]);
    const end = {
      kind: 'EndStalledAccess',
      device: 1,
      request: 1,
      outcome: 'completed',
      code: 0,
      rounds: 1,
    } as const;
    expect(master.do(end)).toEqual([]);
  });
});

describe('a device that hangs', () => {
  it('R21 sends nothing and loses what reaches it until its reset, which issues everything unfinished again', () => {
    const device = driven({ credits: 2, pagesPerGroup: 1 });
    device.do(issue(0), issue(1), issue(2), miss(1), miss(2), turn);
    expect(device.do(hang)).toEqual([{ kind: 'DeviceHung', device: 1 }]);
    expect(device.do(hang, respond(0, 0), respond(1, 2), grant(3), turn)).toEqual([]);
    expect(kinds(device.do(issue(3)))).toEqual(['AccessStarted']);
    const events = device.do(reset);
    expect(events[0]).toEqual({ kind: 'DeviceReset', device: 1, epoch: 1, request: 3 });
    expect(only(events, 'TranslationRequested').map((event) => event.access)).toEqual([0, 1, 2, 3]);
    expect(deviceCounters(device.state, 1)).toMatchObject({ outstanding: 0, pending: 4 });
    device.do(miss(4));
    expect(only(device.do(turn), 'PageRequestSent')).toMatchObject([{ request: 4, groupId: 2 }]);
  });

  it('R94 does not answer a stop; after its reset the PASID has stopped and its accesses are lost, not repeated', () => {
    const device = driven();
    device.do(issue(0), issue(1, { pasid: 8 }), miss(1), turn, hang, stop);
    expect(device.do(turn)).toEqual([]);
    const events = device.do(reset);
    expect(kinds(events)).toEqual(['AccessEnded', 'DeviceReset', 'TranslationRequested']);
    expect(events).toMatchObject([
      { access: 0, outcome: 'removed', rounds: 1, request: 1 },
      { request: 2 },
      { access: 1 },
    ]);
    expect(device.do(turn)).toMatchObject([
      { kind: 'StopMarkerSent', request: 3, pasid: PASID },
      { kind: 'PasidStopped', pasid: PASID },
    ]);
  });

  it('D9 a hang does not outlive a new epoch, and a master hangs like any device', () => {
    const master = driven({ model: 'stall' });
    master.do(issue(0), hang);
    const end = {
      kind: 'EndStalledAccess',
      device: 1,
      request: 1,
      outcome: 'completed',
      code: 0,
      rounds: 1,
    } as const;
    expect(master.do(end)).toEqual([]);
    expect(only(master.do({ kind: 'BeginEpoch', epoch: 2 }), 'StalledAccessSent')).toMatchObject([
      { request: 1, access: 0 },
    ]);
    expect(kinds(master.do(end))).toEqual(['AccessEnded']);
  });
});

describe('invalidations that meet a silent device', () => {
  const everything = {
    kind: 'InvalidateAtc',
    device: EVERY_DEVICE,
    pasid: PASID,
    page: 0,
    pages: 0,
  } as const;
  const two = (): Driven => {
    const devices = new Driven({ segment: 3, devices: [priDevice(), priDevice({ device: 2 })] });
    devices.do({ kind: 'BeginEpoch', epoch: 1 }, issue(0), issue(0, { device: 2 }), grant(1), grant(2));
    return devices;
  };

  it.each([
    ['R26', 'hangs', hang],
    ['R104', 'vanished', remove],
  ] as const)(
    '%s a device that %s does not complete it while it may hold translations of the PASID',
    (_rule, _how, silence) => {
      const devices = two();
      devices.do(silence, everything);
      expect(silentDevices(devices.state, EVERY_DEVICE, PASID)).toEqual([1]);
      expect(silentDevices(devices.state, 2, PASID)).toEqual([]);
      expect(silentDevices(devices.state, 1, 8)).toEqual([]);
      devices.do(reset);
      expect(silentDevices(devices.state, EVERY_DEVICE, PASID)).toEqual([]);
    },
  );

  it('R25 names one device or all', () => {
    const devices = two();
    devices.do({ ...everything, device: 2 });
    expect(kinds(devices.do(issue(1, { page: 100 })))).toContain('AccessHit');
    expect(kinds(devices.do(issue(1, { device: 2, page: 100 })))).toContain('TranslationRequested');
  });

  it('R28 a translation in flight to another device is not stale', () => {
    const devices = new Driven({ segment: 3, devices: [priDevice(), priDevice({ device: 2 })] });
    devices.do(issue(0), issue(0, { device: 2 }), { ...everything, device: 2 });
    expect(only(devices.do(grant(1), grant(2)), 'TranslationReturned').map((event) => event.verdict)).toEqual(
      ['granted', 'stale'],
    );
  });
});
