export { createPacer, type AccessPacer, type PacingConfig } from './pacing';
export { type AccessPattern, type PageWalk } from './pattern';
export { SeededRandom } from './random';
export { PageSpace, type PageRange, type PermittedRange } from './ranges';
export {
  createWorkload,
  type AccessDraw,
  type AccessMix,
  type AccessSource,
  type WorkloadConfig,
} from './source';
export * from './spread';
