import * as fc from 'fast-check';
import { STAGES } from '@faultline/audit';
import type { Figure } from './figure';
import { BEGIN, faultRow, reportOf, scenarioOf } from './report.testkit';

const figureOf = (figures: readonly Figure[], id: string): Figure => {
  const found = figures.find((each) => each.id === id);
  if (!found) throw new Error(`no figure ${id}`);
  return found;
};
const sum = (cells: readonly unknown[]): number => cells.reduce<number>((all, cell) => all + Number(cell), 0);

describe('the figures of a run', () => {
  const times = fc.array(fc.nat(50_000), { minLength: 6, maxLength: 6 });
  const faults = fc.array(fc.tuple(fc.nat(2_000_000), times), { minLength: 1, maxLength: 60 });

  it('have stages that add up to the mean, and a throughput that adds up to all faults', () => {
    fc.assert(
      fc.property(faults, (some) => {
        const rows = some.map(([sent, stages], request) => faultRow(request, sent, stages));
        const { figures, latency } = reportOf(rows);
        const [mean] = figureOf(figures, 'breakdown').rows;
        expect(sum(mean?.slice(1) ?? [])).toBeCloseTo(latency.at(-1)?.summary.meanMicros ?? 0, 0);
        const { rows: over } = figureOf(figures, 'throughput');
        const seconds = Number(over[1]?.[0]) - Number(over[0]?.[0]) || 0;
        for (const column of [1, 2])
          expect(sum(over.map((row) => row[column])) * seconds).toBeCloseTo(rows.length, 0);
        expect(figureOf(figures, 'pending').rows.at(-1)?.[1]).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('a stage that a fault did not have counts as no time: the next one has it', () => {
    const skipped = faultRow(1, 0, [10, 20, 30, 40, 50, 60], {
      instants: { startedAtMicros: null } as never,
    });
    const [mean] = figureOf(reportOf([skipped]).figures, 'breakdown').rows;
    expect(mean?.slice(1)).toEqual([10, 20, 0, 70, 50, 60]);
  });

  it('what never ended stays pending, and what was answered and then forgotten does not', () => {
    const open = faultRow(1, 0, [1, 1, 1, 1, 1, 1], {
      code: 'unanswered',
      settlement: null,
      instants: { respondedAtMicros: null, receivedAtMicros: null, settledAtMicros: null } as never,
    });
    const forgotten = faultRow(2, 0, [1, 1, 1, 1, 1, 1], {
      code: 'discarded',
      settlement: null,
      instants: { settledAtMicros: null } as never,
    });
    const { figures } = reportOf([open, forgotten, faultRow(3, 500_000, [1, 1, 1, 1, 1, 1])]);
    const pending = figureOf(figures, 'pending');
    expect(pending.rows.at(-1)?.[1]).toBe(1);
    expect(pending.caption).toMatch(/1 never came to an end\.$/);
  });

  it('count what a ring did not take and what missed again', () => {
    const { figures } = reportOf([
      faultRow(1, 0, [1, 1, 1, 1, 1, 1], { code: 'auto-success', settlement: 'retried' }),
      faultRow(2, 10, [1, 1, 1, 1, 1, 1], { code: 'dropped', settlement: 'completed' }),
      faultRow(3, 900_000, [1, 1, 1, 1, 1, 1], { settlement: 'stalled-again' }),
    ]);
    const { rows } = figureOf(figures, 'again');
    expect([sum(rows.map((row) => row[1])), sum(rows.map((row) => row[2]))]).toEqual([2, 2]);
  });

  it('keep model time apart: what the profile asks for, and the run divided by the time scale', () => {
    const model = figureOf(reportOf([faultRow(1, 0, [100, 500, 800, 400, 300, 0])]).figures, 'model');
    expect(model.time).toBe('model');
    expect(model.rows[0]).toEqual(['cost in profile pri-minor', 1, 5, 8, 4, 3, 0]);
    expect(model.rows[2]).toEqual(['mean of all faults', 1, 5, 8, 4, 3, 0]);
    expect(model.columns).toHaveLength(STAGES.length + 1);
  });

  it.each([
    ['no fault', reportOf([]), ['throughput', 'pending', 'again', 'percentiles', 'breakdown', 'model']],
    ['no scenario', reportOf([faultRow(1, 0, [1, 1, 1, 1, 1, 1])], null), ['again', 'model']],
    [
      'a profile that costs nothing',
      reportOf([faultRow(1, 0, [1, 1, 1, 1, 1, 1])], scenarioOf(1, { profile: 'none', cost: free() })),
      ['again', 'model'],
    ],
  ])('%s: a sentence where there is nothing to draw', (_what, { figures }, silent) => {
    expect(figures.filter(({ nothing }) => nothing !== null).map(({ id }) => id)).toEqual(silent);
    for (const { nothing } of figures) expect(nothing ?? 'A sentence.').toMatch(/^[A-Z].*\.$/);
  });

  it('begin with the first fault', () => {
    const [first] = figureOf(reportOf([faultRow(1, 0, [1, 1, 1, 1, 1, 1])]).figures, 'throughput').rows;
    expect(first).toEqual([0.0005, 1000, 1000]);
    expect(BEGIN).toBeGreaterThan(0);
  });
});

function free() {
  const { cost } = scenarioOf(1);
  const none = { median: 0, p99: 0 };
  return {
    ...cost,
    deviceMicros: 0,
    interruptMicros: 0,
    enqueueMicros: 0,
    responseMicros: 0,
    handlerMicros: none,
  };
}
