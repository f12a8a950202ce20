import { StageHistograms } from './stage-histograms';

const STAGES = ['wait', 'work'] as const;

it('takes each stage that there was, and the whole, of what came to its end', () => {
  const histograms = new StageHistograms(STAGES);
  histograms.record({ stages: { wait: 1, work: 2 }, totalMicros: 3 });
  histograms.record({ stages: { wait: null, work: 5 }, totalMicros: 5 });
  histograms.record({ stages: { wait: 7, work: null }, totalMicros: null });
  const { wait, work, endToEnd } = histograms.summaries();
  expect([wait, work, endToEnd].map(({ count, maxMicros }) => [count, maxMicros])).toEqual([
    [1, 1],
    [2, 5],
    [2, 5],
  ]);
  expect(histograms.of('work').meanMicros).toBe(3.5);
});

it('has no stage that nobody named', () => {
  const histograms = new StageHistograms<string>(STAGES);
  expect(() => histograms.of('rest')).toThrow("no stage 'rest', expected one of wait, work");
});
