import { rowOf } from './open-faults';
import { decodeLogBody, type LogEvent } from '@faultline/contracts';
import { EVERY_PASID, type GroupHeld, type GroupQueued, type RequestRecord } from '@faultline/domain';
import { audit, failuresOf, reportOf } from './auditor.testkit';
import { FaultAssembler } from './fault-assembler';
import type { FaultRow } from './fault-row';
import { endedOf, EPOCH_MICROS, groupOf, handledOf, LogBuilder, requestOf, respondedOf } from './log.testkit';
import type { LoggedMessage } from './message';

const at = (micros: number): number => EPOCH_MICROS + micros;
const written = (record: RequestRecord): LogEvent => ({ kind: 'PageRequestQueued', ...record });
const parked = (record: RequestRecord): LogEvent => ({
  kind: 'FaultParked',
  segment: 0,
  segmentEpoch: 1,
  request: record.request,
  device: record.device,
  groupId: record.groupId,
});
/** The group, held 5 µs before it was queued. */
function heldOf(group: GroupQueued): GroupHeld {
  const { order, group: number, device, model, pasid, groupId, queue, members, queuedAtMicros } = group;
  const { segment, segmentEpoch, request } = members.at(-1) ?? requestOf(0, 0);
  const identity = { segment, segmentEpoch, request };
  const closedAtMicros = queuedAtMicros - 5;
  return {
    kind: 'GroupHeld',
    ...identity,
    order,
    group: number,
    device,
    model,
    pasid,
    groupId,
    queue,
    closedAtMicros,
  };
}
const reset = (device: number, request: number): LogEvent => ({
  kind: 'DeviceReset',
  device,
  epoch: 1,
  request,
});
const removed: LogEvent = { kind: 'DeviceRemoved', device: 0, lost: 1 };

function assemble(log: readonly LoggedMessage[]): { rows: FaultRow[]; left: FaultRow[] } {
  const rows: FaultRow[] = [];
  const assembler = new FaultAssembler((fault) => rows.push(rowOf(fault)));
  for (const message of log)
    assembler.observe({ ...message, events: decodeLogBody(message.headers.schema, message.body) });
  return { rows, left: assembler.finish() };
}
const told = (log: LogBuilder): string[] => {
  const { rows, left } = assemble(log.messages);
  return [
    ...rows.map(({ id, code, settlement }) => `${id} ${code} ${settlement}`),
    ...left.map(({ id }) => `${id} open`),
  ];
};
const one = requestOf(1, 0);
const group = groupOf(1, [one]);
const queued = (): LogBuilder => new LogBuilder().queue(group).hw(written(one));

