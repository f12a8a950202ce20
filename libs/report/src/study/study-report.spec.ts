import * as fc from 'fast-check';
import { STAGES } from '@faultline/audit';
import { type Study, studyResult } from '@faultline/study';
import { studyOf, SYNTHETIC_BEGIN, syntheticRuns } from '../../../study/src/synthetic.testkit';
import type { Figure, PointChart } from '../figure';
import { spread } from './percentile-figures';
import type { StudyReportData } from './study-data';
import { studyReport } from './study-report';
import {
  bothReport,
  bothStudy,
  contended,
  mixedStudy,
  ORIGIN,
  scalingReport,
  scalingStudy,
  SERVERS,
  studyReportOf,
} from './study.testkit';

const figureOf = ({ figures }: StudyReportData, id: string): Figure => {
  const found = figures.find((each) => each.id === id);
  if (!found) throw new Error(`no figure ${id} among ${figures.map((each) => each.id).join(', ')}`);
  return found;
};
const pointChart = ({ chart }: Figure): PointChart => {
  if (chart.kind !== 'points') throw new Error('no chart of points');
  return chart;
};
const sum = (cells: readonly unknown[]): number => cells.reduce<number>((all, cell) => all + Number(cell), 0);

describe('the report of a study', () => {
  const data = scalingReport();

  it('is plain data: JSON gives back all of it', () => {
    expect(JSON.parse(JSON.stringify(data))).toEqual(data);
    expect(data).toMatchObject({
      format: 'faultline-study/1',
      study: { id: ORIGIN.id, points: 18, wanted: 54, made: 54, failed: 0, scenarioFile: 'base.yaml' },
      passes: true,
    });
  });

  it('says when its last run was over, and what all runs took, however long it rested before its report', () => {
    expect(data.study).toMatchObject({
      startedAtMicros: SYNTHETIC_BEGIN,
      endedAtMicros: SYNTHETIC_BEGIN + 54 * 1234e3,
      tookMillis: 54 * 1234,
    });
    expect(studyReport(studyResult(scalingStudy(), []), ORIGIN).study).toMatchObject({
      endedAtMicros: null,
      tookMillis: 0,
    });
  });

  it('has every point that is drawn in the table of its figure, with the mean and interval of the study', () => {
    const figure = figureOf(data, 'plot-throughput');
    const { lines, curve, x } = pointChart(figure);
    expect(x).toEqual({ title: 'servers (threads)', scale: 'log' });
    expect(lines.map(({ name }) => name)).toEqual(['1', '2', '4']);
    expect(new Set(lines.map(({ colour }) => colour)).size).toBe(3);
    expect(figure.rows).toHaveLength(18);
    for (const [shards, servers, mean, low, high, repetitions] of figure.rows) {
      const point = data.points.find(
        ({ values }) => values['servers'] === servers && String(values['shards']) === shards,
      );
      expect(point?.figures['throughput']).toEqual({ mean, low, high, repetitions });
    }
    const drawn = figure.more?.[curve ?? -1];
    expect(new Set(drawn?.rows.map(([line]) => line))).toEqual(new Set(['1', '2', '4']));
  });

  it('says what the law came to: parameters, intervals, peak, and residuals of each point', () => {
    const figure = figureOf(data, 'plot-throughput');
    expect(figure.notes).toHaveLength(3);
    expect(figure.notes?.[0]).toMatch(
      /^shards 1: λ [\d.,]+ ?k?\/s \(.+ to .+\), σ 0\.\d+ \(.+\), κ 0\.\d+ \(.+\), R² 0\.99\d; peak at 1\d(\.\d)? \(.+\) with 5\d\.\d k\/s/,
    );
    const residuals = figure.more?.find(({ title }) => title.startsWith('Residuals'));
    expect(residuals?.rows).toHaveLength(18);
    for (const row of residuals?.rows ?? []) expect(Math.abs(Number(row[5]))).toBeLessThan(10);
    expect(figureOf(data, 'plot-latency').notes).toEqual([]);
  });

  it('says why there is no fit, or no peak', () => {
    const few = scalingStudy({ vary: [{ ...SERVERS, values: [1, 2, 4] }], holds: [] });
    few.plots.forEach((plot) => delete plot.by);
    expect(figureOf(studyReportOf(few, contended), 'plot-throughput').notes).toEqual([
      'no fit: found 3 different concurrencies, expected at least 4: measure more of them.',
    ]);
    const rising = scalingStudy({ vary: [SERVERS], holds: [] });
    rising.plots.forEach((plot) => delete plot.by);
    const free = studyReportOf(rising, ({ servers }) => ({ perSecond: 100 * Number(servers), stages: {} }));
    expect(figureOf(free, 'plot-throughput').notes?.[0]).toMatch(/no peak in range: /);
  });

  it('sets shapes beside the published one, each line divided by its greatest value', () => {
    const figure = figureOf(data, 'shape-throughput');
    const { lines } = pointChart(figure);
    expect(lines.map(({ name, stroke }) => [name, stroke])).toEqual([
      ['1', undefined],
      ['2', undefined],
      ['4', undefined],
      ['A paper, figure 3 (published)', 'dashed'],
    ]);
    for (const { name } of lines)
      expect(Math.max(...figure.rows.filter(([line]) => line === name).map((row) => Number(row[2])))).toBe(1);
    expect(figure.caption).toMatch(/A paper, figure 3 \(stated by the source\)\. Source: A paper \(2020\)/);
    expect(data.figures.map(({ id }) => id)).not.toContain('shape-latency');
  });

  it('has stages that add up to the mean end to end at each point', () => {
    const { rows, columns, time } = figureOf(data, 'breakdown');
    expect([rows.length, columns.length, time]).toEqual([18, STAGES.length + 1, 'model']);
    rows.forEach((row, place) =>
      expect(sum(row.slice(1))).toBeCloseTo(data.points[place]?.figures['latency.mean']?.mean ?? 0, 1),
    );
  });

  it.each([
    [
      'agrees in part',
      ({ servers }: Record<string, unknown>) => ({ perSecond: 1000 * Number(servers), stages: { mm: 4 } }),
      /^What was found agrees in part with /,
    ],
    ['does not agree', () => ({ perSecond: 1000, stages: {} }), /^What was found does not agree with /],
  ] as const)('says in a sentence that it %s with what is published', (words, of, sentence) => {
    const { agreement } = studyReportOf(scalingStudy(), of);
    expect(agreement?.words).toBe(words);
    expect(agreement?.sentence).toMatch(sentence);
    expect(agreement?.source).toBe('A paper (2020), section 5');
  });

  it('says in a sentence that it agrees with what is published', () => {
    expect(data.agreement).toEqual({
      words: 'agrees',
      sentence: 'What was found agrees with the published shape: all 3 statements hold.',
      why: 'the lock of an address space is taken for each page, as there',
      mark: 'published',
      shape: 'throughput rises to about 16 workers and falls beyond',
      source: 'A paper (2020), section 5',
    });
  });
});

