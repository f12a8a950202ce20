import type { ResolvedScenario } from '@faultline/contracts';
import type { RunReportData } from '../report-data';
import { auditOf, faultRow, reportOf, scenarioOf } from '../report.testkit';
import { type ComparableRun, compareRuns, type GroupFigure, type RunGroup } from './compare-runs';

/** A run of ten faults, each of so many microseconds in the queue. */
function runOf(
  id: string,
  waitMicros: number,
  settings: Partial<ResolvedScenario> = {},
  change: Partial<RunReportData> = {},
): ComparableRun {
  const scenario = scenarioOf(1, settings);
  const faults = Array.from({ length: 10 }, (_, at) => faultRow(at, at, [10, 20, waitMicros, 40, 50, 60]));
  const data = reportOf(faults, scenario);
  return { ...data, run: { ...data.run, id }, ...change, scenario };
}

const many = { workers: { processes: 2, servers: 8, groupsPerMessage: 16 } };
const named = ({ figures }: RunGroup, name: string, time = 'wall', part?: string): GroupFigure => {
  const found = figures.find(
    (figure) => figure.name === name && figure.time === time && (part ?? figure.part) === figure.part,
  );
  if (!found) throw new Error(`no figure ${name}`);
  return found;
};
const grouped = (...runs: ComparableRun[]): [RunGroup, RunGroup] => {
  const [first, second, ...more] = compareRuns(runs).groups;
  if (!first || !second || more.length > 0) throw new Error('not two groups');
  return [first, second];
};

