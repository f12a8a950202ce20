import { type LeastSquares, minimise, solveLinear } from '../least-squares';
import type { UslParameters } from './law';
import type { Cell, Scale } from './scale';

/** The terms of the law that a model has besides lambda. */
export type Term = 'sigma' | 'kappa';

/**
 * The law as N / X(N) = base + contention (N - 1) + coherency N (N - 1). It is linear in these three, which are 1, sigma and kappa,
 * each divided by lambda, so a fit starts from linear least squares (Gunther 2007, chapter 5) and has a smooth way from there.
 */
export interface Reciprocal {
  base: number;
  contention: number;
  coherency: number;
}

export interface Solution {
  reciprocal: Reciprocal;
  /** Sum of the squares of the residuals of the cells' means, each times the number of its repetitions. */
  squares: number;
  /** Whether this is a minimum; otherwise it is the best that was found. */
  converged: boolean;
}

export interface SolveOptions {
  /** Where to start; otherwise from the linear fit. */
  start?: Reciprocal;
  /** See `minimise`. */
  tolerance: number;
}

const BOTH: readonly Term[] = ['sigma', 'kappa'];
const COLUMNS: Record<Term, (concurrency: number) => number> = {
  sigma: (concurrency) => concurrency - 1,
  kappa: (concurrency) => concurrency * (concurrency - 1),
};

/** Parameters; a base of 0, where the curve has no throughput at concurrency 1, makes them infinite. */
export function parametersOf({ base, contention, coherency }: Reciprocal): UslParameters {
  if (!(base > 0)) return { lambdaPerSecond: Infinity, sigma: Infinity, kappa: Infinity };
  return { lambdaPerSecond: 1 / base, sigma: contention / base, kappa: coherency / base };
}

/** N / X(N). */
export function reciprocalAt({ base, contention, coherency }: Reciprocal, concurrency: number): number {
  return base + (concurrency - 1) * (contention + coherency * concurrency);
}

/** The fit of a model with these terms, without bounds. Undefined where it cannot start. */
export function fitFree(
  cells: readonly Cell[],
  scale: Scale,
  terms: readonly Term[],
  { start, tolerance }: SolveOptions,
): Solution | undefined {
  const rows = cells.map(({ concurrency }) => [1, ...terms.map((term) => COLUMNS[term](concurrency))]);
  const qs = (values: readonly number[]): number[] => {
    const reciprocal = reciprocalOf(values, terms);
    return cells.map(({ concurrency }) => reciprocalAt(reciprocal, concurrency));
  };
  const roots = cells.map(({ count }) => Math.sqrt(count));
  const problem: LeastSquares = {
    residuals: (values) => {
      const found = qs(values);
      if (!found.every((q) => q > 0 && q < Infinity)) return undefined;
      return cells.map(
        ({ concurrency, scaled }, i) => (roots[i] ?? 0) * (scale.of(concurrency / (found[i] ?? 0)) - scaled),
      );
    },
    slopes: (values) =>
      qs(values).map((q, i) => {
        const slope = (roots[i] ?? 0) * scale.slope(cells[i]?.concurrency ?? 0, q);
        return (rows[i] ?? []).map((column) => column * slope);
      }),
  };
  const from = start ? valuesOf(start, terms) : linearStart(cells, scale, rows, qs);
  const found = minimise(problem, from, tolerance);
  return found && { ...found, reciprocal: reciprocalOf(found.parameters, terms) };
}

/**
 * The fit with sigma and kappa of at least 0. With two bounds it is the free fit, or the best of those with one term or both at 0:
 * a minimum within bounds is free in what does not touch them. Undefined where it cannot start.
 */
export function fitBounded(
  cells: readonly Cell[],
  scale: Scale,
  options: SolveOptions,
  terms: readonly Term[] = BOTH,
): Solution | undefined {
  const free = fitFree(cells, scale, terms, options);
  if (free && isWithinBounds(free) && free.reciprocal.base >= 0) return free;
  if (terms.length === 0) return undefined;
  const narrower = terms.length === 1 ? [[]] : [['sigma' as const], ['kappa' as const], []];
  const candidates = narrower.map((fewer) => fitFree(cells, scale, fewer, options));
  return [free, ...candidates]
    .filter((each) => each !== undefined)
    .filter(isWithinBounds)
    .sort((one, other) => one.squares - other.squares)[0];
}

export function isWithinBounds({ reciprocal }: Solution): boolean {
  return reciprocal.contention >= 0 && reciprocal.coherency >= 0;
}

/** Relative least squares of N / X(N), or a straight line through all points where that has no throughput. */
function linearStart(
  cells: readonly Cell[],
  scale: Scale,
  rows: readonly number[][],
  qs: (values: readonly number[]) => number[],
): number[] {
  const measured = cells.map(({ concurrency, scaled }) => concurrency / scale.throughputPerSecond(scaled));
  const weights = cells.map(({ count }, i) => Math.sqrt(count) / (measured[i] ?? 1));
  const values = solveLinear(
    rows.map((row, i) => row.map((column) => column * (weights[i] ?? 0))),
    measured.map((each, i) => each * (weights[i] ?? 0)),
  );
  if (values && qs(values).every((q) => q > 0)) return values;
  const geometricMean = Math.exp(measured.reduce((sum, each) => sum + Math.log(each), 0) / measured.length);
  return (rows[0] ?? []).map((_, i) => (i === 0 ? geometricMean : 0));
}

function valuesOf({ base, contention, coherency }: Reciprocal, terms: readonly Term[]): number[] {
  return [base, ...terms.map((term) => (term === 'sigma' ? contention : coherency))];
}

function reciprocalOf(values: readonly number[], terms: readonly Term[]): Reciprocal {
  const at = (term: Term): number => (terms.includes(term) ? (values[1 + terms.indexOf(term)] ?? 0) : 0);
  return { base: values[0] ?? 0, contention: at('sigma'), coherency: at('kappa') };
}
