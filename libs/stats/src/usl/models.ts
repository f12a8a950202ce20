import type { UslParameters } from './law';
import type { ScalingPoint } from './points';
import type { Cell, Scale } from './scale';
import { fitBounded, parametersOf, reciprocalAt, type Term } from './solve';

/** Throughput that grows with concurrency, Amdahl's law (1967; the law with kappa = 0), and the whole law. */
export type ScalingModel = 'linear' | 'amdahl' | 'usl';

/** Simplest first. */
export const SCALING_MODELS: readonly ScalingModel[] = ['linear', 'amdahl', 'usl'];

const TERMS: Record<ScalingModel, readonly Term[]> = {
  linear: [],
  amdahl: ['sigma'],
  usl: ['sigma', 'kappa'],
};
/** Differences of AICc up to this leave the models about equally well supported (Burnham and Anderson 2002, chapter 2.6). */
const NO_DIFFERENCE = 2;
/** A residual that counts as none, on the scale of the fit: rounding must not choose a model for exact data. */
const ROUNDING = 1e-10;

export interface ModelFit {
  /** Infinite when the curve, carried on to concurrency 1, has no throughput there. */
  parameters: UslParameters;
  /** Corrected Akaike information criterion; less is better. Null with too few observations for this many parameters. */
  aicc: number | null;
  /** How much larger it is than the least of the three. */
  aiccAboveBest: number | null;
  /** 1 less the share of the variation, on the scale of the residuals, that the curve leaves. */
  r2: number;
}

/** Linear, Amdahl and USL on the same data. */
export interface ModelComparison {
  /**
   * The simplest model whose AICc is within 2 of the least: what the data supports, so that no contention is claimed that was not
   * seen. Null with fewer than 6 observations, which cannot tell a model of three parameters from one of two. With fewer than about
   * ten it asks for much, and may leave out a kappa whose interval is clear of 0: then repetitions are missing.
   */
  supported: ScalingModel | null;
  models: Record<ScalingModel, ModelFit>;
}

/**
 * Compares by AICc (Akaike 1974; Hurvich and Tsai 1989), with each repetition as an observation. Undefined when a model has no
 * minimum.
 */
export function compareModels(
  points: readonly ScalingPoint[],
  cells: readonly Cell[],
  scale: Scale,
  tolerance: number,
): ModelComparison | undefined {
  const scaled = points.map(({ throughputsPerSecond }) => throughputsPerSecond.map((each) => scale.of(each)));
  const observations = scaled.flat().length;
  const floor = observations * ROUNDING ** 2;
  const middle = scaled.flat().reduce((sum, each) => sum + each / observations, 0);
  const total = squaresAround(scaled, () => middle);
  const fits: Partial<Record<ScalingModel, ModelFit>> = {};
  for (const model of SCALING_MODELS) {
    const solution = fitBounded(cells, scale, { tolerance }, TERMS[model]);
    if (!solution?.converged) return undefined;
    const fitted = cells.map(({ concurrency }) =>
      scale.of(concurrency / reciprocalAt(solution.reciprocal, concurrency)),
    );
    const squares = squaresAround(scaled, (at) => fitted[at] ?? 0);
    const aicc = aiccOf(observations, Math.max(squares, floor), TERMS[model].length + 2);
    const parameters = parametersOf(solution.reciprocal);
    fits[model] = { parameters, aicc, aiccAboveBest: null, r2: 1 - squares / total };
  }
  const models = fits as Record<ScalingModel, ModelFit>;
  const best = Math.min(...SCALING_MODELS.map((model) => models[model].aicc ?? Infinity));
  for (const model of SCALING_MODELS) {
    const { aicc } = models[model];
    if (aicc !== null) models[model].aiccAboveBest = aicc - best;
  }
  const isSupported = (model: ScalingModel): boolean =>
    (models[model].aiccAboveBest ?? Infinity) <= NO_DIFFERENCE;
  return { supported: models.usl.aicc === null ? null : (SCALING_MODELS.find(isSupported) ?? null), models };
}

/** @param estimated parameters of the curve, and one for the noise */
function aiccOf(observations: number, squares: number, estimated: number): number | null {
  const spare = observations - estimated - 1;
  if (spare <= 0) return null;
  const aic = observations * Math.log(squares / observations) + 2 * estimated;
  return aic + (2 * estimated * (estimated + 1)) / spare;
}

function squaresAround(scaled: readonly number[][], centre: (at: number) => number): number {
  return scaled.reduce(
    (sum, values, at) => values.reduce((more, value) => more + (value - centre(at)) ** 2, sum),
    0,
  );
}
