import { requireNotNegative } from './figures';
import { around, DEFAULT_LEVEL, type Interval, requireLevel } from './interval';
import { studentFactor } from './student';

/** A measured figure, with the standard error of it where that is known. */
export interface Estimate {
  value: number;
  standardError?: number;
}

export interface LittlesLawInput {
  /** Of those that leave, which is that of those that enter while nothing gathers inside. */
  throughputPerSecond: Estimate;
  /** From entering to leaving, in microseconds. */
  meanResidenceMicros: Estimate;
  /** Time average of the number inside, measured by itself and not computed from the other two. */
  meanInside: Estimate;
}

export interface LittlesLawOptions {
  /** 0.05 by default. */
  relativeTolerance?: number;
  /** Level of the interval; 0.95 by default. */
  level?: number;
}

/** Whether three measured figures agree with L = X R. */
export interface LittlesLawCheck {
  /** Throughput times residence. */
  expectedInside: number;
  meanInside: number;
  /** Expected less measured, in number inside. */
  discrepancy: number;
  /** Discrepancy over the larger of the two, so between -1 and 1; 0 when both are 0. */
  relativeDiscrepancy: number;
  withinTolerance: boolean;
  /** From the standard errors, taken as independent, to the first order; null when none was given. */
  discrepancyInterval: Interval | null;
  /** Whether that interval holds 0; null when there is none. */
  withinUncertainty: boolean | null;
}

/**
 * Little's law, L = X R (Little 1961; Denning and Buzen 1978 for any finite window that ends as empty as it began). It holds whatever
 * the distributions, so a discrepancy is one of the measurement: other boundaries for the three figures, another window, a warm-up in
 * one of them, or work that never left. It does not show that any of the figures is the one wanted: the same error in throughput and
 * number inside cancels.
 *
 * Throws FigureInvalid for a figure or standard error below 0.
 */
export function checkLittlesLaw(
  { throughputPerSecond, meanResidenceMicros, meanInside }: LittlesLawInput,
  { relativeTolerance = 0.05, level = DEFAULT_LEVEL }: LittlesLawOptions = {},
): LittlesLawCheck {
  requireLevel(level);
  requireNotNegative('tolerance', relativeTolerance);
  requireEstimate('throughput', throughputPerSecond);
  requireEstimate('mean residence', meanResidenceMicros);
  requireEstimate('mean number inside', meanInside);
  const expectedInside = (throughputPerSecond.value * meanResidenceMicros.value) / 1e6;
  const discrepancy = expectedInside - meanInside.value;
  const larger = Math.max(expectedInside, meanInside.value);
  const relativeDiscrepancy = larger === 0 ? 0 : discrepancy / larger;
  const errors = [
    ((throughputPerSecond.standardError ?? 0) * meanResidenceMicros.value) / 1e6,
    ((meanResidenceMicros.standardError ?? 0) * throughputPerSecond.value) / 1e6,
    meanInside.standardError ?? 0,
  ];
  const isKnown = [throughputPerSecond, meanResidenceMicros, meanInside].some(
    ({ standardError }) => standardError !== undefined,
  );
  const interval = isKnown
    ? around(discrepancy, studentFactor(level, Infinity) * Math.hypot(...errors), level)
    : null;
  return {
    expectedInside,
    meanInside: meanInside.value,
    discrepancy,
    relativeDiscrepancy,
    withinTolerance: Math.abs(relativeDiscrepancy) <= relativeTolerance,
    discrepancyInterval: interval,
    withinUncertainty: interval && interval.low <= 0 && interval.high >= 0,
  };
}

function requireEstimate(figure: string, { value, standardError }: Estimate): void {
  requireNotNegative(figure, value);
  if (standardError !== undefined) requireNotNegative(`standard error of the ${figure}`, standardError);
}
