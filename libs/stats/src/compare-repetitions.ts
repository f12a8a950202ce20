import { FigureInvalid, requireNumber } from './figures';
import { around, DEFAULT_LEVEL, type Interval, requireLevel } from './interval';
import { type Moments, momentsOf, ratioInterval, varianceOfMean, welchDegrees } from './moments';
import { studentFactor } from './student';
import { ratio } from './summaries';

/** What changed from one set of repetitions to another. */
export interface RepetitionComparison {
  before: Moments;
  after: Moments;
  /** Mean after less mean before, in the unit of the figures. */
  difference: number;
  /** Null unless both were measured twice at least. */
  differenceInterval: Interval | null;
  /** difference / mean before, so -0.1 is a tenth less. Infinity for a change from 0. */
  relativeChange: number;
  /** Null too when the mean before is not told from 0. */
  relativeChangeInterval: Interval | null;
  /** `unknown`: a single repetition does not say how large the noise is. */
  verdict: 'higher' | 'lower' | 'within-noise' | 'unknown';
}

/**
 * Whether a figure changed by more than its noise: yes when the interval of the difference leaves out 0. The interval is Welch's
 * (1947), which does not take the noise of both sides for equal. It is not a bootstrap, because resampling three or five repetitions
 * sees no value but those, and its intervals are too narrow then. `within-noise` does not say that both are the same: the interval
 * says how large a difference may have been missed.
 *
 * Throws FigureInvalid for a set without repetitions or a figure that is no number.
 */
export function compareRepetitions(
  before: readonly number[],
  after: readonly number[],
  { level = DEFAULT_LEVEL }: { level?: number } = {},
): RepetitionComparison {
  requireLevel(level);
  const [was, is] = [checkedMoments('before', before), checkedMoments('after', after)];
  const difference = is.mean - was.mean;
  const common = { before: was, after: is, difference, relativeChange: relativeChangeOf(difference, was) };
  const [ofWas, ofIs] = [varianceOfMean(was), varianceOfMean(is)];
  if (ofWas === null || ofIs === null)
    return { ...common, differenceInterval: null, relativeChangeInterval: null, verdict: 'unknown' };
  const degrees = welchDegrees(is, was);
  const differenceInterval = around(
    difference,
    studentFactor(level, degrees) * Math.sqrt(ofWas + ofIs),
    level,
  );
  return {
    ...common,
    differenceInterval,
    relativeChangeInterval: relativeInterval(was, is, level, degrees),
    verdict: verdictOf(differenceInterval),
  };
}

function checkedMoments(set: string, values: readonly number[]): Moments {
  if (values.length === 0)
    throw new FigureInvalid(`repetitions ${set}`, 'none', 'at least one, and two for an interval');
  values.forEach((value, at) => requireNumber(`repetition ${at} ${set}`, value));
  return momentsOf(values);
}

function relativeChangeOf(difference: number, was: Moments): number {
  return difference < 0 ? -ratio(-difference, Math.abs(was.mean)) : ratio(difference, Math.abs(was.mean));
}

function relativeInterval(was: Moments, is: Moments, level: number, degrees: number): Interval | null {
  // With the degrees of the difference this interval leaves out 0 exactly when that of the difference does.
  const found = ratioInterval(is, was, level, degrees);
  if (!found) return null;
  const [one, other] = [found.low - 1, found.high - 1];
  return was.mean > 0 ? { low: one, high: other, level } : { low: -other, high: -one, level };
}

function verdictOf({ low, high }: Interval): RepetitionComparison['verdict'] {
  if (low > 0) return 'higher';
  return high < 0 ? 'lower' : 'within-noise';
}
