import type { SeededRandom } from './random';

/**
 * Ranks 0 .. size-1 where rank k has a probability proportional to 1 / (k+1)^exponent, drawn by rejection-inversion
 * (Hoermann and Derflinger 1996): exact for the distribution up to floating-point rounding, in constant time and memory,
 * with fewer than 1.2 draws a rank.
 */
export class ZipfRanks {
  private readonly areaAtFirst: number;
  private readonly areaAtEnd: number;
  private readonly shortcut: number;

  /** @param exponent above 0; the larger, the hotter the first ranks (0.99 is the usual choice for caches) */
  constructor(
    readonly size: number,
    readonly exponent: number,
    private readonly random: SeededRandom,
  ) {
    if (!(size >= 1)) throw new RangeError(`zipf needs at least 1 rank, found ${size}`);
    if (!(exponent > 0)) throw new RangeError(`the exponent of zipf must be above 0, found ${exponent}`);
    this.areaAtFirst = this.area(1.5) - 1;
    this.areaAtEnd = this.area(size + 0.5);
    this.shortcut = 2 - this.inverseArea(this.area(2.5) - this.height(2));
  }

  /** The next rank, from 0. */
  next(): number {
    for (;;) {
      const drawn = this.areaAtEnd + this.random.unit() * (this.areaAtFirst - this.areaAtEnd);
      const at = this.inverseArea(drawn);
      const rank = Math.min(this.size, Math.max(1, Math.floor(at + 0.5)));
      if (rank - at <= this.shortcut || drawn >= this.area(rank + 0.5) - this.height(rank)) return rank - 1;
    }
  }

  private height(at: number): number {
    return Math.exp(-this.exponent * Math.log(at));
  }

  /** Integral of the height from 1, written so that it stays exact where the exponent is near 1. */
  private area(at: number): number {
    const log = Math.log(at);
    return expRatio((1 - this.exponent) * log) * log;
  }

  private inverseArea(area: number): number {
    // Rounding can put the argument just below -1, where the logarithm ends.
    const bounded = Math.max(-1, area * (1 - this.exponent));
    return Math.exp(logRatio(bounded) * area);
  }
}

/** (e^x - 1) / x, and its limit at 0. */
function expRatio(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.expm1(x) / x : 1 + (x / 2) * (1 + x / 3);
}

/** log(1 + x) / x, and its limit at 0. */
function logRatio(x: number): number {
  return Math.abs(x) > 1e-8 ? Math.log1p(x) / x : 1 - x * (1 / 2 - x / 3);
}
