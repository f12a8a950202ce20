import { EVERY_PASID } from '@faultline/domain';
import { Auditor } from './auditor';
import {
  audit,
  failuresOf,
  hashesOf,
  insertAfter,
  renumber,
  reportOf,
  rewrite,
  without,
} from './auditor.testkit';
import { GOOD, GOOD_TOTALS, goodLog, install, LogBuilder, requestOf } from './log.testkit';
import type { LoggedMessage } from './message';
import type { Violation } from './report';

const log = goodLog();
const messageAt = (sequence: number): LoggedMessage => {
  const message = log[sequence - 1];
  if (!message) throw new Error(`no message ${sequence}`);
  return message;
};
/** A message of the shard beside the good log's. */
const mm = (...events: Parameters<LogBuilder['mm']>): LoggedMessage[] =>
  new LogBuilder().mm(...events).messages;
const hw = (...events: Parameters<LogBuilder['hw']>): LoggedMessage[] =>
  new LogBuilder().hw(...events).messages;

describe('a good log', () => {
  it('passes every invariant that a log can show', () => {
    const report = audit(log, {}, hashesOf(log));
    expect(failuresOf(report)).toEqual({});
    expect(report.invariants.map(({ invariant, status }) => `${invariant} ${status}`)).toEqual([
      ...[
        'I1 passed',
        'I2 passed',
        'I3 passed',
        'I4 passed',
        'I5 passed',
        'I6 passed',
        'I7 passed',
        'I8 not-checked',
        'I9 passed',
      ],
    ]);
    expect(report.clean).toBe(true);
    expect(report.pending).toEqual({ groups: 0, requests: 0, stalls: 0, faults: 0 });
  });

  it('is counted by kind and by cause', () => {
    const { eventsByKind, counts } = audit(log);
    expect(eventsByKind).toMatchObject({
      GroupQueued: 4,
      GroupHandled: 4,
      GroupResponded: 4,
      AccessEnded: 4,
      PageRemoved: 1,
    });
    expect(counts).toMatchObject({
      'groupResponded.success': 4,
      'pageRequestDropped.overflow.auto-success': 1,
      'accessesHit.atc': 4,
      'pageRemoved.reclaim': 1,
    });
  });

  it('checks nothing of an empty log, and says so', () => {
    expect(audit([]).invariants.every(({ status }) => status === 'not-checked')).toBe(true);
  });
});

