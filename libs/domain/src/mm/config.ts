import { MmInvariantBroken } from './errors';

/** The shared zero page (R120): frame 0 of the laboratory. It is in no shard's budget and is never freed. */
export const ZERO_FRAME = 0;
/** Frame numbers one shard has for itself, so that they are unique in a laboratory. */
export const MAX_SHARD_FRAMES = 2 ** 28;

/** What a shard is told at its start. */
export interface MmConfig {
  /** Index of the shard. */
  shard: number;
  /** Physical frames of the shard, at most {@link MAX_SHARD_FRAMES}. */
  frames: number;
  /** Pages its swap space holds; unlimited by default. With less, memory can run out (R116). */
  swapPages?: number;
  /** Frames that one reclaim takes at least; by default an eighth of all, from 1 to 32. */
  reclaimBatch?: number;
  /** Whether the first touch of a file page in the shard counts as major (R115); true by default. */
  readFileAsMajor?: boolean;
}

/** A configuration with nothing left open. */
export type ResolvedMmConfig = Readonly<Required<MmConfig>>;

/** Fills in the defaults and refuses numbers that mean nothing. */
export function resolveConfig(config: MmConfig): ResolvedMmConfig {
  const { shard, frames } = config;
  if (!Number.isInteger(shard) || shard < 0) throw new MmInvariantBroken(`shard ${shard} is no index`);
  if (!Number.isInteger(frames) || frames < 0 || frames > MAX_SHARD_FRAMES) {
    throw new MmInvariantBroken(`${frames} is no number of frames`);
  }
  return {
    shard,
    frames,
    swapPages: config.swapPages ?? Number.MAX_SAFE_INTEGER,
    reclaimBatch: config.reclaimBatch ?? Math.min(32, Math.max(1, frames >> 3)),
    readFileAsMajor: config.readFileAsMajor ?? true,
  };
}

/** Number of the first frame of a shard; frame 0 is the zero page, so shard 0 begins at 1. */
export function firstFrame(shard: number): number {
  return shard * MAX_SHARD_FRAMES + 1;
}
