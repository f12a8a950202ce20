/** The finish of MurmurHash3: each bit of what comes out depends on every bit of the word. */
export function mixBits(word: number): number {
  word = Math.imul(word ^ (word >>> 16), 0x85eb_ca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
  return word ^ (word >>> 16);
}

/** FNV-1a with that finish, from 0 to before 2^32: names that differ in one digit have nothing in common. */
export function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let place = 0; place < text.length; place += 1)
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x0100_0193);
  return mixBits(hash) >>> 0;
}