describe('the report of a study of both modes', () => {
  const data = bothReport();

  it('tells live and simulated apart by how they are drawn, those of one value by one colour', () => {
    const { lines, x } = pointChart(figureOf(data, 'plot-words'));
    expect(x).toMatchObject({ scale: 'words', words: ['per-iommu', 'global', 'per-device'] });
    expect(lines.map(({ name, colour, stroke }) => [name, colour, stroke])).toEqual([
      ['1, live', 'line0', undefined],
      ['4, live', 'line1', undefined],
      ['16, live', 'line2', undefined],
      ['1, simulated', 'line0', 'dotted'],
      ['4, simulated', 'line1', 'dotted'],
      ['16, simulated', 'line2', 'dotted'],
    ]);
  });

  it('has the difference of every stage of every point, with what it says', () => {
    const { rows, apart } = data.differences;
    expect([rows.length, apart]).toEqual([9 * (STAGES.length + 2), []]);
    for (const [, figure, , live, simulated, difference, low, high, , verdict] of rows) {
      if (figure === 'retry') {
        expect(verdict).toBe('none in both');
        continue;
      }
      expect(Number(simulated) - Number(live)).toBeCloseTo(Number(difference), 2);
      const isNoise = Number(low) <= 0 && Number(high) >= 0;
      expect(verdict === 'within noise').toBe(isNoise);
    }
  });

  it('never mixes wall time with model time: each has a figure of its own, and they are not compared', () => {
    const wall = studyReportOf(bothStudy(), contended, (run) =>
      run.mode === 'live' ? { ...run, timeScale: 1, modelledMicros: 0 } : run,
    );
    expect(wall.figures.map(({ id, time }) => [id, time])).toEqual([
      ['plot-words', 'model'],
      ['plot-words-wall', 'wall'],
      ['plot-numbers', 'model'],
      ['plot-numbers-wall', 'wall'],
      ['breakdown', 'model'],
      ['breakdown-wall', 'wall'],
      ['percentiles', 'model'],
      ['percentiles-wall', 'wall'],
    ]);
    for (const { time, caption } of wall.figures)
      expect(/Wall time of this machine/.test(caption)).toBe(time === 'wall');
    expect(wall.differences.rows).toEqual([]);
    expect(wall.differences.apart).toHaveLength(9);
  });
});

