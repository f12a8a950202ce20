/**
 * The Universal Scalability Law (Gunther 1993; Guerrilla Capacity Planning, 2007):
 * X(N) = lambda N / (1 + sigma (N - 1) + kappa N (N - 1)).
 */
export interface UslParameters {
  /** Throughput at concurrency 1, as the curve has it. */
  lambdaPerSecond: number;
  /** Contention: the share of the work that is done one after the other. 0 for none, 1 when all of it is. */
  sigma: number;
  /** Coherency: what each pair of participants costs, as a share of the work of one. */
  kappa: number;
}

/** Throughput that the law gives at a concurrency of at least 1. */
export function uslThroughputPerSecond(parameters: UslParameters, concurrency: number): number {
  const { lambdaPerSecond, sigma, kappa } = parameters;
  return (lambdaPerSecond * concurrency) / (1 + (concurrency - 1) * (sigma + kappa * concurrency));
}

/**
 * Concurrency at which the law's throughput is highest, sqrt((1 - sigma) / kappa): Infinity for kappa = 0 and sigma below 1, and 1
 * when throughput falls from the start.
 */
export function uslPeakConcurrency({ sigma, kappa }: UslParameters): number {
  if (sigma >= 1) return 1;
  return kappa > 0 ? Math.max(1, Math.sqrt((1 - sigma) / kappa)) : Infinity;
}