describe('I1', () => {
  it('sees a response that is missing', () => {
    expect(failuresOf(audit(without(log, GOOD.responded)))).toMatchObject({
      I1: ['group 0.1.1: the run is finished, but the group was neither answered nor discarded'],
      I5: expect.arrayContaining([
        expect.stringContaining('groups: the run is finished, but 1 are pending'),
      ]) as string[],
    });
  });

  it('sees a group that is answered twice', () => {
    const doubled = insertAfter(log, GOOD.responded, messageAt(GOOD.responded));
    expect(failuresOf(audit(doubled))).toMatchObject({
      I1: ['group 0.1.1: the group was answered or discarded before, and is again'],
    });
  });

  it('sees a group that is queued twice', () => {
    expect(failuresOf(audit(insertAfter(log, GOOD.queued, messageAt(GOOD.queued)))).I1).toEqual([
      'group 0.1.1: the group is queued a second time',
    ]);
    expect(failuresOf(audit(insertAfter(log, GOOD.ended, messageAt(GOOD.queued)))).I1).toEqual([
      'group 0.1.1: the group is queued a second time',
    ]);
  });

  it('sees a request that is a member of two groups', () => {
    const doubled = rewrite(log, GOOD.queued, ([group]) =>
      group?.kind === 'GroupQueued' ? [group, { ...group, group: 77 }] : [],
    );
    expect(failuresOf(audit(doubled)).I1).toContain(
      'request 0.1.1: it is a member of group 0.1.77, and was of another group before',
    );
  });

  it('sees a request that stays in the ring', () => {
    const left = insertAfter(log, GOOD.ended, ...hw({ kind: 'PageRequestQueued', ...requestOf(9, 300) }));
    expect(failuresOf(audit(left)).I1).toEqual([
      'request 0.1.9: the run is finished, but the request is still in the ring',
    ]);
  });

  it.each(['FaultRefused', 'StopMarkerDropped', 'PartialsDiscarded'] as const)(
    'is content with a request that ends in %s',
    (kind) => {
      const record = requestOf(9, 300);
      const identity = { segment: 0, segmentEpoch: 1, request: 9, device: 0, groupId: 9 };
      const refusal = {
        ...identity,
        pasid: 7,
        last: true,
        answered: true,
        code: 1,
        responsePasid: -1,
        atMicros: record.writtenAtMicros,
      } as const;
      const endings = {
        FaultRefused: hw({ kind: 'FaultRefused', ...refusal, reason: 'not-bound' }),
        StopMarkerDropped: hw({ kind: 'StopMarkerDropped', ...identity, pasid: 7 }),
        PartialsDiscarded: hw(
          { kind: 'FaultParked', ...identity },
          { kind: 'PartialsDiscarded', device: -1, pasid: EVERY_PASID, count: 1, cause: 'removed' },
        ),
      };
      const ended = insertAfter(
        log,
        GOOD.ended,
        ...hw({ kind: 'PageRequestQueued', ...record }),
        ...endings[kind],
      );
      expect(reportOf(audit(ended), 'I1').status).toBe('passed');
    },
  );

  it.each([
    ['riscv', ['request 0.1.9: the overflow is over, but the request is still in a partial list']],
    ['amd', undefined],
    ['nobody', undefined],
  ])(
    'R88 sees a partial list that outlives an overflow, unless the driver keeps it: %s',
    (profile, found) => {
      const identity = { segment: 0, segmentEpoch: 1, request: 9, device: 0, groupId: 9 };
      const cleared = hw({ kind: 'RingOverflowCleared', model: 'pri' });
      const discarded = hw({
        kind: 'PartialsDiscarded',
        ...{ device: -1, pasid: EVERY_PASID, count: 1, cause: 'overflow' },
      });
      const scenario = { iommus: [{ iommu: 0, profile }, 'damaged'] };
      const loaded = new LogBuilder().lab({
        kind: 'ScenarioLoaded',
        run: 'r1',
        scenario,
        atMicros: 1,
      }).messages;
      const overflowing = (...parked: LoggedMessage[]): LoggedMessage[] =>
        insertAfter(
          log,
          GOOD.ended,
          ...loaded,
          ...hw({ kind: 'PageRequestQueued', ...requestOf(9, 300) }, { kind: 'FaultParked', ...identity }),
          ...hw({ kind: 'RingOverflowSet', model: 'pri' }),
          ...parked,
        );
      const told: string[] = [];
      const onViolation = ({ invariant, identity: name, sentence }: Violation): void => {
        if (invariant === 'I1') told.push(`${name}: ${sentence}`);
      };
      const report = audit(overflowing(...cleared, ...discarded), { onViolation });
      expect(failuresOf(report).I1).toEqual(found);
      expect(told).toEqual(found ?? []);
      expect(failuresOf(audit(overflowing(...discarded, ...cleared))).I1).toBeUndefined();
    },
  );

  it('is content with requests that a reset takes out of the ring (D9)', () => {
    const queued = { kind: 'PageRequestQueued', ...requestOf(9, 300) } as const;
    const reset = hw(queued, { kind: 'SegmentResetSeen', segment: 0, segmentEpoch: 2 });
    expect(failuresOf(audit(insertAfter(log, GOOD.runEnded - 1, ...reset)))).toEqual({});
  });

  it('is content with an access that was aborted without being held, and with no other (R31)', () => {
    const ended = {
      segment: 0,
      segmentEpoch: 1,
      request: 9,
      device: 1,
      groupId: 0,
      code: 1,
      endedAtMicros: 1,
      outcome: 'aborted',
    } as const;
    const after = (rounds: number) =>
      failuresOf(audit(insertAfter(log, GOOD.ended, ...hw({ kind: 'StallEnded', ...ended, rounds }))));
    expect(after(0)).toEqual({});
    expect(after(1).I1).toEqual(['request 0.1.9: the stalled access ends, but the IOMMU did not hold it']);
  });

  it('is content with a queue message that a successor adopted, whose hw message is lost (D5)', () => {
    expect(failuresOf(audit(without(log, GOOD.queuedHw)))).toEqual({});
  });

  it('does not hold what is pending against a run that has not ended', () => {
    const report = audit(without(log, GOOD.responded, GOOD.runEnded));
    expect([reportOf(report, 'I1').status, report.pending.groups]).toEqual(['passed', 1]);
    expect(reportOf(report, 'I5').note).toContain('has not ended');
    // Who asks in the middle of a run is not told the same at its end.
    const auditor = new Auditor({ totals: GOOD_TOTALS });
    const notes = log.map((message) => {
      auditor.observe(message);
      return reportOf(auditor.verdict(), 'I5').note;
    });
    expect(notes.slice(-2)).toEqual([expect.stringContaining('has not ended'), undefined]);
  });
});

