import { deviceCounters } from './counters';
import { Driven, grant, issue, miss, only, priDevice, respond } from './device.testkit';
import { createSegment } from './segment';

const FIRST = 100;
const MOST = 350;

/** A device that cannot hold what faults, with one access that missed and whose page request is sent, as request 1 of group 0. */
function dropping(): Driven {
  const retransmission = { firstMicros: FIRST, mostMicros: MOST };
  const driven = new Driven({ segment: 0, devices: [priDevice({ retransmission, credits: 2 })] });
  driven.do({ kind: 'BeginEpoch', epoch: 1 }, issue(0), miss(1), { kind: 'TakeTurn' });
  return driven;
}

const fire = (drop: number, access = 0) => ({ kind: 'RetransmitAccess', device: 1, access, drop }) as const;
const kinds = (events: readonly { kind: string }[]): string[] => events.map(({ kind }) => kind);

describe('a device that drops what faults', () => {
  it('reports the fault like any other, and begins its timer with the miss', () => {
    const driven = new Driven({
      segment: 0,
      devices: [priDevice({ retransmission: { firstMicros: FIRST, mostMicros: MOST } })],
    });
    driven.do(issue(0));
    expect(driven.do(miss(1))).toMatchObject([
      { kind: 'TranslationReturned', verdict: 'missed' },
      { kind: 'AccessDropped', drop: 1, device: 1, access: 0, retryMicros: FIRST },
    ]);
    expect(driven.do({ kind: 'TakeTurn' })).toMatchObject([
      { kind: 'PageRequestSent', access: 0, last: true },
    ]);
  });

  it('R10 R11 has its credit and its index back with the response, and goes on only when the timer fires', () => {
    const driven = dropping();
    expect(kinds(driven.do(respond(0, 0)))).toEqual(['ResponseReceived']);
    const receivedAtMicros = driven.now;
    expect(deviceCounters(driven.state, 1)).toMatchObject({
      pending: 1,
      outstanding: 0,
      outstandingGroups: 0,
    });
    expect(driven.do({ kind: 'TakeTurn' })).toEqual([]);
    driven.now += FIRST;
    expect(driven.do(fire(1))).toMatchObject([{ kind: 'TranslationRequested', access: 0, translation: 2 }]);
    expect(driven.do(grant(2))).toMatchObject([
      { kind: 'TranslationReturned', verdict: 'granted' },
      {
        kind: 'AccessEnded',
        outcome: 'completed',
        ...{ rounds: 1, request: 1, receivedAtMicros, endedAtMicros: driven.now },
      },
    ]);
    expect(driven.now - receivedAtMicros).toBeGreaterThanOrEqual(FIRST);
  });

  it('R14 faults again when the page is gone by then: another round, and a timer twice as long', () => {
    const driven = dropping();
    driven.do(respond(0, 0), fire(1));
    expect(driven.do(miss(2))).toMatchObject([
      { kind: 'TranslationReturned' },
      { kind: 'AccessRetried', request: 1 },
      { kind: 'AccessDropped', drop: 2, retryMicros: 2 * FIRST },
    ]);
    expect(driven.do({ kind: 'TakeTurn' })).toMatchObject([
      { kind: 'PageRequestSent', request: 2, round: 1 },
    ]);
  });

  it('drops an access once more that comes again before the answer, without asking twice, up to the longest timer', () => {
    const driven = dropping();
    const timers = [1, 2, 3].map((drop) => only(driven.do(fire(drop)), 'AccessDropped')[0]?.retryMicros);
    expect(timers).toEqual([2 * FIRST, MOST, MOST]);
    expect(driven.do({ kind: 'TakeTurn' })).toEqual([]);
    driven.do(respond(0, 0));
    expect(kinds(driven.do(fire(4)))).toEqual(['TranslationRequested']);
  });

  it('does so too while the access still waits for a credit', () => {
    const driven = dropping();
    driven.do(issue(1), miss(2), issue(2), miss(3), { kind: 'TakeTurn' });
    expect(deviceCounters(driven.state, 1)).toMatchObject({ outstanding: 2, waiting: 1 });
    expect(kinds(driven.do(fire(3, 2)))).toEqual(['AccessDropped']);
    expect(deviceCounters(driven.state, 1)).toMatchObject({ outstanding: 2, waiting: 1 });
  });

  it('R15 gives an access up with an INVALID response, and its timer then means nothing', () => {
    const driven = dropping();
    expect(driven.do(respond(0, 1))).toMatchObject([
      { kind: 'ResponseReceived' },
      { kind: 'AccessEnded', outcome: 'invalid' },
    ]);
    expect(driven.do(fire(1))).toEqual([]);
  });

  it('R16 keeps what was answered through a Response Failure, and fails it when it comes again', () => {
    const driven = dropping();
    driven.do(issue(1), miss(2), { kind: 'TakeTurn' }, respond(0, 0));
    expect(driven.do(respond(1, 2))).toMatchObject([
      { kind: 'ResponseReceived' },
      { kind: 'PriInterfaceFailed', lost: 0 },
      { kind: 'AccessEnded', access: 1, outcome: 'failure' },
    ]);
    expect(driven.do(fire(1))).toMatchObject([{ kind: 'AccessEnded', access: 0, outcome: 'failure' }]);
  });

  it('D9 R21 issues what it dropped again after a reset, and takes no timer from before it', () => {
    const driven = dropping();
    driven.do(respond(0, 0));
    expect(kinds(driven.do({ kind: 'ResetDevice', device: 1, epoch: 1 }))).toEqual([
      'DeviceReset',
      'TranslationRequested',
    ]);
    expect(driven.do(fire(1))).toEqual([]);
    // The count of its drops is over with what was dropped.
    expect(only(driven.do(miss(2)), 'AccessDropped')).toMatchObject([{ drop: 2, retryMicros: FIRST }]);
    expect(driven.do(fire(1))).toEqual([]);
    expect(kinds(driven.do({ kind: 'BeginEpoch', epoch: 2 }))).toContain('TranslationRequested');
    expect(driven.do(fire(2))).toEqual([]);
  });

  it('does nothing while it hangs, and nothing twice', () => {
    const driven = dropping();
    driven.do(respond(0, 0), fire(1));
    expect(driven.do(fire(1))).toEqual([]);
    const hanging = dropping();
    hanging.do(respond(0, 0), { kind: 'HangDevice', device: 1 });
    expect(hanging.do(fire(1))).toEqual([]);
  });

  it.each([
    ['behind a stalling IOMMU', { model: 'stall' as const }, /holds its accesses/],
    ['without a timer', { retransmission: { firstMicros: 0, mostMicros: 5 } }, /above 0/],
    ['with a timer that shrinks', { retransmission: { firstMicros: 6, mostMicros: 5 } }, /found 6 and 5/],
  ])('is refused %s', (_what, changes, message) => {
    const device = priDevice({ retransmission: { firstMicros: 1, mostMicros: 1 }, ...changes });
    expect(() => createSegment({ segment: 0, devices: [device] })).toThrow(message);
  });
});
