import { MmInvariantBroken } from './errors';

/** The shared zero page (R120): frame 0 of the laboratory. It is in no shard's budget and is never freed. */
export const ZERO_FRAME = 0;
/** Frame numbers one shard has for itself, so that they are unique in a laboratory. */
export const MAX_SHARD_FRAMES = 2 ** 28;

/** Pages that one fault brings along at most: more would keep the shard from everything else. */
export const MAX_PREFETCH_PAGES = 2 ** 16;

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
  /** Which frames are taken first when memory is short; `lru` by default. */
  reclaim?: ReclaimPolicy;
  /**
   * Pages of the aligned window around a read fault that are mapped with it, where that needs neither a frame nor storage. A power
   * of two; 1, the default, maps the faulting page alone.
   */
  faultAround?: number;
  /**
   * Pages of the aligned block around a fault that are installed with it, as long as frames are free. A power of two; 1, the
   * default, installs the faulting page alone.
   */
  premap?: number;
}

/**
 * How frames are chosen for reclaim. Faults are all that the mm sees of accesses (R7), so both go by them: `lru` takes the frame
 * whose last fault is longest ago; `clock` goes round in the order of installation and passes over a frame once for each time it
 * was faulted on since it last came by (second chance).
 */
export type ReclaimPolicy = 'lru' | 'clock';

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
    reclaim: config.reclaim ?? 'lru',
    faultAround: windowOf('fault-around', config.faultAround ?? 1),
    premap: windowOf('premap', config.premap ?? 1),
  };
}

/** Windows of powers of two lie in each other, so that each page is looked at once. */
function windowOf(name: string, pages: number): number {
  if (Number.isInteger(pages) && pages >= 1 && pages <= MAX_PREFETCH_PAGES && Math.log2(pages) % 1 === 0)
    return pages;
  throw new MmInvariantBroken(`${name} ${pages} is no power of two up to ${MAX_PREFETCH_PAGES}`);
}

/** Number of the first frame of a shard; frame 0 is the zero page, so shard 0 begins at 1. */
export function firstFrame(shard: number): number {
  return shard * MAX_SHARD_FRAMES + 1;
}
