export { createPacer, type AccessPacer, type PacingConfig } from './pacing';
export { createPageWalk, type AccessPattern, type PageWalk } from './pattern';
export { Permutation } from './permutation';
export { SeededRandom } from './random';
export { PageSpace, type PageRange, type PermittedRange } from './ranges';
export {
  createWorkload,
  type AccessDraw,
  type AccessMix,
  type AccessSource,
  type WorkloadConfig,
} from './source';
export { ZipfRanks } from './zipf';
export * from './spread';
