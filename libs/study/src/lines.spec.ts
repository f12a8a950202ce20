import { studyResult } from '.';
import { studyOf, syntheticRuns } from './synthetic.testkit';

const linear = ({ servers }: Record<string, unknown>) => ({
  perSecond: 1000 * Number(servers),
  stages: { mm: 10 },
});
const two = { name: 'queues', set: 'queues', values: ['global', 'per-iommu'] };
const servers = { name: 'servers', set: 'workers.servers', values: [1, 2, 4, 8] };

describe('the lines of a plot', () => {
  it('pass each value of the parameter once: points that differ in another one are taken together', () => {
    const study = studyOf({ vary: [servers, two], repetitions: 3 });
    const [drawn] = studyResult(study, syntheticRuns(study, linear)).plots;
    expect(drawn?.lines).toHaveLength(1);
    expect(drawn?.lines[0]?.together).toEqual(['queues']);
    expect(drawn?.lines[0]?.points.map(({ x, runs, interval }) => [x, runs, interval])).toEqual([
      [1, 6, null],
      [2, 6, null],
      [4, 6, null],
      [8, 6, null],
    ]);
  });

  it('do not call together what changes along with them', () => {
    const study = studyOf({
      vary: [{ zip: [servers, { name: 'rings', set: 'rings', values: [8, 16, 32, 64] }] }],
    });
    const [drawn] = studyResult(study, syntheticRuns(study, linear)).plots;
    expect(drawn?.lines[0]?.together).toEqual([]);
  });

  it('keep wall time apart: of a live run whose profile charges nothing', () => {
    const study = studyOf({ mode: 'both' });
    const runs = syntheticRuns(study, linear, (run) => ({ ...run, timeScale: 1, modelledMicros: 0 }));
    const { plots, points } = studyResult(study, runs);
    expect(plots[0]?.lines.map(({ mode, time }) => [mode, time])).toEqual([
      ['simulated', 'model'],
      ['live', 'wall'],
    ]);
    expect(new Set(points.map(({ mode, time }) => `${mode} ${time}`))).toEqual(
      new Set(['simulated model', 'live wall']),
    );
  });

  it('fit the law to concurrencies of 1 and more only, which are all that it speaks of', () => {
    const study = studyOf({
      vary: [{ ...servers, values: [0, 1, 2, 4, 8] }],
      plots: [{ id: 'throughput', title: 'Throughput', x: 'servers', y: 'throughput', fit: 'usl' }],
    });
    const runs = syntheticRuns(study, ({ servers: count }) => ({
      perSecond: 1000 * Number(count) + 1,
      stages: {},
    }));
    const fit = studyResult(study, runs).plots[0]?.lines[0]?.fit;
    expect(fit).toMatchObject({ kind: 'fit' });
  });
});
