import { countOutcomes, formatOutcome, type VectorOutcome } from './outcome';

const passed: VectorOutcome = { id: 'g1-x', family: 'G1', title: 'A thing', steps: 4, status: 'passed' };

describe('outcomes of vectors', () => {
  it('are counted by status', () => {
    const outcomes = [passed, { ...passed, hazard: true as const }, { ...passed, status: 'failed' as const }];
    expect(countOutcomes(outcomes)).toEqual({ passed: 2, failed: 1, hazards: 1 });
    expect(countOutcomes([])).toEqual({ passed: 0, failed: 0, hazards: 0 });
  });

  it('take one line, and show both sides of the first step that differs', () => {
    expect(formatOutcome(passed)).toBe('g1-x: passed, 4 steps (A thing)');
    const difference = {
      step: 2,
      op: 'run',
      path: 'hw[0].code',
      expected: 0,
      actual: undefined,
      expectedStep: { hw: [{ code: 0 }] },
      actualStep: { address: 0x10n },
    };
    const failed: VectorOutcome = {
      id: 'x',
      family: 'G1',
      steps: 3,
      status: 'failed',
      difference,
      note: 'why',
    };
    expect(formatOutcome(failed).split('\n')).toEqual([
      'x: failed, 3 steps',
      '  why',
      '  step 2 (run) differs in hw[0].code',
      '    expected 0',
      '    actual   nothing',
      '  expected step {"hw":[{"code":0}]}',
      '  actual step   {"address":"0x10"}',
    ]);
  });
});
