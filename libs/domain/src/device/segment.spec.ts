import { given } from '../kernel/decider.testkit';
import { NO_PASID, Permission } from '../kernel/vocabulary';
import { deviceCounters, isSegmentIdle } from './counters';
import { access, Driven, grant, issue, miss, only, priDevice, respond } from './device.testkit';
import { createSegment } from './segment';

const RW = Permission.READ | Permission.WRITE;
const segment = (changes = {}) => createSegment({ segment: 3, devices: [priDevice(changes)] });
const driven = (changes = {}) => new Driven({ segment: 3, devices: [priDevice(changes)] });

/** A device with one access whose page request is outstanding: request 1, index 0, and translation 1 missed. */
function faulted(changes = {}): Driven {
  const device = driven(changes);
  device.do(issue(0), miss(1), { kind: 'TakeTurn' });
  return device;
}

describe('translation', () => {
  it('R1 asks for a translation before anything else', () => {
    given(segment())
      .when(issue(0), 5)
      .then([
        { kind: 'AccessStarted', ...access(0), startedAtMicros: 5 },
        {
          kind: 'TranslationRequested',
          translation: 1,
          device: 1,
          access: 0,
          pasid: 7,
          page: 100,
          permissions: 1,
        },
      ]);
  });

  it('R1 makes the access at once when the translation is there, and later from the ATC', () => {
    given(segment())
      .when(issue(0))
      .when(grant(1, RW, 55))
      .thenLike([
        { kind: 'TranslationReturned', verdict: 'granted', permissions: RW, frame: 55 },
        { kind: 'AccessHit', fromAtc: false, frame: 55 },
      ])
      .when(issue(1, { page: 100 }))
      .thenLike([{ kind: 'AccessStarted' }, { kind: 'AccessHit', fromAtc: true, frame: 55 }])
      .when({ kind: 'TakeTurn' })
      .then([
        {
          kind: 'AccessesHit',
          device: 1,
          atcHits: 1,
          translated: 1,
          ranges: [{ first: 0, count: 2 }],
          atMicros: 0,
        },
      ])
      .thenState((state) => expect(isSegmentIdle(state)).toBe(true))
      .when({ kind: 'TakeTurn' })
      .then([]);
  });

  it.each([
    ['execute only', Permission.EXECUTE],
    ['nothing at all', 0],
  ])(
    'R23 never sends what would be a stop marker: an access for %s asks to read as well',
    (_case, permissions) => {
      given(segment())
        .when(issue(0, { permissions }))
        .when(miss(1))
        .when({ kind: 'TakeTurn' })
        .thenLike([{ kind: 'PageRequestSent', last: true, permissions: permissions | Permission.READ }]);
    },
  );

  it('R2 takes a completion without permissions for a miss and sends a page request in the next turn', () => {
    given(segment())
      .when(issue(0))
      .when(miss(1))
      .thenLike([{ kind: 'TranslationReturned', verdict: 'missed' }])
      .when({ kind: 'TakeTurn' }, 9)
      .then([
        {
          kind: 'PageRequestSent',
          request: 1,
          device: 1,
          access: 0,
          pasid: 7,
          page: 100,
          permissions: 1,
          groupId: 0,
          last: true,
          round: 0,
          sentAtMicros: 9,
        },
      ]);
  });

  it.each(['unsupported-request', 'completer-abort'] as const)(
    'R3 ends the access refused on %s, without a page request',
    (status) => {
      given(segment())
        .when(issue(0))
        .when({ kind: 'CompleteTranslation', translation: 1, status, permissions: 0, frame: 0 }, 4)
        .thenLike([
          { kind: 'TranslationReturned', verdict: 'refused' },
          { kind: 'AccessEnded', outcome: 'refused', rounds: 0, request: 0, endedAtMicros: 4 },
        ])
        .when({ kind: 'TakeTurn' })
        .then([]);
    },
  );

  it('R4 a read-only answer to a write is a miss', () => {
    given(segment())
      .when(issue(0, { permissions: Permission.WRITE }))
      .when(grant(1, Permission.READ))
      .thenLike([{ kind: 'TranslationReturned', verdict: 'missed' }]);
  });

  it('R6 does not serve a privileged access from a user translation', () => {
    given(segment())
      .when(issue(0))
      .when(grant(1))
      .when(issue(1, { page: 100, permissions: Permission.READ | Permission.PRIVILEGED }))
      .thenLike([{ kind: 'AccessStarted' }, { kind: 'TranslationRequested', translation: 2 }]);
  });

  it('R24 does not cache a miss, and keeps "no PASID" apart', () => {
    given(segment())
      .when(issue(0))
      .when(miss(1))
      .when(issue(1, { page: 100 }))
      .thenLike([{ kind: 'AccessStarted' }, { kind: 'TranslationRequested', translation: 2 }])
      .when(grant(2))
      .when(issue(2, { page: 100, pasid: NO_PASID }))
      .thenLike([{ kind: 'AccessStarted' }, { kind: 'TranslationRequested', translation: 3 }]);
  });

  it('R125 translates again for a write on a read-only entry', () => {
    given(segment())
      .when(issue(0))
      .when(grant(1, Permission.READ))
      .when(issue(1, { page: 100, permissions: Permission.WRITE }))
      .thenLike([
        { kind: 'AccessStarted' },
        { kind: 'TranslationRequested', translation: 2, permissions: Permission.WRITE },
      ]);
  });

  it('D4 ignores a completion that nobody waits for', () => {
    given(segment()).when(grant(99)).then([]);
  });

  it('refuses an access number that is live, and a device of another segment', () => {
    given(segment())
      .when(issue(0))
      .whenRefused(issue(0))
      .thenThrows(/issued access 0 already/);
    given(segment())
      .whenRefused(issue(0, { device: 2 }))
      .thenThrows(/no device 2/);
  });
});

