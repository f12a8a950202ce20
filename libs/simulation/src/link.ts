import { drawSpread, type SeededRandom } from '@faultline/domain';
import type { FailureVerb } from './failures';
import type { NetworkModel } from './network-model';
import type { VirtualClock } from './virtual-clock';

/** What may be wrong with a cable. */
export type LinkTrouble = Exclude<FailureVerb, 'kill' | 'restart' | 'freeze'>;

/** What is slow takes so many times as long. */
const SLOWNESS = 30;
/** So many messages lag while that is what is wrong, each by up to so many hops: longer than most of what it races with. */
const LAGGING = 0.25;
const LAG_HOPS = 100;
/** How probable it is that a message gets lost, arrives twice, is not acknowledged or is given to others, while that is what is wrong. */
const HARM = 0.3;

/** The cable between one process and the bus. */
export class Link {
  /** Where the replies to what it asks come in. */
  readonly replies: string;
  private readonly troubles = new Map<LinkTrouble, number>();
  /** Sides of partitions that it is on. */
  private readonly sides = new Set<object>();
  /** When the last message on each way arrives: none that is sent later does so before. */
  private readonly arrivals = new Map<string, number>();
  private readonly streams = new Set<Stream>();
  private waiting: (() => void)[] = [];

  constructor(
    readonly number: number,
    private readonly model: NetworkModel,
    private readonly clock: VirtualClock,
    private readonly random: SeededRandom,
  ) {
    this.replies = `replies/${number}`;
  }

  /** Whether the log and the stores cannot be reached. */
  get isCut(): boolean {
    return this.sides.size > 0;
  }

  /** Whether messages get from here to there: every partition has both on the same side. */
  reaches(other: Link): boolean {
    if (this.sides.size !== other.sides.size) return false;
    for (const side of this.sides) if (!other.sides.has(side)) return false;
    return true;
  }

  begin(trouble: LinkTrouble, side: object): void {
    if (trouble === 'cut') this.sides.add(side);
    else this.troubles.set(trouble, (this.troubles.get(trouble) ?? 0) + 1);
  }

  end(trouble: LinkTrouble, side: object): void {
    if (trouble !== 'cut') {
      this.troubles.set(trouble, (this.troubles.get(trouble) ?? 0) - 1);
      return;
    }
    this.sides.delete(side);
    if (this.isCut) return;
    for (const stream of this.streams) stream.resume();
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** Resolves when the log can be reached. */
  async whole(): Promise<void> {
    while (this.isCut) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Whether this is a message that is harmed so. */
  harms(trouble: LinkTrouble): boolean {
    return (this.troubles.get(trouble) ?? 0) > 0 && this.happens(HARM);
  }

  isLost(): boolean {
    return this.happens(this.model.loss) || this.harms('lose');
  }

  isDoubled(): boolean {
    return this.happens(this.model.duplication) || this.harms('duplicate');
  }

  happens(probability: number): boolean {
    return probability > 0 && this.random.unit() < probability;
  }

  /** From 0 to 1. */
  share(): number {
    return this.random.unit();
  }

  /** Runs the task a hop later; there is no telling what overtakes what. */
  hop(task: () => void): void {
    this.clock.surely(this.hopMicros(), task);
  }

  /** Like {@link hop}, behind everything that was sent on the same way before: a connection keeps the order of what has one subject. */
  inOrder(way: string, task: () => void): void {
    const now = this.clock.nowMicros();
    const hop = this.hopMicros();
    const last = this.arrivals.get(way) ?? 0;
    // Nearly always nothing is in the way, and the hop itself is one of the few delays for which the clock keeps a line.
    const delay = now + hop >= last ? hop : last - now;
    this.arrivals.set(way, now + delay);
    this.clock.surely(delay, task);
  }

  /** Runs the task when the log has stored what arrived. */
  store(task: () => void): void {
    this.clock.surely(drawSpread(this.random, this.model.storeMicros), task);
  }

  /** Runs the task when somebody who waits for an answer gives up. */
  patience(task: () => void): void {
    this.clock.surely(this.model.patienceMicros, task);
  }

  /** Deliveries of one subscription. */
  stream(): Stream {
    const stream = new Stream(this, this.clock, () => this.streams.delete(stream));
    this.streams.add(stream);
    return stream;
  }

  /** What a delivery takes beyond the hop that it had. */
  delay(): number {
    return (this.factor - 1) * this.model.hopMicros.median + this.lag();
  }

  private get factor(): number {
    return (this.troubles.get('slow') ?? 0) > 0 ? SLOWNESS : 1;
  }

  private lag(): number {
    const isTroubled = (this.troubles.get('reorder') ?? 0) > 0;
    if (!this.happens(isTroubled ? LAGGING : this.model.reordering)) return 0;
    return this.random.unit() * LAG_HOPS * this.model.hopMicros.median;
  }

  private hopMicros(): number {
    return drawSpread(this.random, this.model.hopMicros) * this.factor + this.lag();
  }
}

/** What comes to a process on one subscription: in order, and when the cable is whole. */
export class Stream {
  private waiting: (() => void)[] = [];
  private isMoving = false;
  private isClosed = false;

  constructor(
    private readonly link: Link,
    private readonly clock: VirtualClock,
    private readonly onClose: () => void,
  ) {}

  take(task: () => void): void {
    if (this.isClosed) return;
    const delay = this.link.delay();
    if (delay === 0 && this.waiting.length === 0 && !this.link.isCut) return task();
    this.waiting.push(task);
    this.move(delay);
  }

  /** The cable is whole again. */
  resume(): void {
    this.move(0);
  }

  close(): void {
    this.isClosed = true;
    this.waiting = [];
    this.onClose();
  }

  private move(delay: number): void {
    if (this.isMoving || this.link.isCut || this.waiting.length === 0) return;
    this.isMoving = true;
    this.clock.surely(delay, () => {
      this.isMoving = false;
      if (this.link.isCut) return;
      this.waiting.shift()?.();
      this.move(this.link.delay());
    });
  }
}
