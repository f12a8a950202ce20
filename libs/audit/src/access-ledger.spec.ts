import type { LogEvent } from '@faultline/contracts';
import { AccessLedger } from './access-ledger';
import { Findings } from './findings';
import { endedOf, LogBuilder, requestOf } from './log.testkit';

const DEVICE = 0;
const PASID = requestOf(1, 100).pasid;

const ended = (access: number, outcome: 'completed' | 'removed' = 'completed'): LogEvent =>
  endedOf(access, requestOf(1, 100), { outcome });
const hits = (first: number, count: number): LogEvent => ({
  kind: 'AccessesHit',
  device: DEVICE,
  atcHits: count,
  translated: 0,
  ranges: [{ first, count }],
  atMicros: 1_000 + first + count,
});
const withdrawn = (first: number, count: number): LogEvent => ({
  kind: 'AccessesWithdrawn',
  device: DEVICE,
  ranges: [{ first, count }],
});
const removed = (lost: number): LogEvent => ({ kind: 'DeviceRemoved', device: DEVICE, lost });
const stopped: LogEvent = { kind: 'PasidStopped', device: DEVICE, pasid: PASID };
const started: LogEvent = { kind: 'PasidStarted', device: DEVICE, pasid: PASID };

const began = (atMicros: number): LogEvent => ({ kind: 'WorkBegun', mm: 1, atMicros });

/** How long accesses went on, by a ledger that has seen these events. */
function workTime(...events: LogEvent[]) {
  const ledger = new AccessLedger(new Findings(20));
  const { messages } = events.reduce((log, event) => log.segment(event), new LogBuilder());
  messages.forEach((message, place) => ledger.observe({ ...message, events: [events[place] as LogEvent] }));
  return ledger.workTime;
}

/** What the ledger complains of in a finished run with these events, told as `invariant identity: sentence`. */
function complaints(total: number | undefined, ...events: LogEvent[]): string[] {
  const findings = new Findings(20);
  const ledger = new AccessLedger(findings);
  // Through the real schema, one message an event.
  const { messages } = events.reduce((log, event) => log.segment(event), new LogBuilder());
  messages.forEach((message, place) => ledger.observe({ ...message, events: [events[place] as LogEvent] }));
  ledger.finish(messages.length, total === undefined ? undefined : { accessesByDevice: { [DEVICE]: total } });
  return findings
    .reports()
    .flatMap((report) => report.violations)
    .map(({ invariant, identity, sentence }) => `${invariant} ${identity}: ${sentence}`);
}

describe('accesses that are withdrawn', () => {
  it('I5 count as settled, beside those that ended', () => {
    expect(complaints(10, hits(0, 4), ended(4), withdrawn(5, 5))).toEqual([]);
  });

  it('I5 make up for no access that is missing', () => {
    expect(complaints(10, hits(0, 4), ended(4), withdrawn(6, 4))).toEqual([
      'I5 device 0: 5 accesses ended (1 faulted, 4 hit) and 4 were withdrawn, expected 10, the scenario says',
    ]);
  });

  it.each([
    ['that ended before', [ended(4), withdrawn(4, 1)], 'it is withdrawn, but has ended before'],
    ['that hit before', [hits(4, 1), withdrawn(4, 1)], 'it is withdrawn, but has ended before'],
    ['and ends after all', [withdrawn(4, 1), ended(4)], 'it ends a second time'],
    ['and hits after all', [withdrawn(4, 1), hits(4, 1)], 'it ends a second time, as a hit'],
    ['twice', [withdrawn(4, 1), withdrawn(4, 1)], 'it is withdrawn, but has ended before'],
  ])('I5 sees one %s', (_case, events, sentence) => {
    expect(complaints(undefined, ...events)).toContain(`I5 device 0 access 4: ${sentence}`);
  });
});

describe('a device that vanished', () => {
  it('R104 ends as many accesses as it lost', () => {
    expect(complaints(3, ended(0), removed(2), ended(1, 'removed'), ended(2, 'removed'))).toEqual([]);
    expect(complaints(4, removed(0), withdrawn(0, 4))).toEqual([]);
  });

  it.each([
    [
      'an access that completes afterwards',
      [removed(1), ended(0)],
      'I5 device 0 access 0: it ends completed, but its device has vanished before',
    ],
    [
      'more lost accesses than were under way',
      [removed(1), ended(0, 'removed'), ended(1, 'removed')],
      'I5 device 0 access 1: its device vanished, but with fewer accesses under way',
    ],
    [
      'a lost access that never ends',
      [removed(2), ended(0, 'removed')],
      'I5 device 0: it vanished, but 1 of the accesses it had under way never ended',
    ],
  ])('R104 sees %s', (_case, events, complaint) => {
    expect(complaints(undefined, ...events)).toContain(complaint);
  });
});

describe('a PASID that has stopped', () => {
  it('R94 I9 sees an access of it that ends later, until the PASID is used afresh', () => {
    const late = 'I9 device 0 access 1: it ends, but PASID 5 was said to have stopped before';
    expect(complaints(2, ended(0), stopped, ended(1))).toEqual([late.replace('5', String(PASID))]);
    expect(complaints(2, ended(0), stopped, started, ended(1))).toEqual([]);
  });
});

describe('the time of the accesses', () => {
  it('is from when to when there were accesses, faults or not', () => {
    expect(workTime(began(700), began(500), hits(0, 3))).toEqual({
      beganAtMicros: 500,
      endedAtMicros: 1_003,
    });
    const late = { ...ended(9), endedAtMicros: 9_000 } as LogEvent;
    expect(workTime(began(500), late, hits(0, 3))).toEqual({ beganAtMicros: 500, endedAtMicros: 9_000 });
    expect(workTime(began(500))).toBeNull();
    expect(workTime(hits(0, 3))).toBeNull();
  });
});