describe('groups', () => {
  it('R9 puts one PASID into a group and closes it with the last member, without waiting to fill it', () => {
    const device = driven({ pagesPerGroup: 2 });
    device.do(...[7, 8, 7, 7].map((pasid, at) => issue(at, { pasid })), ...[1, 2, 3, 4].map(miss));
    const sent = only(device.do({ kind: 'TakeTurn' }), 'PageRequestSent');
    expect(
      sent.map(({ request, access: of, pasid, groupId, last }) => [request, of, pasid, groupId, last]),
    ).toEqual([
      [1, 0, 7, 0, false],
      [2, 2, 7, 0, true],
      [3, 1, 8, 1, true],
      [4, 3, 7, 2, true],
    ]);
  });

  it('R10 sends no more than its credits, makes a smaller group for the last ones, and goes on after a response', () => {
    const device = driven({ credits: 3, pagesPerGroup: 2 });
    device.do(...[0, 1, 2, 3, 4].map((at) => issue(at)), ...[1, 2, 3, 4, 5].map(miss));
    const sent = only(device.do({ kind: 'TakeTurn' }), 'PageRequestSent');
    expect(sent.map(({ groupId, last }) => [groupId, last])).toEqual([
      [0, false],
      [0, true],
      [1, true],
    ]);
    expect(deviceCounters(device.state, 1)).toMatchObject({
      outstanding: 3,
      waiting: 2,
      outstandingGroups: 2,
    });
    expect(device.do({ kind: 'TakeTurn' })).toEqual([]);
    device.do(respond(0, 0));
    expect(
      only(device.do({ kind: 'TakeTurn' }), 'PageRequestSent').map(({ access: of, groupId }) => [
        of,
        groupId,
      ]),
    ).toEqual([
      [3, 2],
      [4, 2],
    ]);
  });

  it('R11 reuses no index that is outstanding, and waits when all 512 are', () => {
    const device = driven({ credits: 1000, pagesPerGroup: 1 });
    for (let at = 0; at < 513; at++) device.do(issue(at), miss(at + 1));
    const sent = only(device.do({ kind: 'TakeTurn' }), 'PageRequestSent');
    expect(new Set(sent.map((request) => request.groupId)).size).toBe(512);
    expect(sent).toHaveLength(512);
    expect(device.do({ kind: 'TakeTurn' })).toEqual([]);
    device.do(respond(300, 1));
    expect(only(device.do({ kind: 'TakeTurn' }), 'PageRequestSent')).toMatchObject([
      { access: 512, groupId: 300 },
    ]);
  });
});

