/** What is minimised: the sum of squared residuals over the parameters. */
export interface LeastSquares {
  /** Undefined where the model is not defined; such a step is not taken. */
  residuals(parameters: readonly number[]): number[] | undefined;
  /** A row for each residual, a column for each parameter. */
  slopes(parameters: readonly number[]): number[][];
}

export interface Minimum {
  parameters: number[];
  squares: number;
  /** Whether this is a minimum; otherwise it is the best that was found. */
  converged: boolean;
}

const MOST_STEPS = 500;
const MOST_DAMPING = 1e12;

/**
 * Levenberg-Marquardt (Levenberg 1944, Marquardt 1963), damped in the scale of each parameter, so that units do not matter.
 * Deterministic. Undefined when the start is outside of the model.
 *
 * @param tolerance ends when a step changes the predictions, in the unit of the residuals, by less
 */
export function minimise(
  problem: LeastSquares,
  start: readonly number[],
  tolerance: number,
): Minimum | undefined {
  let parameters = [...start];
  let residuals = problem.residuals(parameters);
  if (!residuals) return undefined;
  let squares = sumOfSquares(residuals);
  let damping = 1e-3;
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const { products, gradient } = normalEquations(problem.slopes(parameters), residuals);
    const step = solve(
      products.map((row, i) => row.map((value, j) => (i === j ? value * (1 + damping) : value))),
      gradient.map((value) => -value),
    );
    if (!step) {
      // Columns that are nearly parallel: more damping keeps them apart.
      damping *= 10;
      if (damping > MOST_DAMPING) break;
      continue;
    }
    const next = parameters.map((value, i) => value + (step[i] ?? 0));
    const size = Math.sqrt(step.reduce((sum, value, i) => sum + value * value * (products[i]?.[i] ?? 0), 0));
    const nextResiduals = problem.residuals(next);
    const nextSquares = nextResiduals ? sumOfSquares(nextResiduals) : Infinity;
    if (nextResiduals && nextSquares <= squares) {
      [parameters, residuals, squares] = [next, nextResiduals, nextSquares];
      damping = Math.max(damping / 10, 1e-15);
      if (size < tolerance) return { parameters, squares, converged: true };
    } else {
      damping *= 10;
      // No step however small makes it better: this is the minimum as far as rounding lets one see.
      if (size < tolerance || damping > MOST_DAMPING) return { parameters, squares, converged: true };
    }
  }
  return { parameters, squares, converged: false };
}

/** Linear least squares by the normal equations; undefined when columns depend on each other. */
export function solveLinear(rows: readonly number[][], values: readonly number[]): number[] | undefined {
  const { products, gradient } = normalEquations(rows, values);
  return solve(products, gradient);
}

/** Plain loops: a bootstrap comes here ten thousand times. */
function normalEquations(
  rows: readonly number[][],
  values: readonly number[],
): { products: number[][]; gradient: number[] } {
  const size = rows[0]?.length ?? 0;
  const products = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  const gradient = new Array<number>(size).fill(0);
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at] ?? [];
    for (let i = 0; i < size; i += 1) {
      const factor = row[i] ?? 0;
      gradient[i] = (gradient[i] ?? 0) + factor * (values[at] ?? 0);
      const sums = products[i] ?? [];
      for (let j = 0; j < size; j += 1) sums[j] = (sums[j] ?? 0) + factor * (row[j] ?? 0);
    }
  }
  return { products, gradient };
}

/** A symmetric positive system by Cholesky's method, with the diagonal scaled to 1; undefined when it is not positive. */
function solve(matrix: readonly number[][], right: readonly number[]): number[] | undefined {
  const scale = matrix.map((row, i) => 1 / Math.sqrt(row[i] ?? 0));
  const at = (i: number, j: number): number => (matrix[i]?.[j] ?? 0) * (scale[i] ?? 0) * (scale[j] ?? 0);
  const lower: number[][] = [];
  const half: number[] = [];
  for (let i = 0; i < matrix.length; i += 1) {
    const row: number[] = [];
    for (let j = 0; j < i; j += 1) row.push((at(i, j) - dot(row, lower[j] ?? [])) / (lower[j]?.[j] ?? 0));
    const pivot = at(i, i) - dot(row, row);
    if (!(pivot > 1e-15)) return undefined;
    row.push(Math.sqrt(pivot));
    lower.push(row);
    half.push(((right[i] ?? 0) * (scale[i] ?? 0) - dot(row.slice(0, i), half)) / (row[i] ?? 0));
  }
  const solution = new Array<number>(matrix.length).fill(0);
  for (let i = matrix.length - 1; i >= 0; i -= 1) {
    const known = lower.reduce((sum, row, j) => (j > i ? sum + (row[i] ?? 0) * (solution[j] ?? 0) : sum), 0);
    solution[i] = ((half[i] ?? 0) - known) / (lower[i]?.[i] ?? 0);
  }
  return solution.map((value, i) => value * (scale[i] ?? 0));
}

function dot(left: readonly number[], right: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < left.length && i < right.length; i += 1) sum += (left[i] ?? 0) * (right[i] ?? 0);
  return sum;
}

const sumOfSquares = (values: readonly number[]): number => dot(values, values);