describe('I2', () => {
  it('sees a response for a group that never was', () => {
    const forged = rewrite(log, GOOD.responded, (events) =>
      events.map((event) => (event.kind === 'GroupResponded' ? { ...event, group: 99 } : event)),
    );
    expect(failuresOf(audit(forged)).I2).toEqual([
      'group 0.1.99: a response goes out, but the group was never queued',
    ]);
  });

  it('sees a second response', () => {
    const doubled = insertAfter(log, GOOD.responded, messageAt(GOOD.responded));
    expect(failuresOf(audit(doubled)).I2).toEqual([
      'group 0.1.1: a response goes out, but the group is not pending any more',
    ]);
  });
});

describe('I3', () => {
  it('sees a response without its result', () => {
    expect(failuresOf(audit(without(log, GOOD.handled))).I3).toEqual([
      'group 0.1.1: the response says SUCCESS, but no result is in the log',
    ]);
  });

  it('sees a response that comes before its result', () => {
    const reordered = renumber([
      ...log.slice(0, 7),
      messageAt(GOOD.responded),
      messageAt(GOOD.handled),
      ...log.slice(9),
    ]);
    expect(failuresOf(audit(reordered)).I3).toContain(
      'group 0.1.1: the response says SUCCESS, but no result is in the log',
    );
  });

  it('sees a response that contradicts its result', () => {
    const twisted = rewrite(log, GOOD.responded, (events) =>
      events.map((event) => (event.kind === 'GroupResponded' ? { ...event, code: 2 } : event)),
    );
    expect(failuresOf(audit(twisted)).I3).toEqual([
      'group 0.1.1: the response says FAILURE, but the results in the log say SUCCESS',
    ]);
  });

  it('sees an instant before its cause, beyond what clocks may differ', () => {
    const late = (micros: number) =>
      rewrite(log, GOOD.handled, (events) =>
        events.map((event) =>
          event.kind === 'GroupHandled'
            ? { ...event, handledAtMicros: event.handledAtMicros + micros }
            : event,
        ),
      );
    expect(failuresOf(audit(late(4000)))).toEqual({});
    expect(failuresOf(audit(late(6000))).I3?.[0]).toMatch(
      /^fault 0\.1\.1: 'responded' is \d+\.0 µs before 'handled', more than the 5000 µs/,
    );
  });

  it('allows no tolerance where one process took both instants', () => {
    const early = rewrite(log, GOOD.ended, (events) =>
      events.map((event) =>
        event.kind === 'AccessEnded' ? { ...event, endedAtMicros: event.receivedAtMicros - 1 } : event,
      ),
    );
    expect(failuresOf(audit(early)).I3).toEqual(["fault 0.1.1: 'settled' is 1.0 µs before 'received'"]);
  });

  it('sees a result for a group that never was', () => {
    expect(failuresOf(audit(without(log, GOOD.queued))).I3?.[0]).toBe(
      'group 0.1.1: a result is in the log, but the group was never queued',
    );
  });
});

