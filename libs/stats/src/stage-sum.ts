import { FigureInvalid, requireNotNegative } from './figures';

/** Whether the means of stages make up the end-to-end mean. */
export interface StageSumCheck {
  sumMicros: number;
  endToEndMicros: number;
  /** Sum less end to end: above 0 where stages overlap, below 0 where time passes in none of them. */
  discrepancyMicros: number;
  /** Discrepancy / end to end; 0 when both are 0, infinite when only the end-to-end mean is. */
  relativeDiscrepancy: number;
  withinTolerance: boolean;
  /** Each stage's share of the sum; 0 for all of an empty sum. */
  shares: Record<string, number>;
}

/**
 * Means add up where percentiles do not: the mean of a sum is the sum of the means, whatever the stages have to do with each other.
 * So a sum of stage means that misses the end-to-end mean was taken over other faults, or misses a stage. Tolerance is 0.01 by default.
 * Throws FigureInvalid for no stages or a mean below 0.
 */
export function checkStageSum(
  stageMeansMicros: Readonly<Record<string, number>>,
  endToEndMicros: number,
  { relativeTolerance = 0.01 }: { relativeTolerance?: number } = {},
): StageSumCheck {
  const stages = Object.entries(stageMeansMicros);
  if (stages.length === 0) throw new FigureInvalid('stages', 'none', 'at least one');
  for (const [name, micros] of stages) requireNotNegative(`mean of stage '${name}'`, micros);
  requireNotNegative('end-to-end mean', endToEndMicros);
  requireNotNegative('tolerance', relativeTolerance);
  const sumMicros = stages.reduce((sum, [, micros]) => sum + micros, 0);
  const discrepancyMicros = sumMicros - endToEndMicros;
  const relativeDiscrepancy = discrepancyMicros === 0 ? 0 : discrepancyMicros / endToEndMicros;
  return {
    sumMicros,
    endToEndMicros,
    discrepancyMicros,
    relativeDiscrepancy,
    withinTolerance: Math.abs(relativeDiscrepancy) <= relativeTolerance,
    shares: Object.fromEntries(
      stages.map(([name, micros]) => [name, sumMicros === 0 ? 0 : micros / sumMicros]),
    ),
  };
}