describe('a figure over words', () => {
  const data = studyReportOf(mixedStudy(), ({ timeout }) => ({
    perSecond: timeout === 'off' ? 80 : 400,
    stages: { mm: 9 },
  }));

  it('has a place for every point, also where some of the values are numbers', () => {
    for (const id of ['plot-rate', 'shape-rate']) {
      const figure = figureOf(data, id);
      expect(pointChart(figure).x).toMatchObject({ scale: 'words', words: ['off', '2000', '20000'] });
      expect(figure.rows.slice(0, 3).map(([, x]) => x)).toEqual(['off', '2000', '20000']);
    }
  });

  it('has the published points beside ours, and says of each line who states it', () => {
    const figure = figureOf(data, 'shape-rate');
    expect(pointChart(figure).lines.map(({ name }) => name)).toEqual([
      'simulated',
      'A paper (published)',
      'A note (published, second hand)',
      'Ours to say (derived)',
    ]);
    expect(figure.rows.slice(3).map((row) => row.slice(0, 3))).toEqual([
      ['A paper (published)', 'off', 0.25],
      ['A paper (published)', '20000', 1],
      ['A note (published, second hand)', '2000', 1],
      ['Ours to say (derived)', 'off', 1],
    ]);
    expect(figure.caption).toMatch(
      /A paper \(stated by the source\), A note \(stated by .* another one tells it\), Ours to say \(derived from/,
    );
  });
});

describe('what a point of a figure is the mean of', () => {
  const captionOf = (change: Record<string, unknown>, drop = 0): string => {
    const study = scalingStudy(change);
    study.plots.forEach((plot) => delete plot.by);
    const runs = syntheticRuns(study, contended).slice(drop);
    return figureOf(studyReport(studyResult(study, runs), ORIGIN), 'plot-latency').caption;
  };

  it('is its runs, as many as there are', () => {
    expect(captionOf({ vary: [SERVERS] })).toMatch(/Means of 3 runs, with 95\u00a0% intervals of the mean\./);
    expect(captionOf({ vary: [SERVERS] }, 1)).toMatch(/Means of 2 to 3 runs, with /);
    expect(captionOf({ vary: [SERVERS], repetitions: 2 }, 1)).toMatch(
      /Means of 1 to 2 runs, with .* of the mean where there are two or more\./,
    );
  });

  it.each([1, 3])(
    'is those of several points where they are taken together, without interval: %d',
    (repetitions) => {
      const caption = captionOf({ repetitions });
      expect(caption).toContain(
        `Means of ${3 * repetitions} runs: points that differ in shards are taken together. Such a mean has no interval`,
      );
      expect(caption).not.toMatch(/95|One run/);
    },
  );
});

describe('the report of an odd study', () => {
  const sentences = ({ figures }: StudyReportData): (string | null)[] =>
    figures.map(({ nothing }) => nothing);

  it.each<[string, () => StudyReportData]>([
    ['without a run', () => studyReport(studyResult(scalingStudy(), []), ORIGIN)],
    [
      'of which every run failed',
      () =>
        studyReportOf(scalingStudy(), contended, (run) => ({
          ...run,
          failure: 'the log is full',
          figures: Object.fromEntries(Object.keys(run.figures).map((key) => [key, null])),
        })),
    ],
  ])('%s says of each figure why there is nothing to see', (_what, make) => {
    const data = make();
    for (const nothing of sentences(data)) expect(nothing).toMatch(/^[A-Z].*\.$/);
    expect(data.passes).toBe(false);
    expect(data.agreement?.words).toBe('could not be judged');
  });

  it('with one repetition has no intervals, and says so', () => {
    const figure = figureOf(studyReportOf(scalingStudy({ repetitions: 1 }), contended), 'plot-latency');
    expect(figure.rows.every(([, , , low, high]) => low === null && high === null)).toBe(true);
    expect(figure.caption).toMatch(/One run of each, which does not say how large the noise is\./);
  });

  it('takes a linear axis where a log one has no room for a value', () => {
    const study = scalingStudy({ vary: [{ ...SERVERS, values: [0, 1, 2, 4, 8] }], holds: [] });
    study.plots.forEach((plot) => delete plot.by);
    const data = studyReportOf(study, ({ servers }) => ({
      perSecond: 100,
      stages: { mm: 1 + Number(servers) },
    }));
    const figure = figureOf(data, 'plot-latency');
    expect(pointChart(figure).x.scale).toBe('linear');
    expect(figure.caption).toMatch(/no room for values that are not above 0/);
  });
});

describe('points of which a figure has no room for all', () => {
  it('are at most so many, each of them once, the first and the last among them', () => {
    const levels = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(levels, levels, fc.integer({ min: 4, max: 12 }), (servers, shards, most) => {
        const numbers = (count: number): number[] => Array.from({ length: count }, (_, place) => place + 1);
        const study: Study = studyOf({
          vary: [
            { name: 'servers', set: 'workers.servers', values: numbers(servers) },
            { name: 'shards', set: 'mm.shards', values: numbers(shards) },
          ],
        });
        const { points } = studyResult({ ...study, repetitions: 1 }, [
          ...syntheticRuns({ ...study, repetitions: 1 }, () => ({ perSecond: 1, stages: {} })).slice(0, 1),
        ]);
        const shown = spread(points, most);
        expect(new Set(shown).size).toBe(shown.length);
        expect(shown.length).toBeLessThanOrEqual(most);
        expect(shown.length).toBeGreaterThan(Math.min(points.length, most) / 4);
        expect([shown[0], shown.at(-1)]).toEqual([points[0], points.at(-1)]);
      }),
      { numRuns: 20 },
    );
  });
});
