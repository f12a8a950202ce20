import { Fifo } from '@faultline/hosting';
import { EntryHeap } from './entry-heap';

/** Something that is to happen. */
class Entry {
  constructor(
    readonly atMicros: number,
    /** What was queued first happens first, at the same time. */
    readonly order: number,
    public task: (() => void) | undefined,
    /** Where it stands, if its delay has a line. */
    readonly line?: Line,
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
 * What is to happen, by its time. Most of what is queued takes one of a few delays, and stands in a line for each, of which only the first
 * is compared with others; everything else in a heap, of which at most half (and {@link SMALL}) was cancelled.
 */
export class EventQueue {
  /** The first of each line. */
  private readonly fronts = new EntryHeap<Entry>();
  private readonly others = new EntryHeap<Entry>();
  private readonly lines: Line[] = [];
  private readonly lately: number[] = [];
  private order = 0;
  /** Among the others. */
  private cancelled = 0;

  /** Queues a task. Returns a function that cancels it. */
  push(atMicros: number, task: () => void): () => void {
    const entry = this.addOther(atMicros, task);
    return () => this.cancel(entry);
  }

  /** Queues a task for so long after now, which never goes back. Returns a function that cancels it. */
  pushAfter(nowMicros: number, delayMicros: number, task: () => void): () => void {
    const entry = this.addAfter(nowMicros, delayMicros, task);
    return () => this.cancel(entry);
  }

  /** {@link pushAfter} for what is never cancelled. */
  addAfter(nowMicros: number, delayMicros: number, task: () => void): Entry {
    const line = delayMicros <= LONGEST_LINE_MICROS ? this.lineOf(delayMicros) : undefined;
    if (!line) return this.addOther(nowMicros + delayMicros, task);
    const entry = new Entry(nowMicros + delayMicros, this.order++, task, line);
    if (line.entries.length === 0) this.fronts.push(entry);
    line.entries.push(entry);
    return entry;
  }

  private addOther(atMicros: number, task: () => void): Entry {
    const entry = new Entry(atMicros, this.order++, task);
    this.others.push(entry);
    return entry;
  }

  private cancel(entry: Entry): void {
    if (!entry.task) return;
    entry.task = undefined;
    if (entry.line) return;
    this.cancelled += 1;
    if (this.cancelled > SMALL && 2 * this.cancelled > this.others.length) this.sweep();
  }

  /** Entries that are kept. */
  get size(): number {
    return this.lines.reduce((sum, { entries }) => sum + entries.length, this.others.length);
  }

  /** When the next thing happens; `undefined` when nothing will. */
  get nextAtMicros(): number | undefined {
    return this.next()?.atMicros;
  }

  /** The task that comes next, if it is due at the time. */
  takeDue(nowMicros: number): (() => void) | undefined {
    const entry = this.next();
    if (!entry || entry.atMicros > nowMicros) return undefined;
    this.remove(entry);
    const { task } = entry;
    // Who cancels it now comes too late, and is not counted.
    entry.task = undefined;
    return task;
  }

  /** The entry that comes next. What was cancelled before it is taken off. */
  private next(): Entry | undefined {
    let front = this.fronts.first;
    for (; front && !front.task; front = this.fronts.first) this.remove(front);
    let other = this.others.first;
    for (; other && !other.task; other = this.others.first) {
      this.remove(other);
      this.cancelled -= 1;
    }
    return front && !(other?.comesBefore(front) ?? false) ? front : other;
  }

  /** Takes off the first entry of its heap. */
  private remove({ line }: Entry): void {
    if (!line) return this.others.removeFirst();
    line.entries.shift();
    const following = line.entries.peek();
    if (following) this.fronts.replaceFirst(following);
    else this.fronts.removeFirst();
  }

  /** The line for a delay. One gets it that was asked for not long ago: what is drawn anew each time would leave none for the others. */
  private lineOf(delayMicros: number): Line | undefined {
    for (const line of this.lines) if (line.delayMicros === delayMicros) return line;
    if (this.lines.length === MOST_LINES) return undefined;
    if (!this.lately.includes(delayMicros)) {
      this.lately[this.order % LATELY] = delayMicros;
      return undefined;
    }
    const line = { delayMicros, entries: new Fifo<Entry>() };
    this.lines.push(line);
    return line;
  }

  /** Most requests are answered long before the time at which they would be given up: their alarms would fill the memory. */
  private sweep(): void {
    this.others.keep(({ task }) => task !== undefined);
    this.cancelled = 0;
  }
}