describe('responses', () => {
  it('R13 matches by index and PASID when the function requires the PASID, else by index', () => {
    const strict = faulted({ responsePasidRequired: true });
    expect(strict.do(respond(0, 0, NO_PASID))).toEqual([
      { kind: 'ResponseUnexpected', device: 1, groupId: 0, code: 0 },
    ]);
    expect(only(strict.do(respond(0, 0, 7)), 'ResponseReceived')).toHaveLength(1);
    expect(only(faulted().do(respond(0, 0, NO_PASID)), 'ResponseReceived')).toHaveLength(1);
  });

  it('R14 translates again after SUCCESS and ends completed with both times and the round', () => {
    const device = faulted();
    expect(device.do(respond(0, 0))).toMatchObject([
      { kind: 'ResponseReceived', groupId: 0, receivedAtMicros: 4 },
      { kind: 'TranslationRequested', translation: 2, access: 0 },
    ]);
    expect(deviceCounters(device.state, 1)).toMatchObject({
      outstanding: 0,
      outstandingGroups: 0,
      pending: 1,
    });
    expect(device.do(grant(2))).toMatchObject([
      { kind: 'TranslationReturned', verdict: 'granted' },
      {
        kind: 'AccessEnded',
        outcome: 'completed',
        rounds: 1,
        request: 1,
        startedAtMicros: 1,
        receivedAtMicros: 4,
        endedAtMicros: 5,
      },
    ]);
  });

  it('R14 asks again when it misses again, and counts the round', () => {
    const device = faulted();
    device.do(respond(0, 0));
    expect(device.do(miss(2))).toMatchObject([
      { kind: 'TranslationReturned', verdict: 'missed' },
      { kind: 'AccessRetried', access: 0, request: 1, receivedAtMicros: 4, retriedAtMicros: 5 },
    ]);
    expect(device.do({ kind: 'TakeTurn' })).toMatchObject([
      { kind: 'PageRequestSent', request: 2, groupId: 1, round: 1 },
    ]);
    device.do(respond(1, 0));
    expect(only(device.do(grant(3)), 'AccessEnded')).toMatchObject([
      { outcome: 'completed', rounds: 2, request: 2 },
    ]);
  });

  it('R14 goes to the IOMMU even when the ATC has an entry with fewer permissions', () => {
    const device = driven();
    device.do(issue(0), grant(1, Permission.READ), issue(1, { page: 100, permissions: RW }), miss(2), {
      kind: 'TakeTurn',
    });
    expect(only(device.do(respond(0, 0)), 'TranslationRequested')).toMatchObject([
      { access: 1, permissions: RW },
    ]);
  });

  it('R15 fails the work of the group on INVALID and keeps the interface up', () => {
    const device = faulted();
    expect(device.do(respond(0, 1))).toMatchObject([
      { kind: 'ResponseReceived' },
      {
        kind: 'AccessEnded',
        outcome: 'invalid',
        rounds: 1,
        request: 1,
        receivedAtMicros: 4,
        endedAtMicros: 4,
      },
    ]);
    expect(isSegmentIdle(device.state)).toBe(true);
    expect(only(device.do(issue(1)), 'TranslationRequested')).toHaveLength(1);
  });

  it.each([2, 5, 15])(
    'R16 R17 code %i takes the interface down: everything outstanding and waiting is lost',
    (code) => {
      const device = driven({ credits: 3, pagesPerGroup: 2 });
      device.do(...[0, 1, 2, 3, 4].map((at) => issue(at)), ...[1, 2, 3, 4].map(miss), { kind: 'TakeTurn' });
      const events = device.do({ kind: 'ReceiveResponse', device: 1, groupId: 0, pasid: 7, code: code as 2 });
      expect(only(events, 'PriInterfaceFailed')).toEqual([
        { kind: 'PriInterfaceFailed', device: 1, lost: 1 },
      ]);
      expect(only(events, 'AccessEnded').map((ended) => [ended.access, ended.outcome])).toEqual(
        [0, 1, 2, 3].map((at) => [at, 'failure']),
      );
      // The answered group has two members; of the others no response was received.
      const answeredAt = device.now;
      expect(only(events, 'AccessEnded').map((ended) => ended.receivedAtMicros)).toEqual([
        answeredAt,
        answeredAt,
        0,
        0,
      ]);
      expect(device.do(respond(1, 0))).toEqual([]);
      expect(only(device.do(issue(9)), 'AccessEnded')).toMatchObject([
        { access: 9, outcome: 'failure', rounds: 0 },
      ]);
      expect(only(device.do(miss(5)), 'AccessEnded')).toMatchObject([{ access: 4, outcome: 'failure' }]);
      expect(isSegmentIdle(device.state)).toBe(true);
    },
  );

  it('R12 R16 a FAILURE needs no outstanding index', () => {
    expect(only(faulted().do(respond(77, 2)), 'PriInterfaceFailed')).toMatchObject([{ lost: 1 }]);
  });

  it('R18 an unexpected index changes nothing', () => {
    const device = faulted();
    expect(device.do(respond(8, 1))).toEqual([
      { kind: 'ResponseUnexpected', device: 1, groupId: 8, code: 1 },
    ]);
    expect(deviceCounters(device.state, 1)).toMatchObject({ outstanding: 1, pending: 1 });
  });
});

describe('configuration', () => {
  it.each([
    [[priDevice(), priDevice()], /twice/],
    [[priDevice({ credits: 0 })], /credits must be a whole number of at least 1/],
    [[priDevice({ pagesPerGroup: 0 })], /pagesPerGroup/],
    [[priDevice({ device: 70_000 })], /numbers end at/],
  ])('names what is wrong (%#)', (devices, message) => {
    expect(() => createSegment({ segment: 0, devices })).toThrow(message);
  });
});
