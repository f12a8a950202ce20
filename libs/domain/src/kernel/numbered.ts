const FIRST_SLOTS = 16;
const MOST_SLOTS = 4096;

/**
 * Things in hand that carry rising numbers of 32 bits, as on the wire: accesses of a device, translations in flight, requests without
 * an answer. A `Map` of things that come and go leaves its old tables behind, each with what it held and with the next table: once one
 * of them is among the engine's old objects, all that follow are kept until its next full collection.
 *
 * Nearly always the numbers in hand lie close together, so a thing sits in the slot that the low bits of its number name, and a
 * look-up is an array access where a `Map` would hash, and rehash at every few removals. When a number needs a slot that is
 * taken, the slots double; beyond `mostSlots` the older thing moves to a map, so that one straggler cannot make memory grow.
 */
export class Numbered<T extends object> {
  private slots = new Array<T | undefined>(FIRST_SLOTS).fill(undefined);
  private numbers = new Uint32Array(FIRST_SLOTS);
  private mask = FIRST_SLOTS - 1;
  private readonly stragglers = new Map<number, T>();
  private held = 0;
  private last = 0;

  /** @param mostSlots a power of two: slots beyond which it does not grow */
  constructor(private readonly mostSlots = MOST_SLOTS) {}

  /** Things in hand. */
  get size(): number {
    return this.held;
  }

  /** The thing with this number, if it is in hand. */
  get(number: number): T | undefined {
    const slot = number & this.mask;
    if (this.numbers[slot] === number) {
      const thing = this.slots[slot];
      if (thing !== undefined) return thing;
    }
    return this.stragglers.size === 0 ? undefined : this.stragglers.get(number);
  }

  /** A number that is not in hand, for a thing that brings none of its own: the next one after that which was given last. */
  free(): number {
    do this.last = (this.last + 1) >>> 0;
    while (this.get(this.last) !== undefined);
    return this.last;
  }

  /** Takes a thing in hand under a number that is not in hand. */
  add(number: number, thing: T): void {
    let slot = number & this.mask;
    while (this.slots[slot] !== undefined && this.mask < this.mostSlots - 1) {
      this.grow();
      slot = number & this.mask;
    }
    const occupant = this.slots[slot];
    if (occupant !== undefined) this.stragglers.set(this.numbers[slot] ?? 0, occupant);
    this.slots[slot] = thing;
    this.numbers[slot] = number;
    this.held += 1;
  }

  /** Lets go of the thing with this number, if it is in hand. */
  delete(number: number): void {
    const slot = number & this.mask;
    if (this.numbers[slot] === number && this.slots[slot] !== undefined) this.slots[slot] = undefined;
    else if (!this.stragglers.delete(number)) return;
    this.held -= 1;
  }

  /** Lets go of everything. Returns it, by rising number. */
  clear(): T[] {
    const things = this.held === 0 ? [] : this.list();
    this.slots.fill(undefined);
    this.stragglers.clear();
    this.held = 0;
    return things;
  }

  /** Everything in hand, by rising number. It sorts, so it is for seldom events. */
  list(): T[] {
    const found: [number, T][] = [...this.stragglers];
    for (const [slot, thing] of this.slots.entries()) {
      if (thing !== undefined) found.push([this.numbers[slot] ?? 0, thing]);
    }
    return found.sort((one, other) => one[0] - other[0]).map(([, thing]) => thing);
  }

  /** Everything in hand, in no order that means anything. */
  forEach(visit: (thing: T) => void): void {
    for (const thing of this.slots) if (thing !== undefined) visit(thing);
    for (const thing of this.stragglers.values()) visit(thing);
  }

  private grow(): void {
    const { slots, numbers } = this;
    this.slots = new Array<T | undefined>(slots.length * 2).fill(undefined);
    this.numbers = new Uint32Array(slots.length * 2);
    this.mask = this.slots.length - 1;
    // Numbers that differ in their low bits go on to differ with one bit more, so nothing collides here.
    for (const [from, thing] of slots.entries()) {
      if (thing === undefined) continue;
      const number = numbers[from] ?? 0;
      this.slots[number & this.mask] = thing;
      this.numbers[number & this.mask] = number;
    }
  }
}