describe('I4', () => {
  it('sees a message that is missing', () => {
    const gap = log.filter(({ sequence }) => sequence !== 12);
    expect(failuresOf(audit(gap)).I4?.[0]).toContain('missing: a message is missing before sequence 13');
  });

  it('sees messages that changed places', () => {
    const [first, second, ...others] = log;
    const swapped = [second, first, ...others].filter((each) => each !== undefined);
    expect(failuresOf(audit(swapped)).I4).toEqual([
      expect.stringContaining('missing: a message is missing before sequence 2'),
      expect.stringContaining('misplaced: it stands after a later message'),
    ]);
  });

  it('sees a changed byte, once, at its message', () => {
    const hashes = hashesOf(log);
    const changed = log.map((message) => {
      if (message.sequence !== GOOD.handled) return message;
      const body = Uint8Array.from(message.body);
      body[body.length - 3] = (body[body.length - 3] ?? 0) ^ 1;
      return { ...message, body };
    });
    const { violations } = reportOf(audit(changed, {}, hashes), 'I4');
    expect(violations.map(({ sequence }) => sequence)).toEqual([GOOD.handled]);
  });

  it.each([
    ['epoch', { epoch: 9 }],
    ['unit', { unit: 'iommu.9' }],
    ['cycle', { cycle: 99 }],
    ['trace', { traceparent: '' }],
  ])('covers the header %s', (_, header) => {
    const changed = log.map((message) =>
      message.sequence === 9 ? { ...message, headers: { ...message.headers, ...header } } : message,
    );
    expect(reportOf(audit(changed, {}, hashesOf(log)), 'I4').violated).toBe(1);
  });

  it('sees a body that cannot be read, and goes on', () => {
    const broken = log.map((message) =>
      message.sequence === GOOD.freed ? { ...message, body: message.body.slice(0, 20) } : message,
    );
    const report = audit(broken);
    expect(failuresOf(report).I4?.[0]).toMatch(
      /^message 26 on lab.log.mm.0: message cannot be decoded: body of 20 bytes/,
    );
    expect(report.counts['undecodable.mm']).toBe(1);
  });
});

describe('I5', () => {
  it('sees an access that ends twice', () => {
    const doubled = insertAfter(log, GOOD.ended, messageAt(GOOD.ended));
    expect(failuresOf(audit(doubled)).I5).toContain('device 0 access 0: it ends a second time');
  });

  it.each([
    [
      'an access that both faulted and hit',
      [{ first: 0, count: 6 }],
      'device 0 access 0: it ends a second time, as a hit',
    ],
    [
      'hits that are counted and not named',
      [{ first: 10, count: 5 }],
      'device 0: 6 hits are counted, but 5 are named',
    ],
  ])('sees %s', (_case, ranges, violation) => {
    const changed = log
      .map((message) => message.sequence)
      .reduce(
        (changing, sequence) =>
          rewrite(changing, sequence, (events) =>
            events.map((event) => (event.kind === 'AccessesHit' ? { ...event, ranges } : event)),
          ),
        log,
      );
    expect(failuresOf(audit(changed)).I5).toContain(violation);
  });

  it('sees an access that never ended', () => {
    expect(failuresOf(audit(log, { totals: { accessesByDevice: { 0: 10, 1: 1, 2: 4 } } })).I5).toEqual([
      'device 0: 9 accesses ended (3 faulted, 6 hit), expected 10, the scenario says',
      'device 2: 0 accesses ended (0 faulted, 0 hit), expected 4, the scenario says',
    ]);
  });

  it('sees without totals that a number before the highest is missing', () => {
    const fewer = rewrite(log, GOOD.ended, (events) =>
      events.map((event) => (event.kind === 'AccessEnded' ? { ...event, access: 40 } : event)),
    );
    expect(failuresOf(audit(fewer, { totals: undefined })).I5).toEqual([
      'device 0: 9 accesses ended (3 faulted, 6 hit), expected at least 41, its highest number says',
    ]);
  });

  it('sees a stalled access that the IOMMU still holds', () => {
    const held = insertAfter(
      log,
      GOOD.ended,
      ...hw({ kind: 'StallDeferred', ...requestOf(9, 300, { device: 1 }) }),
    );
    expect(failuresOf(audit(held)).I5).toContain(
      'request 0.1.9: the run is finished, but the IOMMU still holds the stalled access',
    );
  });
});

it('keeps the first violations only, and counts all', () => {
  const pages = Array.from({ length: 30 }, (_, page) => install(1000 + page, 100 + page, 'zero-fill', 3));
  const report = reportOf(
    audit(insertAfter(log, GOOD.installed, ...mm(...pages)), { violationsKept: 5 }),
    'I6',
  );
  expect([report.violated, report.violations.length]).toEqual([30, 5]);
});
