/**
 * Seeded pseudo-random numbers: xoshiro128** (Blackman and Vigna), whose state is filled by splitmix32.
 *
 * The same seed gives the same stream on every machine. A fork depends on the seed and the name only, never on how many draws
 * were made before, so every device has its own stream and one more device changes nobody else's.
 */
export class SeededRandom {
  private a: number;
  private b: number;
  private c: number;
  private d: number;

  /** @param seed any whole number; its low 53 bits count */
  constructor(readonly seed: number) {
    const low = seed >>> 0;
    const high = Math.floor(seed / 2 ** 32) >>> 0;
    // Signed words are small integers to the engine from the first draw on, which makes a draw several times as quick.
    this.a = splitmix(low, 1) | 0;
    this.b = splitmix(high ^ 0x9e37_79b9, 2) | 0;
    this.c = splitmix(low ^ high, 3) | 0;
    // The state must not be all zeros; three mixed words and a fixed odd one never are.
    this.d = splitmix(low + high, 4) | 1;
  }

  /** A stream of its own for something with a name. */
  fork(name: string): SeededRandom {
    let hash = 0x811c_9dc5;
    for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x0100_0193);
    const low = splitmix((this.seed >>> 0) ^ hash, 5);
    const high = splitmix((Math.floor(this.seed / 2 ** 32) >>> 0) + hash, 6);
    return new SeededRandom(low + (high & 0x1f_ffff) * 2 ** 32);
  }

  /** 32 random bits, as a number from 0 to 2^32 - 1. */
  bits(): number {
    const scaled = Math.imul(this.b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = this.b << 9;
    this.c ^= this.a;
    this.d ^= this.b;
    this.b ^= this.c;
    this.a ^= this.d;
    this.c ^= shifted;
    this.d = (this.d << 11) | (this.d >>> 21);
    return result;
  }

  /** A number in [0, 1) with 53 random bits. */
  unit(): number {
    return ((this.bits() >>> 5) * 0x400_0000 + (this.bits() >>> 6)) / 2 ** 53;
  }

  /**
   * A whole number in [0, bound). Its bias is below 2^-16 for bounds up to 2^16, which take one draw, and below bound / 2^53
   * for larger ones, which take two.
   */
  below(bound: number): number {
    if (bound <= 0x1_0000) return Math.floor((this.bits() / 2 ** 32) * bound);
    return Math.floor(this.unit() * bound);
  }
}

/** The `step`-th word of splitmix32 from a seed. */
function splitmix(seed: number, step: number): number {
  let word = (seed + Math.imul(step, 0x9e37_79b9)) | 0;
  word = Math.imul(word ^ (word >>> 16), 0x21f0_aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a_2d97);
  return (word ^ (word >>> 15)) >>> 0;
}
