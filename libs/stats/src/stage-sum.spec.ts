import { FigureInvalid } from './figures';
import { checkStageSum } from './stage-sum';

describe('checkStageSum', () => {
  it('finds that stages add up, and the share of each', () => {
    expect(checkStageSum({ queue: 30, mm: 60, response: 10 }, 100)).toEqual({
      sumMicros: 100,
      endToEndMicros: 100,
      discrepancyMicros: 0,
      relativeDiscrepancy: 0,
      withinTolerance: true,
      shares: { queue: 0.3, mm: 0.6, response: 0.1 },
    });
  });

  it('allows 1 % and no more, either way', () => {
    expect(checkStageSum({ all: 99 }, 100).withinTolerance).toBe(true);
    expect(checkStageSum({ all: 98.9 }, 100)).toMatchObject({ withinTolerance: false });
    expect(checkStageSum({ all: 101.1 }, 100).withinTolerance).toBe(false);
    expect(checkStageSum({ all: 101.1 }, 100, { relativeTolerance: 0.02 }).withinTolerance).toBe(true);
  });

  it('knows nothing that took no time, and something that should have', () => {
    expect(checkStageSum({ a: 0 }, 0)).toMatchObject({
      relativeDiscrepancy: 0,
      withinTolerance: true,
      shares: { a: 0 },
    });
    expect(checkStageSum({ a: 1 }, 0)).toMatchObject({
      relativeDiscrepancy: Infinity,
      withinTolerance: false,
    });
  });

  it('refuses no stages and times below 0', () => {
    expect(() => checkStageSum({}, 1)).toThrow(FigureInvalid);
    expect(() => checkStageSum({ mm: -1 }, 1)).toThrow(
      "mean of stage 'mm': found -1, expected a number of at least 0",
    );
  });
});
