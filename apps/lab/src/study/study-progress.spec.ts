import { StudyProgress } from './study-progress';

const open = [
  ...Array.from({ length: 2 }, () => ({ mode: 'live' as const })),
  ...Array.from({ length: 4 }, () => ({ mode: 'simulated' as const })),
];

describe('the progress of a study', () => {
  it('says nothing of the time left until each kind of run that is left was made once', () => {
    const progress = new StudyProgress(open, 10, 2);
    expect(progress.line).toBe('4 of 10 runs');
    progress.take({ mode: 'live' }, 30_000);
    expect([progress.leftMillis, progress.line]).toEqual([null, '5 of 10 runs']);
    progress.take({ mode: 'simulated' }, 4_000);
    // One live run, and three simulated ones of which two are made at once.
    expect([progress.leftMillis, progress.line]).toEqual([36_000, '6 of 10 runs, about 36 s left']);
  });

  it('ends without time left', () => {
    const progress = new StudyProgress(open.slice(0, 1), 1, 1);
    progress.take({ mode: 'live' }, 1_000);
    expect([progress.leftMillis, progress.line]).toEqual([0, '1 of 1 runs']);
  });
});