describe('faults whose group ends without its handler', () => {
  it.each(['timeout', 'teardown', 'removed', 'replaced'] as const)('say so: %s', (cause) => {
    const log = queued().hw(respondedOf(group, { code: 1, cause }));
    log.segment(endedOf(0, one, { outcome: 'invalid' }));
    expect(told(log)).toEqual([`0.1.1 ${cause} invalid`]);
    expect(failuresOf(audit(log.messages))).toEqual({});
  });

  it('owe nothing to a result that a worker had at the same time', () => {
    const log = queued().iopf(handledOf(group, { handledAtMicros: group.queuedAtMicros + 5_000_000 }));
    log.hw(respondedOf(group, { code: 1, cause: 'replaced' }));
    log.segment(endedOf(0, one, { outcome: 'invalid' }));
    expect(assemble(log.messages).rows).toMatchObject([
      {
        code: 'replaced',
        resolution: null,
        error: null,
        instants: { startedAtMicros: null, handledAtMicros: null },
      },
    ]);
    expect(assemble(log.messages).rows[0]?.sequences.handled).toBeNull();
    expect(failuresOf(audit(log.messages))).toEqual({});
  });

  it.each(['failure', 'removed'] as const)(
    'R16 have seen no answer when their access is lost before: %s',
    (outcome) => {
      const ended = (receivedAtMicros: number) => {
        const log = queued().hw(respondedOf(group, { code: 2 }));
        log.segment(endedOf(0, one, { outcome, receivedAtMicros }));
        return assemble(log.messages).rows[0]?.instants.receivedAtMicros;
      };
      expect([ended(0), ended(one.sentAtMicros - 1), ended(one.sentAtMicros)]).toEqual([
        null,
        null,
        one.sentAtMicros,
      ]);
    },
  );

  it('I3 an answer without a result that is not INVALID is seen', () => {
    const log = queued().hw(respondedOf(group, { code: 0, cause: 'timeout' }));
    expect(failuresOf(audit(log.messages)).I3).toEqual([
      "group 0.1.1: the response says SUCCESS, but a group that is answered for its 'timeout' gets INVALID",
    ]);
  });

  it('R142 of a device that is cut off never settle', () => {
    const two = requestOf(2, 5);
    const three = requestOf(3, 7);
    const log = queued().hw(written(two));
    log.hw(
      { kind: 'DeviceFenced', device: 0, cause: 'requested', atMicros: at(50) },
      {
        ...{ kind: 'FaultRefused', segment: 0, segmentEpoch: 1, request: 2, device: 0, pasid: 7, groupId: 2 },
        ...{ last: true, answered: false, code: 2, responsePasid: -1, reason: 'fenced', atMicros: at(50) },
      } as LogEvent,
      { kind: 'GroupDiscarded', group: 1, groupEpoch: 1, device: 0, cause: 'fenced' },
    );
    log.hw({
      kind: 'PageRequestDropped',
      ...three,
      cause: 'fenced',
      answered: false,
      code: 0,
      responsePasid: -1,
    });
    expect(told(log)).toEqual(['0.1.2 refused null', '0.1.1 discarded null', '0.1.3 dropped null']);
  });

  it('R142 never settle when their device was reset before the IOMMU, which was away, had heard of them', () => {
    const log = new LogBuilder().segment(reset(0, 2)).hw(
      {
        ...{ kind: 'PageRequestDropped', ...one, cause: 'overflow' },
        ...{ answered: true, code: 0, responsePasid: -1 },
      } as LogEvent,
      written(requestOf(3, 7)),
    );
    expect(told(log)).toEqual(['0.1.1 auto-success null', '0.1.3 open']);
  });

  it('names the message of a fault that nobody answered when its times make no sense', () => {
    const { messages } = new LogBuilder()
      .hw({ kind: 'DeviceFenced', device: 0, cause: 'requested', atMicros: at(0) })
      .hw({
        ...{ kind: 'PageRequestDropped', ...requestOf(1, 0), writtenAtMicros: at(-20_000) },
        ...{ cause: 'fenced', answered: false, code: 0, responsePasid: -1 },
      });
    expect(reportOf(audit(messages), 'I3').violations).toEqual([
      expect.objectContaining({ sequence: 2, identity: 'fault 0.1.1' }),
    ]);
  });

  it('R23 a stop marker that is refused is over, since nobody waits for its answer', () => {
    const marker = requestOf(1, 0, { permissions: 0 });
    const refused = {
      segment: 0,
      segmentEpoch: 1,
      request: 1,
      device: 0,
      pasid: 7,
      groupId: 1,
      last: true,
    } as const;
    const log = new LogBuilder().hw(written(marker), {
      kind: 'FaultRefused',
      ...refused,
      answered: false,
      code: 1,
      responsePasid: -1,
      reason: 'not-bound',
      atMicros: at(50),
    });
    expect(told(log)).toEqual(['0.1.1 refused null']);
  });

  it('R99 lose what a partial list has of one PASID', () => {
    const [mine, other] = [requestOf(1, 0, { last: false }), requestOf(2, 0, { last: false, pasid: 8 })];
    const log = new LogBuilder().hw(written(mine), written(other), parked(mine), parked(other));
    log.hw({ kind: 'PartialsDiscarded', device: 0, pasid: 7, count: 1, cause: 'teardown' });
    expect(told(log)).toEqual(['0.1.1 discarded null', '0.1.2 open']);
    log.hw({ kind: 'PartialsDiscarded', device: 0, pasid: EVERY_PASID, count: 1, cause: 'removed' });
    expect(told(log)).toEqual(['0.1.1 discarded null', '0.1.2 discarded null']);
    expect(audit(log.messages).pending.requests).toBe(0);
  });
});

