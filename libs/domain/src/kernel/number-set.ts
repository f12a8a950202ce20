const CHUNK_BITS = 4096;
const WORD_BITS = 32;
const ALL_BITS = 0xffff_ffff;

/** A chunk of which every number is in the set needs no bits. */
const FULL = 'full';

interface Chunk {
  words: Uint32Array;
  size: number;
}

/**
 * A set of numbers from 0 that are mostly added in order: one bit a number while a chunk of 4096 has holes, nothing once it is
 * whole. For numbers without gaps memory is therefore bounded by how far apart the oldest missing and the newest one are.
 */
export class NumberSet {
  /** Every chunk below is whole. */
  private wholeBelow = 0;
  private readonly chunks = new Map<number, Chunk | typeof FULL>();
  /** The chunk that was looked at last: what comes next is mostly near. */
  private nearIndex = -1;
  private near: Chunk | typeof FULL | undefined;
  private count = 0;

  /** How many numbers are in the set. */
  get size(): number {
    return this.count;
  }

  /** How many chunks hold bits; what the set's memory is made of. */
  get chunksHeld(): number {
    return this.chunks.size;
  }

  has(number: number): boolean {
    const index = Math.floor(number / CHUNK_BITS);
    if (index < this.wholeBelow) return true;
    const chunk = this.chunkAt(index);
    if (chunk === undefined || chunk === FULL) return chunk === FULL;
    const bit = number % CHUNK_BITS;
    return ((chunk.words[Math.floor(bit / WORD_BITS)] ?? 0) & (1 << (bit % WORD_BITS))) !== 0;
  }

  /** Adds a number. Returns false when it was there already. */
  add(number: number): boolean {
    const index = Math.floor(number / CHUNK_BITS);
    if (index < this.wholeBelow) return false;
    const chunk = this.chunkAt(index) ?? this.begin(index);
    if (chunk === FULL) return false;
    const place = number % CHUNK_BITS;
    const word = Math.floor(place / WORD_BITS);
    const bits = chunk.words[word] ?? 0;
    const bit = 1 << (place % WORD_BITS);
    if ((bits & bit) !== 0) return false;
    chunk.words[word] = bits | bit;
    chunk.size += 1;
    this.count += 1;
    if (chunk.size === CHUNK_BITS) this.close(index);
    return true;
  }

  /** Adds `count` numbers from `first` on, whole chunks at once. Tells of each number that was there already. */
  addRange(first: number, count: number, onPresent: (number: number) => void): void {
    const end = first + count;
    for (let number = first; number < end;) {
      const index = Math.floor(number / CHUNK_BITS);
      const isWhole = number % CHUNK_BITS === 0 && number + CHUNK_BITS <= end;
      if (isWhole && index >= this.wholeBelow && !this.chunks.has(index)) {
        this.count += CHUNK_BITS;
        this.close(index);
        number += CHUNK_BITS;
      } else {
        if (!this.add(number)) onPresent(number);
        number += 1;
      }
    }
  }

  /** The set as ranges, by rising number. */
  ranges(): { first: number; count: number }[] {
    const ranges: { first: number; count: number }[] = [];
    const add = (first: number, count: number): void => {
      const last = ranges[ranges.length - 1];
      if (last !== undefined && last.first + last.count === first) last.count += count;
      else if (count > 0) ranges.push({ first, count });
    };
    add(0, this.wholeBelow * CHUNK_BITS);
    for (const [index, chunk] of [...this.chunks].sort(([one], [other]) => one - other)) {
      const first = index * CHUNK_BITS;
      if (chunk === FULL) add(first, CHUNK_BITS);
      else chunk.words.forEach((word, place) => addBits(word, first + place * WORD_BITS, add));
    }
    return ranges;
  }

  private chunkAt(index: number): Chunk | typeof FULL | undefined {
    if (index !== this.nearIndex) {
      this.nearIndex = index;
      this.near = this.chunks.get(index);
    }
    return this.near;
  }

  private begin(index: number): Chunk {
    const chunk = { words: new Uint32Array(CHUNK_BITS / WORD_BITS), size: 0 };
    this.put(index, chunk);
    return chunk;
  }

  private put(index: number, chunk: Chunk | typeof FULL): void {
    this.chunks.set(index, chunk);
    this.nearIndex = index;
    this.near = chunk;
  }

  private close(index: number): void {
    this.put(index, FULL);
    while (this.chunks.get(this.wholeBelow) === FULL) {
      this.chunks.delete(this.wholeBelow);
      this.wholeBelow += 1;
    }
  }
}

/** Words of a chunk are mostly all ones or all zeros. */
function addBits(word: number, first: number, add: (first: number, count: number) => void): void {
  if (word === 0) return;
  if (word === ALL_BITS) return add(first, WORD_BITS);
  for (let bit = 0; bit < WORD_BITS; bit += 1) if ((word & (1 << bit)) !== 0) add(first + bit, 1);
}
