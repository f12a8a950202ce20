import { Histogram } from '@faultline/stats';
import type { PointRun } from './point-run';
import { studyResult } from './study-result';
import { studyOf, syntheticRuns } from './synthetic.testkit';

const WINDOW = /^rates and latencies are of the part of each run from 10 % to 90 % of its length/;

/** What is said of a study of four points, three runs each, after its runs were changed. */
function warningsOf(change: (run: PointRun) => PointRun, given: Record<string, unknown> = {}): string[] {
  const study = studyOf({ repetitions: 3, ...given });
  const runs = syntheticRuns(
    study,
    ({ servers }) => ({ perSecond: 500 * Number(servers), stages: { mm: 10 } }),
    change,
  );
  return studyResult(study, runs).warnings;
}

const LIVE = { mode: 'live' };
const lived = (run: PointRun, live: Partial<NonNullable<PointRun['live']>>): PointRun => ({
  ...run,
  live: { run: 'r', busyShare: 0.5, leastWallMicros: 2050, ...live },
});
const withFigures = (run: PointRun, figures: PointRun['figures']): PointRun => ({
  ...run,
  figures: { ...run.figures, ...figures },
});
const few = (run: PointRun): PointRun => {
  const endToEnd = new Histogram();
  endToEnd.record(10, 199);
  return { ...run, histograms: { ...run.histograms, endToEnd: endToEnd.toData() } };
};

describe('what is to be known of a study', () => {
  it('is the window alone, where all is well', () => {
    for (const mode of ['simulated', 'live'])
      expect(warningsOf((run) => run, { mode })).toEqual([expect.stringMatching(WINDOW)]);
  });

  it.each<[string, RegExp, (run: PointRun) => PointRun, Record<string, unknown>?]>([
    ['a run failed', /a run failed: no room$/, (run) => ({ ...run, failure: 'no room', figures: {} })],
    [
      'an audit failed',
      /the audit of a run failed \(I2, I7\)$/,
      (run) => ({ ...run, audit: { clean: false, violated: ['I2', 'I7'] } }),
    ],
    [
      'load was not offered as it was meant',
      /accesses of an open loop began late/,
      (run) => withFigures(run, { 'late.p50': 0.11 * Number(run.figures['latency.mean']) }),
    ],
    ['the machine was the limit', /busy for more than 90 %/, (run) => lived(run, { busyShare: 0.91 }), LIVE],
    [
      'the software took a tenth of what is modelled, and more',
      /modelled cost is less than 10 times what the software itself takes/,
      (run) => lived(run, { leastWallMicros: 2201 }),
      LIVE,
    ],
    [
      'rate, latency and faults under way contradict each other',
      /do not fit together by Little's law within 10 %/,
      (run) => withFigures(run, { inFlight: 1.2 * Number(run.figures['inFlight']) }),
    ],
    [
      'stages do not add up',
      /the stages miss the end-to-end time by more than 1 %/,
      (run) => withFigures(run, { 'stage.mm.mean': 0.98 * Number(run.figures['stage.mm.mean']) }),
    ],
  ])('is that %s, at the point where it is so', (_what, warning, change, given = {}) => {
    const at = (run: PointRun): PointRun => (run.point === 2 ? change(run) : run);
    const [, ...found] = warningsOf(at, given);
    expect(found).toEqual([expect.stringMatching(warning)]);
    expect(found[0]).toMatch(/^servers 4 \((simulated|live)\): /);
  });

  it.each<[string, (run: PointRun) => PointRun, Record<string, unknown>?]>([
    [
      'late starts that are short',
      (run) => withFigures(run, { 'late.p50': 0.09 * Number(run.figures['latency.mean']) }),
    ],
    ['software that takes less than a tenth', (run) => lived(run, { leastWallMicros: 2199 }), LIVE],
    [
      'a machine that is busy with what nobody modelled',
      (run) => ({ ...lived(run, { busyShare: 1 }), modelledMicros: 0 }),
      LIVE,
    ],
    ['a live run without a fault', (run) => lived(run, { leastWallMicros: null }), LIVE],
  ])('is nothing for %s', (_what, change, given = {}) => {
    expect(warningsOf(change, given)).toHaveLength(1);
  });

  it('is that a repetition had few faults, however many all of them had together', () => {
    const [, warning] = warningsOf((run) => (run.repetition === 2 && run.point === 0 ? few(run) : run));
    expect(warning).toBe(
      'servers 1 (simulated): fewer than 200 faults in the window of a repetition: percentiles say little',
    );
    const failed = (run: PointRun): PointRun =>
      run.repetition === 2 ? { ...few(run), failure: 'no room', figures: {} } : run;
    expect(warningsOf(failed).filter((line) => line.includes('percentiles'))).toEqual([]);
  });

  it('names points as long as they are few', () => {
    const failed = (...points: number[]): string =>
      warningsOf((run) => (points.includes(run.point) ? { ...run, failure: 'no room' } : run))[1] ?? '';
    expect(failed(0, 3)).toMatch(/^servers 1 \(simulated\); servers 8 \(simulated\): /);
    expect(failed(0, 1, 2, 3)).toMatch(/^all 4 points: /);
    const more = { vary: [{ name: 'servers', set: 'workers.servers', values: [1, 2, 3, 4, 5] }] };
    expect(warningsOf((run) => (run.point > 0 ? { ...run, failure: 'no room' } : run), more)[1]).toMatch(
      /^4 of 5 points: /,
    );
  });
});

describe('where live runs were made', () => {
  const warningsWhere = (projectOf: (point: number) => string | undefined): string[] =>
    warningsOf(
      (run) => {
        const project = projectOf(run.point);
        const deployment =
          project === undefined ? undefined : { project, replicas: { iommu: run.point + 1 } };
        return { ...run, live: run.live && { ...run.live, ...(deployment && { deployment }) } };
      },
      { mode: 'live' },
    ).filter((line) => line.startsWith('live runs were made on'));

  it('is told of several places', () => {
    expect(warningsWhere((point) => (point < 2 ? 'one' : undefined))).toEqual([
      'live runs were made on one and no deployment of docker compose: differences between them may be those of the places',
    ]);
  });

  it('is not told of one deployment of several sizes, nor where there is none', () => {
    expect(warningsWhere(() => 'one')).toEqual([]);
    expect(warningsWhere(() => undefined)).toEqual([]);
  });
});
