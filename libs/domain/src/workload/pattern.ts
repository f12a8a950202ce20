import { Permutation } from './permutation';
import type { SeededRandom } from './random';
import { ZipfRanks } from './zipf';

/** In which order a workload touches the pages of its ranges. */
export type AccessPattern =
  /** One page after the other, again and again. */
  | { kind: 'sequential' }
  /** Every `stride`-th page; each pass starts one page later, so that all pages have their turn. */
  | { kind: 'strided'; stride: number }
  /** Every page with the same probability. */
  | { kind: 'uniform' }
  /** Few hot pages, scattered over the ranges: see {@link ZipfRanks}. */
  | { kind: 'zipf'; exponent: number }
  /** One seeded cycle through all pages, as dependent loads walk a linked list. */
  | { kind: 'pointer-chase' };

/** Yields numbers of pages, for ever. */
export interface PageWalk {
  next(): number;
}

/** The walk of a pattern over `size` pages. All randomness comes from `random`, which the walk keeps. */
export function createPageWalk(pattern: AccessPattern, size: number, random: SeededRandom): PageWalk {
  switch (pattern.kind) {
    case 'sequential':
      return new StridedWalk(size, 1);
    case 'strided':
      return new StridedWalk(size, pattern.stride);
    case 'uniform':
      return { next: () => random.below(size) };
    case 'zipf':
      return new ZipfWalk(new ZipfRanks(size, pattern.exponent, random), new Permutation(size, random));
    case 'pointer-chase':
      return new ChaseWalk(new Permutation(size, random));
  }
}

class StridedWalk implements PageWalk {
  private at = 0;
  private pass = 0;

  constructor(
    private readonly size: number,
    private readonly stride: number,
  ) {
    if (!Number.isSafeInteger(stride) || stride < 1)
      throw new RangeError(`a stride is a whole number of at least 1, found ${stride}`);
  }

  next(): number {
    const found = this.at;
    this.at += this.stride;
    if (this.at >= this.size) {
      this.pass = (this.pass + 1) % Math.min(this.stride, this.size);
      this.at = this.pass;
    }
    return found;
  }
}

class ZipfWalk implements PageWalk {
  constructor(
    private readonly ranks: ZipfRanks,
    private readonly places: Permutation,
  ) {}

  next(): number {
    return this.places.at(this.ranks.next());
  }
}

class ChaseWalk implements PageWalk {
  private step = 0;

  constructor(private readonly order: Permutation) {}

  next(): number {
    const found = this.order.at(this.step);
    this.step = this.step + 1 === this.order.size ? 0 : this.step + 1;
    return found;
  }
}