describe('faults of a device that was reset or is gone', () => {
  it('R21 those sent before the reset will never settle, answered or not; later ones will', () => {
    const later = requestOf(6, 100);
    const second = groupOf(2, [later]);
    const log = queued().hw(respondedOf(group)).segment(reset(0, 5));
    log.queue(second).hw(written(later)).hw(respondedOf(second));
    log.segment(endedOf(0, later));
    expect(told(log)).toEqual(['0.1.1 success null', '0.1.6 success completed']);
  });

  it('R21 leaves other devices and stalls alone', () => {
    const other = requestOf(2, 0, { device: 1 });
    const stall = requestOf(3, 0);
    const log = queued().hw(written(other), { kind: 'StallRecorded', ...stall, deferred: false });
    log.segment(reset(0, 9));
    expect(told(log)).toEqual(['0.1.1 open', '0.1.2 open', '0.1.3 open']);
  });

  it('R104 an access that is lost settles its fault, whatever is answered later', () => {
    const log = queued().segment(removed, endedOf(0, one, { outcome: 'removed', receivedAtMicros: 0 }));
    log.hw(respondedOf(group, { code: 1, cause: 'removed' }));
    expect(told(log)).toEqual(['0.1.1 unanswered removed']);
    expect(assemble(log.messages).rows[0]?.instants.receivedAtMicros).toBeNull();
  });

  it('R104 requests that arrive after it vanished settle nothing', () => {
    const log = new LogBuilder().segment(removed).queue(group).hw(written(one));
    log.hw(respondedOf(group, { code: 1, cause: 'removed' }));
    expect(told(log)).toEqual(['0.1.1 removed null']);
    const answered = queued().hw(respondedOf(group)).segment(removed);
    expect(told(answered)).toEqual(['0.1.1 success null']);
  });

  it('R75 a stop marker that a driver takes for a request is over with its answer', () => {
    const marker = requestOf(1, 0, { permissions: 0 });
    const taken = groupOf(1, [marker]);
    const log = new LogBuilder().queue(taken).hw(written(marker)).hw(respondedOf(taken));
    expect(told(log)).toEqual(['0.1.1 success null']);
  });
});

describe('held groups (D14)', () => {
  const [first, second] = [requestOf(1, 0, { last: false, groupId: 3 }), requestOf(2, 1, { groupId: 3 })];
  const pair = groupOf(1, [first, second]);
  const other = requestOf(3, 2, { last: false, groupId: 4 });
  /** The group is held, with another request parked beside it. */
  const holding = (): LogBuilder =>
    new LogBuilder().hw(
      written(first),
      written(other),
      parked(first),
      parked(other),
      written(second),
      heldOf(pair),
    );

  it('have their members, and wait in the queue from their closing on', () => {
    const log = holding().queue(pair).iopf(handledOf(pair)).hw(respondedOf(pair));
    log.segment(endedOf(0, first), endedOf(1, second));
    const { rows } = assemble(log.messages);
    expect(rows.map(({ id, group: of, queue }) => `${id} ${of} ${queue}`)).toEqual([
      '0.1.1 0.1.1 q0',
      '0.1.2 0.1.1 q0',
    ]);
    expect(rows[0]?.instants.queuedAtMicros).toBe(pair.queuedAtMicros - 5);
    expect(rows[0]?.sequences.queued).toBe(2);
    expect(failuresOf(audit(log.messages, { totals: { accessesByDevice: { 0: 2 } } }))).toEqual({});
    expect(audit(log.messages).pending).toMatchObject({ groups: 0, requests: 1 });
  });

  it('may be answered without ever having been queued', () => {
    const log = holding().hw(respondedOf(pair, { code: 1, cause: 'teardown' }));
    log.segment(endedOf(0, first, { outcome: 'invalid' }), endedOf(1, second, { outcome: 'invalid' }));
    expect(told(log)).toEqual(['0.1.1 teardown invalid', '0.1.2 teardown invalid', '0.1.3 open']);
    expect(failuresOf(audit(log.messages))).toEqual({});
  });

  it('D5 the queue message of the same cycle may stand before the one that holds it', () => {
    const log = new LogBuilder().queue(pair).hw(written(first), parked(first), written(second), heldOf(pair));
    const [queue, hw] = log.messages;
    if (!queue || !hw) throw new Error('two messages');
    const together = [queue, { ...hw, headers: { ...hw.headers, cycle: queue.headers.cycle } }];
    expect(failuresOf(audit(together))).toEqual({});
    expect(assemble(together).left).toHaveLength(2);
    expect(failuresOf(audit(log.messages)).I1).toEqual([
      'group 0.1.1: the group is held, but was held or queued before',
    ]);
  });

  it('I1 sees one that is held twice, or again after its end', () => {
    expect(failuresOf(audit(holding().hw(heldOf(pair)).messages)).I1).toHaveLength(1);
    const over = holding()
      .hw(respondedOf(pair, { code: 1, cause: 'teardown' }))
      .hw(heldOf(pair));
    expect(failuresOf(audit(over.messages)).I1).toEqual([
      'group 0.1.1: the group is held, but was held or queued before',
    ]);
  });

  it('I1 sees one that is queued twice, or with other requests than it was held with', () => {
    expect(failuresOf(audit(holding().queue(pair).queue(pair).messages)).I1).toEqual([
      'group 0.1.1: the group is queued a second time',
    ]);
    expect(failuresOf(audit(holding().queue({ ...pair, members: [second] }).messages)).I1).toEqual([
      'group 0.1.1: it is queued with 1 requests, but was held with 2',
    ]);
  });

  it('I1 sees one whose last request is not in the ring', () => {
    const log = new LogBuilder().hw(heldOf(pair));
    expect(failuresOf(audit(log.messages)).I1).toEqual([
      'request 0.1.2: it closes group 0.1.1, but is not in the ring',
    ]);
  });

  it('I3 sees a result for one that was never queued', () => {
    const log = holding().iopf(handledOf(pair));
    expect(failuresOf(audit(log.messages)).I3).toEqual([
      'group 0.1.1: a result is in the log, but the group was never queued',
    ]);
  });

  it('D5 a later owner queues it under the epoch in which it was held', () => {
    const log = holding()
      .queue(pair)
      .hw(respondedOf(pair, { code: 1, cause: 'timeout' }));
    const [hold, ...rest] = log.messages;
    if (!hold) throw new Error('a message');
    const later = rest.map((message) => ({ ...message, headers: { ...message.headers, epoch: 2 } }));
    expect(failuresOf(audit([hold, ...later]))).toEqual({});
    expect(audit([hold, ...later]).pending.groups).toBe(0);
  });
});

