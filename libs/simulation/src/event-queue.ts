import { Fifo } from '@faultline/hosting';

/** Something that is to happen. */
class Entry {
  constructor(
    readonly atMicros: number,
    /** What was queued first happens first, at the same time. */
    readonly order: number,
    public task: (() => void) | undefined,
  ) {}

  comesBefore(other: Entry): boolean {
    return this.atMicros < other.atMicros || (this.atMicros === other.atMicros && this.order < other.order);
  }
}

/** Below so many entries, what was cancelled is not worth looking for. */
const SMALL = 64;
/** Delays that have a line of their own, and how long they may be: what is cancelled in a line stays there until its time. */
const MOST_LINES = 12;
const LONGEST_LINE_MICROS = 1_000;

/** Delays without a line that are remembered. */
const LATELY = 16;

/** What happens equally long after it was queued: it comes in order by itself. */
interface Line {
  readonly delayMicros: number;
  readonly entries: Fifo<Entry>;
}

/**
 * What is to happen, by its time. Most of what is queued takes one of a few delays, and stands in a line for each; everything else in a
 * binary heap, of which at most half (and {@link SMALL}) was cancelled.
 */
export class EventQueue {
  private heap: Entry[] = [];
  private readonly lines: Line[] = [];
  private readonly lately: number[] = [];
  private order = 0;
  private cancelled = 0;

  /** Queues a task. Returns a function that cancels it. */
  push(atMicros: number, task: () => void): () => void {
    const entry = new Entry(atMicros, this.order++, task);
    this.rise(entry);
    return () => {
      if (!entry.task) return;
      entry.task = undefined;
      this.cancelled += 1;
      if (this.cancelled > SMALL && 2 * this.cancelled > this.heap.length) this.sweep();
    };
  }

  /** Queues a task for so long after now, which never goes back. Returns a function that cancels it. */
  pushAfter(nowMicros: number, delayMicros: number, task: () => void): () => void {
    const line = delayMicros <= LONGEST_LINE_MICROS ? this.lineOf(delayMicros) : undefined;
    if (!line) return this.push(nowMicros + delayMicros, task);
    const entry = new Entry(nowMicros + delayMicros, this.order++, task);
    line.push(entry);
    return () => void (entry.task = undefined);
  }

  /** Entries that are kept. */
  get size(): number {
    return this.lines.reduce((sum, { entries }) => sum + entries.length, this.heap.length);
  }

  /** When the next thing happens; `undefined` when nothing will. */
  get nextAtMicros(): number | undefined {
    return this.nextLine()?.peek()?.atMicros ?? this.heap[0]?.atMicros;
  }

  /** The task that comes next, if it is due at the time. */
  takeDue(nowMicros: number): (() => void) | undefined {
    const line = this.nextLine();
    const entry = line ? line.peek() : this.heap[0];
    if (!entry || entry.atMicros > nowMicros) return undefined;
    if (line) line.shift();
    else this.removeFirst();
    const { task } = entry;
    // Who cancels it now comes too late, and is not counted.
    entry.task = undefined;
    return task;
  }

  /** The line whose first entry comes next; undefined when that is the first of the heap. What was cancelled is taken off the fronts. */
  private nextLine(): Fifo<Entry> | undefined {
    let first = this.heap[0];
    while (first && !first.task) {
      this.removeFirst();
      this.cancelled -= 1;
      first = this.heap[0];
    }
    let next: Fifo<Entry> | undefined;
    for (const { entries } of this.lines) {
      let entry = entries.peek();
      while (entry && !entry.task) {
        entries.shift();
        entry = entries.peek();
      }
      if (!entry || (first && !entry.comesBefore(first))) continue;
      first = entry;
      next = entries;
    }
    return next;
  }

  /** The line for a delay. One gets it that was asked for not long ago: what is drawn anew each time would leave none for the others. */
  private lineOf(delayMicros: number): Fifo<Entry> | undefined {
    for (const line of this.lines) if (line.delayMicros === delayMicros) return line.entries;
    if (this.lines.length === MOST_LINES) return undefined;
    if (!this.lately.includes(delayMicros)) {
      this.lately[this.order % LATELY] = delayMicros;
      return undefined;
    }
    const line = { delayMicros, entries: new Fifo<Entry>() };
    this.lines.push(line);
    return line.entries;
  }

  /** Most requests are answered long before the time at which they would be given up: their alarms would fill the memory. */
  private sweep(): void {
    // What is in order is a heap.
    this.heap = this.heap.filter(({ task }) => task).sort((one, other) => (one.comesBefore(other) ? -1 : 1));
    this.cancelled = 0;
  }

  private rise(entry: Entry): void {
    const { heap } = this;
    let place = heap.length;
    heap.push(entry);
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = heap[above];
      if (!parent || !entry.comesBefore(parent)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last && heap.length > 0) this.sink(last);
  }

  /** Puts the entry in the place of the first one, and from there to where it belongs. */
  private sink(entry: Entry): void {
    const { heap } = this;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const one = heap[left];
      if (!one) break;
      const other = heap[left + 1];
      const isRight = other !== undefined && other.comesBefore(one);
      const smaller = isRight ? other : one;
      if (!smaller.comesBefore(entry)) break;
      heap[place] = smaller;
      place = isRight ? left + 1 : left;
    }
    heap[place] = entry;
  }
}
