/**
 * Seeded draws of whole numbers in [0, bound), for resampling: splitmix32, which is one pass over its 2^32 states. The same seed
 * gives the same draws on every machine.
 *
 * @param seed any whole number; its low 32 bits count
 */
export function seededDraws(seed: number): (bound: number) => number {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x9e37_79b9) | 0;
    let word = Math.imul(state ^ (state >>> 16), 0x21f0_aaad);
    word = Math.imul(word ^ (word >>> 15), 0x735a_2d97);
    return Math.floor((((word ^ (word >>> 15)) >>> 0) / 2 ** 32) * bound);
  };
}
