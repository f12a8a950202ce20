import { rowOf } from './open-faults';
import { decodeLogBody } from '@faultline/contracts';
import * as fc from 'fast-check';
import { FaultAssembler } from './fault-assembler';
import { type FaultRow, measureStages, STAGES } from './fault-row';
import {
  endedOf,
  EPOCH_MICROS,
  GOOD,
  goodLog,
  groupOf,
  handledOf,
  LogBuilder,
  requestOf,
  respondedOf,
} from './log.testkit';
import type { LoggedMessage } from './message';

function assemble(log: readonly LoggedMessage[]): {
  rows: FaultRow[];
  left: FaultRow[];
  assembler: FaultAssembler;
} {
  const rows: FaultRow[] = [];
  const assembler = new FaultAssembler((fault) => rows.push(rowOf(fault)));
  for (const message of log)
    assembler.observe({ ...message, events: decodeLogBody(message.headers.schema, message.body) });
  return { rows, left: assembler.finish(), assembler };
}

const byId = (rows: readonly FaultRow[], id: string): FaultRow => {
  const row = rows.find((each) => each.id === id);
  if (!row) throw new Error(`no row ${id}`);
  return row;
};

describe('FaultAssembler', () => {
  const { rows, left } = assemble(goodLog());

  it('gives one row a request, and one a round of a stall', () => {
    expect(rows.map(({ id, code, settlement }) => `${id} ${code} ${settlement}`)).toEqual([
      '0.1.1 success completed',
      '0.1.2 success retried',
      '0.1.3 success completed',
      '0.1.4 auto-success completed',
      '0.1.5 success stalled-again',
      '0.1.5.1 success completed',
    ]);
    expect(left).toEqual([]);
  });

  it('tells who, what, when and where it is recorded', () => {
    expect(byId(rows, '0.1.1')).toMatchObject({
      iommu: 0,
      device: 0,
      pasid: 7,
      page: 101,
      access: 0,
      group: '0.1.1',
      queue: 'q0',
      resolution: 'minor',
      error: 'none',
      complete: true,
      sequences: {
        written: GOOD.queuedHw,
        queued: GOOD.queued,
        handled: GOOD.handled,
        responded: GOOD.responded,
        settled: GOOD.ended,
      },
    });
  });

  it('measures the stages', () => {
    expect(byId(rows, '0.1.1')).toMatchObject({
      stages: { deviceToIommu: 10, iommuToQueue: 10, queueWait: 30, mm: 50, response: 40, retry: 10 },
      totalMicros: 150,
    });
  });

  it('counts the time of a stage that was skipped to the next', () => {
    const { stages, totalMicros } = byId(rows, '0.1.4');
    expect(stages).toEqual({
      deviceToIommu: 10,
      iommuToQueue: null,
      queueWait: null,
      mm: null,
      response: 130,
      retry: 10,
    });
    expect(totalMicros).toBe(150);
  });

  it('lays the rounds of a stall end to end', () => {
    const [first, second] = [byId(rows, '0.1.5'), byId(rows, '0.1.5.1')];
    expect(second.instants.sentAtMicros).toBe(first.instants.settledAtMicros);
    expect((first.totalMicros ?? 0) + (second.totalMicros ?? 0)).toBe(260);
  });

  it('settles a stalled fetch of code with the end of its stall, though it neither reads nor writes', () => {
    const fetch = requestOf(1, 0, { permissions: 4 });
    const group = groupOf(1, [fetch], { model: 'stall' });
    const log = new LogBuilder()
      .queue(group)
      .hw({ kind: 'StallRecorded', ...fetch, deferred: false })
      .iopf(handledOf(group))
      .hw(respondedOf(group), {
        kind: 'StallEnded',
        ...{ segment: 0, segmentEpoch: 1, request: 1, device: 0, groupId: 1 },
        ...{ outcome: 'completed', code: 0, rounds: 1, endedAtMicros: EPOCH_MICROS + 130 },
      });
    expect(assemble(log.messages)).toMatchObject({
      rows: [{ code: 'success', settlement: 'completed', complete: true, totalMicros: 130 }],
      left: [],
    });
  });

  it('leaves open when a stall was answered whose owner died before it could say so', () => {
    const [first, second] = [
      requestOf(1, 0),
      requestOf(1, 0, { round: 1, writtenAtMicros: EPOCH_MICROS + 100 }),
    ];
    const before = groupOf(1, [first], { model: 'stall' });
    const after = groupOf(2, [second], { model: 'stall' });
    const log = new LogBuilder()
      .queue(before)
      .hw({ kind: 'StallRecorded', ...first, deferred: false })
      .iopf(handledOf(before))
      .queue(after)
      // The next owner answers the first round after the dead one had the transaction stall again.
      .hw(respondedOf(before, { respondedAtMicros: EPOCH_MICROS + 500 }));
    const { rows } = assemble(log.messages);
    expect(rows).toMatchObject([
      { id: '0.1.1', settlement: 'stalled-again', code: 'success', totalMicros: 100 },
    ]);
    expect(rows[0]?.instants.respondedAtMicros).toBeNull();
  });

  it('has the same rows when a queue message is folded after its hw message', () => {
    const log = goodLog();
    const swapped = [...log.slice(0, 4), log[5], log[4], ...log.slice(6)].filter(
      (message) => message !== undefined,
    );
    const same = (row: FaultRow) => ({
      ...row,
      sequences: { ...row.sequences, written: null, queued: null },
    });
    expect(assemble(swapped).rows.map(same)).toEqual(rows.map(same));
  });

  it('reports what is still open at the end', () => {
    const cut = assemble(goodLog().slice(0, GOOD.handled));
    expect(cut.rows).toEqual([]);
    expect(cut.left.map(({ id, code, complete, totalMicros }) => [id, code, complete, totalMicros])).toEqual([
      ['0.1.1', 'unanswered', false, null],
      ['0.1.2', 'unanswered', false, null],
    ]);
    expect(cut.assembler.openFaults).toBe(0);
  });

  it('knows from where to read again', () => {
    const assembler = new FaultAssembler(() => undefined);
    const lowest = goodLog().map((message) => {
      assembler.observe({ ...message, events: decodeLogBody(message.headers.schema, message.body) });
      return assembler.lowestOpenSequence;
    });
    expect([lowest[3], lowest[4], lowest[9], lowest[10]]).toEqual([undefined, GOOD.queued, undefined, 11]);
  });

  it('ends a fault whose group is discarded by a reset, and one whose device forgot it', () => {
    const [one, two] = [requestOf(1, 0), requestOf(2, 5)];
    const [first, second] = [groupOf(1, [one]), groupOf(2, [two])];
    const log = new LogBuilder()
      .queue(first, second)
      .iopf(handledOf(second))
      .hw(respondedOf(second))
      .segment({ kind: 'SegmentOwnerChanged', segment: 0, epoch: 2 })
      .hw({ kind: 'GroupDiscarded', group: 1, groupEpoch: 1, device: 0, cause: 'reset' });
    const ended = assemble(log.messages);
    expect(ended.rows.map(({ id, code, complete }) => [id, code, complete])).toEqual([
      ['0.1.2', 'success', false],
      ['0.1.1', 'discarded', false],
    ]);
    expect(ended.left).toEqual([]);
  });

  it('ends a fault that its IOMMU writes after the segment has a new owner, which knows nothing of it (D9)', () => {
    const [before, late] = [requestOf(1, 0), requestOf(2, 0, { groupId: 2 })];
    const group = groupOf(1, [late]);
    const log = new LogBuilder()
      .hw({ kind: 'PageRequestQueued', ...before })
      .segment({ kind: 'SegmentOwnerChanged', segment: 0, epoch: 2 })
      .queue(group)
      .iopf(handledOf(group))
      .hw({ kind: 'PageRequestQueued', ...late }, respondedOf(group), {
        kind: 'SegmentResetSeen',
        segment: 0,
        segmentEpoch: 2,
      });
    const ended = assemble(log.messages);
    expect(ended.rows.map(({ id, code, complete }) => [id, code, complete])).toEqual([
      ['0.1.2', 'success', false],
      ['0.1.1', 'discarded', false],
    ]);
    expect(ended.left).toEqual([]);
  });

  it('does not open a member again whose truncated group was answered before (R53)', () => {
    const early = requestOf(1, 0, { last: false, groupId: 4 });
    const log = new LogBuilder()
      .hw(
        { kind: 'PageRequestQueued', ...early },
        { kind: 'FaultParked', segment: 0, segmentEpoch: 1, request: 1, device: 0, groupId: 4 },
      )
      .segment(endedOf(0, early))
      .queue(groupOf(1, [early, requestOf(2, 300, { groupId: 4 })]));
    const { rows: settled, left: open } = assemble(log.messages);
    expect([settled.map(({ id, code }) => `${id} ${code}`), open.map(({ id }) => id)]).toEqual([
      ['0.1.1 unanswered'],
      ['0.1.2'],
    ]);
  });
});

describe('measureStages', () => {
  const instant = fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }), { nil: null });

  it('gives stages that add up to the whole exactly, whatever is missing', () => {
    fc.assert(
      fc.property(
        fc.record({
          sentAtMicros: fc.double({ min: 0, max: 1e6, noNaN: true }),
          writtenAtMicros: instant,
          queuedAtMicros: instant,
          startedAtMicros: instant,
          handlingAtMicros: instant,
          handledAtMicros: instant,
          respondedAtMicros: instant,
          receivedAtMicros: instant,
          settledAtMicros: fc.double({ min: 0, max: 1e7, noNaN: true }),
        }),
        fc.constantFrom('pri', 'stall'),
        fc.constantFrom(0, EPOCH_MICROS),
        (instants, model, base) => {
          const moved = Object.fromEntries(
            Object.entries(instants).map(([name, value]) => [name, value === null ? null : value + base]),
          );
          const { stages, totalMicros } = measureStages(
            moved as unknown as typeof instants,
            model as 'pri' | 'stall',
          );
          expect(STAGES.reduce((sum, stage) => sum + (stages[stage] ?? 0), 0)).toBe(totalMicros);
        },
      ),
    );
  });
});
