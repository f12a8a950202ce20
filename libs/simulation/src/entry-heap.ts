/** Something that has its place in an order. */
interface Placed<Item> {
  comesBefore(other: Item): boolean;
}

/** A binary heap: what comes first is at hand, whatever was pushed in whatever order. */
export class EntryHeap<Item extends Placed<Item>> {
  private items: Item[] = [];

  get length(): number {
    return this.items.length;
  }

  /** The one that comes before all others; undefined when there is none. */
  get first(): Item | undefined {
    return this.items[0];
  }

  push(item: Item): void {
    const { items } = this;
    let place = items.length;
    items.push(item);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = items[above];
      if (!parent || !item.comesBefore(parent)) break;
      items[place] = parent;
      place = above;
    }
    items[place] = item;
  }

  removeFirst(): void {
    const last = this.items.pop();
    if (last && this.items.length > 0) this.replaceFirst(last);
  }

  /** Another one is there in the place of the first. */
  replaceFirst(item: Item): void {
    const { items } = this;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const one = items[left];
      if (!one) break;
      const other = items[left + 1];
      const isRight = other !== undefined && other.comesBefore(one);
      const smaller = isRight ? other : one;
      if (!smaller.comesBefore(item)) break;
      items[place] = smaller;
      place = isRight ? left + 1 : left;
    }
    items[place] = item;
  }

  /** Keeps only these. */
  keep(isKept: (item: Item) => boolean): void {
    // What is in order is a heap.
    this.items = this.items.filter(isKept).sort((one, other) => (one.comesBefore(other) ? -1 : 1));
  }
}