describe('runs side by side', () => {
  it('are groups of the same settings, in the order given, whatever their seeds and names', () => {
    const { groups } = compareRuns([
      runOf('a', 100),
      runOf('b', 50, many),
      runOf('c', 110, { seed: 8, name: 'another' }),
      runOf('d', 55, { ...many, seed: 9 }),
    ]);
    expect(groups.map(({ runs }) => runs.map(({ id }) => id))).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ]);
    expect(groups.map(({ settings }) => settings)).toEqual([
      [],
      [{ path: 'workers.servers', before: 4, after: 8 }],
    ]);
  });

  it('compare the mean of each figure with that of the first group, with an interval', () => {
    const [first, second] = grouped(
      runOf('a', 1000),
      runOf('b', 1010),
      runOf('c', 500, many),
      runOf('d', 510, many),
    );
    expect(named(first, 'end to end mean')).toMatchObject({ mean: 1185, change: null });
    const { values, mean, change, comparable } = named(second, 'end to end mean');
    expect({ values, mean, comparable }).toEqual({ values: [680, 690], mean: 685, comparable: true });
    expect(change).toMatchObject({ difference: -500, verdict: 'lower' });
    // Both deviations are 7.07, so 2 degrees of freedom: 4.303 * 7.07.
    expect(change?.differenceInterval?.high).toBeCloseTo(-500 + 30.4, 1);
    expect(named(second, 'mm', 'wall', 'stage-mean').change).toMatchObject({ verdict: 'within-noise' });
    expect(named(second, 'queue wait', 'model', 'stage-mean')).toMatchObject({ mean: 5.05 });
    // A throughput of wall time is a hundred times as large in model time.
    expect(named(second, 'throughput', 'model').mean).toBe(1000);
  });

  it('know nothing of noise from one run each', () => {
    const [, second] = grouped(runOf('a', 100), runOf('b', 50, many));
    expect(named(second, 'end to end mean').change).toMatchObject({
      difference: -50,
      differenceInterval: null,
      verdict: 'unknown',
    });
  });

  it('have no wall time to compare with another time scale, machine or version, and model time all the same', () => {
    const machine = { cpu: 'a processor', cores: 4, memoryBytes: 2 ** 30, os: 'Linux', node: 'v20.0.0' };
    const cases: [ComparableRun, string][] = [
      [runOf('b', 100, { timeScale: 200 }), 'time scale 100 -> 200'],
      [runOf('b', 100, {}, { machine }), 'cores 2 -> 4'],
      [runOf('b', 100, {}, { machine: null }), 'machine a processor -> not recorded'],
      [
        runOf('b', 100, {}, { program: { version: '0.2.0', commit: null } }),
        'version 0.1.0 (abc1234) -> 0.2.0',
      ],
    ];
    for (const [run, why] of cases) {
      const { groups, warnings } = compareRuns([runOf('a', 100), run]);
      expect(groups[1]?.wallTimeDiffers).toEqual([why]);
      expect(warnings[0]).toBe(`wall times of groups 1 and 2 are not comparable: ${why}`);
      const comparable = groups[1]?.figures.map((figure) => [figure.time, figure.comparable]);
      expect(new Set(comparable?.map(String))).toEqual(new Set(['none,true', 'wall,false', 'model,true']));
    }
  });

  it('begin with what is wrong with each of them', () => {
    const { invariants } = auditOf();
    const broken = invariants.map((each) =>
      each.invariant === 'I3' ? { ...each, status: 'failed' as const } : each,
    );
    const run = runOf('a', 100);
    const { warnings } = compareRuns([
      {
        ...run,
        run: { ...run.run, end: 'stopped', drained: false },
        audit: { atEnd: true, report: auditOf({ clean: false, invariants: broken }) },
        totals: [{ id: 'deadLetters' as const, what: 'dead letters', count: 2, detail: '' }],
        faults: { ...run.faults, sent: 11 },
      },
      runOf('b', 100),
    ]);
    expect(warnings).toEqual([
      'run a: the audit failed (I3), so figures may be wrong',
      'run a: not a whole run: stopped before its end',
      'run a: not everything under way came to its end before the run was closed',
      'run a: 2 dead letters: messages no service could use',
      'run a: 1 fault never settled, and so have no latency and are in no percentile',
    ]);
  });

  it('share a warning that holds for several', () => {
    const unknown = { machine: null, program: null };
    expect(compareRuns([runOf('a', 1, {}, unknown), runOf('b', 1, {}, unknown)]).warnings).toEqual([
      'runs a, b: not recorded on what machine and with what version it was made',
    ]);
  });

  it('have no times when nothing settled, which is no change to 0', () => {
    const scenario = scenarioOf(1, many);
    const empty = { ...reportOf([], scenario), scenario };
    const [, second] = grouped(runOf('a', 100), empty);
    expect(named(second, 'throughput')).toMatchObject({ values: [null], mean: null, change: null });
    expect(named(second, 'faults', 'none').change).toMatchObject({ difference: -10 });
    expect(named(second, 'overflows', 'none')).toMatchObject({ mean: null });
  });

  it('find a figure by what it is, wherever it stands and whatever it is called', () => {
    const run = runOf('b', 50, many);
    const renamed = run.latency.map((row) => ({ ...row, name: `a ${row.name}` })).reverse();
    const [, second] = grouped(runOf('a', 100), { ...run, latency: renamed });
    expect(named(second, 'a queue wait', 'wall', 'stage-mean').change).toMatchObject({ difference: -50 });
    expect(named(second, 'a end to end mean').change).toMatchObject({ difference: -50 });
    expect(new Set(second.figures.map(({ id }) => id)).size).toBe(second.figures.length);
  });

  it('count answers by their code', () => {
    const counts = { 'groupResponded.success': 5, 'groupResponded.timeout': 2 };
    const audit = { atEnd: true, report: auditOf({ counts }) };
    const totals = [
      { id: 'ownerChanges' as const, what: 'a change', count: 1, detail: '' },
      { id: 'automaticAnswers' as const, what: 'an answer', count: 7, detail: '' },
    ];
    const [, second] = grouped(runOf('a', 100), runOf('b', 100, many, { audit, totals }));
    const meanOf = (name: string): number | null => named(second, name, 'none').mean;
    expect(['SUCCESS', 'INVALID', 'timeout', 'automatic', 'takeovers'].map(meanOf)).toEqual([5, 0, 2, 7, 1]);
  });
});
