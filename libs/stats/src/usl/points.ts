import { FigureInvalid, requirePositive } from '../figures';

/** The least number of different concurrencies that three parameters are fitted to: one more than parameters. */
export const FEWEST_CONCURRENCIES = 4;
/** Throughputs that differ by less are the same. */
const SAME = 1e-9;

/** What was measured at one concurrency. A concurrency may come several times; its repetitions are put together. */
export interface ScalingPoint {
  /** Workers, clients, replicas: whatever was varied. At least 1, fractions allowed. */
  concurrency: number;
  /** One for each repetition, each above 0. */
  throughputsPerSecond: readonly number[];
}

/** A fit that cannot be made, and why. */
export interface FitRefused {
  kind: 'refused';
  /**
   * - `too-few-points`: fewer than 4 different concurrencies
   * - `no-variation`: each throughput is the same, as behind a limit from outside (the rate of an open loop)
   * - `lambda-undetermined`: carried on to concurrency 1, the curve has no throughput: smaller concurrencies are missing
   * - `no-convergence`: no minimum was found: throughputs are nothing like the law, or concurrencies lie close together
   */
  reason: 'too-few-points' | 'no-variation' | 'lambda-undetermined' | 'no-convergence';
  /** One line: what was found, what is expected. */
  message: string;
}

/**
 * The points in order of concurrency, each concurrency once. Throws FigureInvalid for a concurrency below 1, no repetition, or a
 * throughput that is not above 0.
 */
export function orderedPoints(points: readonly ScalingPoint[]): ScalingPoint[] {
  const byConcurrency = new Map<number, number[]>();
  points.forEach(({ concurrency, throughputsPerSecond }, at) => {
    if (!(concurrency >= 1 && Number.isFinite(concurrency)))
      throw new FigureInvalid(`concurrency of point ${at}`, String(concurrency), 'a number of at least 1');
    if (throughputsPerSecond.length === 0)
      throw new FigureInvalid(`throughput at concurrency ${concurrency}`, 'none', 'at least one repetition');
    for (const each of throughputsPerSecond)
      requirePositive(`throughput at concurrency ${concurrency}`, each);
    byConcurrency.set(concurrency, [...(byConcurrency.get(concurrency) ?? []), ...throughputsPerSecond]);
  });
  return [...byConcurrency]
    .sort(([one], [other]) => one - other)
    .map(([concurrency, throughputsPerSecond]) => ({ concurrency, throughputsPerSecond }));
}

/** Why no curve is fitted to these points, as far as that is seen before trying. */
export function refusalOf(points: readonly ScalingPoint[]): FitRefused | undefined {
  if (points.length < FEWEST_CONCURRENCIES)
    return refused(
      'too-few-points',
      `found ${points.length} different concurrencies, expected at least ${FEWEST_CONCURRENCIES}: measure more of them`,
    );
  const all = points.flatMap(({ throughputsPerSecond }) => throughputsPerSecond);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  if (most - least <= SAME * most)
    return refused(
      'no-variation',
      `found a throughput of ${most}/s at every concurrency, expected it to change: is it a limit from outside, like the rate of an open loop?`,
    );
  return undefined;
}

export function refused(reason: FitRefused['reason'], message: string): FitRefused {
  return { kind: 'refused', reason, message };
}
