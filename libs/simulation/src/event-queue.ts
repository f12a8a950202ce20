/** Something that is to happen. */
interface Entry {
  atMicros: number;
  /** What was queued first happens first, at the same time. */
  order: number;
  task: (() => void) | undefined;
}

const comesBefore = (one: Entry, other: Entry): boolean =>
  one.atMicros < other.atMicros || (one.atMicros === other.atMicros && one.order < other.order);

/** Below so many entries, what was cancelled is not worth looking for. */
const SMALL = 64;

/** What is to happen, by its time: a binary heap, of which at most half (and {@link SMALL}) was cancelled. */
export class EventQueue {
  private heap: Entry[] = [];
  private order = 0;
  private cancelled = 0;

  /** Queues a task. Returns a function that cancels it. */
  push(atMicros: number, task: () => void): () => void {
    const entry: Entry = { atMicros, order: this.order++, task };
    this.rise(entry);
    return () => {
      if (!entry.task) return;
      entry.task = undefined;
      this.cancelled += 1;
      if (this.cancelled > SMALL && 2 * this.cancelled > this.heap.length) this.sweep();
    };
  }

  /** Entries that are kept. */
  get size(): number {
    return this.heap.length;
  }

  /** When the next thing happens; `undefined` when nothing will. */
  get nextAtMicros(): number | undefined {
    for (let first = this.heap[0]; first; first = this.heap[0]) {
      if (first.task) return first.atMicros;
      this.removeFirst();
      this.cancelled -= 1;
    }
    return undefined;
  }

  /** The task that comes next, if it is due at the time. */
  takeDue(nowMicros: number): (() => void) | undefined {
    const at = this.nextAtMicros;
    if (at === undefined || at > nowMicros) return undefined;
    const entry = this.removeFirst();
    const task = entry?.task;
    // Who cancels it now comes too late, and is not counted.
    if (entry) entry.task = undefined;
    return task;
  }

  /** Most requests are answered long before the time at which they would be given up: their alarms would fill the memory. */
  private sweep(): void {
    // What is in order is a heap.
    this.heap = this.heap.filter(({ task }) => task).sort((one, other) => (comesBefore(one, other) ? -1 : 1));
    this.cancelled = 0;
  }

  private rise(entry: Entry): void {
    const { heap } = this;
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (!parent || !comesBefore(entry, parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  private removeFirst(): Entry | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last && heap.length > 0) this.sink(last);
    return first;
  }

  /** Puts the entry in the place of the first one, and from there to where it belongs. */
  private sink(entry: Entry): void {
    const { heap } = this;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const [one, other] = [heap[left], heap[left + 1]];
      if (!one) break;
      const isRight = other !== undefined && comesBefore(other, one);
      const smaller = isRight ? other : one;
      if (!comesBefore(smaller, entry)) break;
      heap[place] = smaller;
      place = isRight ? left + 1 : left;
    }
    heap[place] = entry;
  }
}