describe('partial lists that a driver keeps over an overflow', () => {
  const first = requestOf(1, 0, { last: false, groupId: 5 });
  const last = requestOf(2, 0, { groupId: 5 });
  const lost: LogEvent = {
    kind: 'PageRequestDropped',
    ...last,
    cause: 'overflow',
    answered: true,
    code: 0,
    responsePasid: -1,
  };
  const finished: LogEvent = { kind: 'RunEnded', run: 'r1', reason: 'finished', atMicros: at(1000) };
  const totals = { totals: undefined };
  const over = (log: LogBuilder): LogBuilder =>
    log.segment(endedOf(0, first), endedOf(1, last)).lab(finished);

  it('R12 R88 the automatic answer settled what is left in them, which is counted', () => {
    const report = audit(over(new LogBuilder().hw(written(first), parked(first), lost)).messages, totals);
    expect(failuresOf(report)).toEqual({});
    expect(report.counts).toMatchObject({ requestsLeftInPartialLists: 1 });
    expect(report.invariants.find(({ invariant }) => invariant === 'I1')?.note).toMatch(/^1 requests .*R88/);
  });

  it('R53 what is left may still become a member of a later group, once', () => {
    const later = requestOf(3, 0, { groupId: 5 });
    const merged = groupOf(1, [first, later]);
    const log = new LogBuilder().hw(written(first), lost, parked(first), written(later));
    log.queue(merged).iopf(handledOf(merged)).hw(respondedOf(merged)).segment(endedOf(2, later));
    const report = audit(over(log).messages, totals);
    expect(failuresOf(report)).toEqual({});
    expect(report.counts).not.toHaveProperty('requestsLeftInPartialLists');
  });

  it('I1 another group, or one that was not answered, is no excuse', () => {
    for (const other of [
      { ...lost, groupId: 40 },
      { ...lost, device: 1 },
      { ...lost, answered: false },
    ])
      expect(
        failuresOf(audit(over(new LogBuilder().hw(written(first), parked(first), other)).messages, totals)),
      ).toHaveProperty('I1');
  });
});
