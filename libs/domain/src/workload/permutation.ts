import type { SeededRandom } from './random';

const ROUNDS = 3;
/** The most elements a permutation can have: its arithmetic is that of 32-bit words. */
export const MAX_PERMUTED = 2 ** 32;

/**
 * A seeded permutation of 0 .. size-1 in constant memory.
 *
 * It permutes the next power of two by rounds of "multiply by an odd number, add, fold the high bits down", each of which can be
 * undone, and walks on from what falls outside (fewer than two steps on average). Walking 0, 1, 2 ... through it visits every
 * element once before it repeats: one cycle over all of them, which is what a pointer chase needs.
 */
export class Permutation {
  private readonly mask: number;
  private readonly fold: number;
  private readonly factors: readonly [number, number, number];
  private readonly terms: readonly [number, number, number];

  constructor(
    readonly size: number,
    random: SeededRandom,
  ) {
    if (!(size >= 1 && size <= MAX_PERMUTED))
      throw new RangeError(`a permutation has 1 to 2^32 elements, not ${size}`);
    let bits = 1;
    while (2 ** bits < size) bits += 1;
    this.mask = (2 ** bits - 1) >>> 0;
    this.fold = (bits + 1) >> 1;
    const odd = () => (random.bits() | 1) >>> 0;
    this.factors = [odd(), odd(), odd()];
    this.terms = [random.bits(), random.bits(), random.bits()];
  }

  /** Where the permutation sends `index`, which must be below the size. */
  at(index: number): number {
    let word = index;
    do word = this.scramble(word);
    while (word >= this.size);
    return word;
  }

  private scramble(index: number): number {
    let word = index;
    for (let round = 0; round < ROUNDS; round++) {
      word = ((Math.imul(word, this.factors[round] ?? 1) + (this.terms[round] ?? 0)) & this.mask) >>> 0;
      word ^= word >>> this.fold;
    }
    return word >>> 0;
  }
}
