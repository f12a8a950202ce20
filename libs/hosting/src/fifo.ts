const FIRST_PLACES = 16;

/**
 * What is taken in the order in which it came. Taking is cheap however much waits, and what was taken is not held on to: the items stand
 * in a ring, which doubles when it is full.
 */
export class Fifo<Item> {
  private ring = new Array<Item | undefined>(FIRST_PLACES).fill(undefined);
  private head = 0;
  private waiting = 0;

  get length(): number {
    return this.waiting;
  }

  push(item: Item): void {
    if (this.waiting === this.ring.length) this.grow();
    this.ring[this.placeOf(this.waiting)] = item;
    this.waiting += 1;
  }

  /** The item that comes `place` places after the next one. */
  peek(place = 0): Item | undefined {
    return place < this.waiting ? this.ring[this.placeOf(place)] : undefined;
  }

  shift(): Item | undefined {
    if (this.waiting === 0) return undefined;
    const item = this.ring[this.head];
    this.ring[this.head] = undefined;
    this.head = this.placeOf(1);
    this.waiting -= 1;
    return item;
  }

  /** Where the item stands; there is always a power of two of places. */
  private placeOf(place: number): number {
    return (this.head + place) & (this.ring.length - 1);
  }

  private grow(): void {
    const { ring, head } = this;
    this.ring = [
      ...ring.slice(head),
      ...ring.slice(0, head),
      ...new Array<undefined>(ring.length).fill(undefined),
    ];
    this.head = 0;
  }
}
