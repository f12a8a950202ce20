import { NumberSet } from '../kernel/number-set';
import type { AccessRange, DurableSegmentEvent } from './events';

/** A history as a snapshot holds it. */
export interface PlainAccessHistory {
  over: [device: number, ranges: AccessRange[]][];
  ended: number;
  faulted: number;
  requests: number;
}

/**
 * Which accesses of a segment's devices are over, folded from its log. A new owner issues the others again (D9): what the devices had
 * under way was in no log, and nobody will answer it.
 */
export class AccessHistory {
  private readonly over = new Map<number, NumberSet>();
  private readonly highest = new Map<number, number>();
  /** Accesses that ended, that needed a fault, and the page requests they took. */
  ended = 0;
  faulted = 0;
  requests = 0;

  /** A history as {@link toPlain} gave it. */
  static of(plain: PlainAccessHistory): AccessHistory {
    const history = new AccessHistory();
    for (const [device, ranges] of plain.over) history.add(device, ranges);
    history.ended = plain.ended;
    history.faulted = plain.faulted;
    history.requests = plain.requests;
    return history;
  }

  /** As plain data, for a snapshot. */
  toPlain(): PlainAccessHistory {
    const over = [...this.over].map(([device, set]): [number, AccessRange[]] => [device, set.ranges()]);
    return { over, ended: this.ended, faulted: this.faulted, requests: this.requests };
  }

  /** Takes the next event of the segment. */
  fold(event: DurableSegmentEvent): void {
    switch (event.kind) {
      case 'AccessesHit':
        this.ended += event.atcHits + event.translated;
        this.add(event.device, event.ranges);
        return;
      case 'AccessesWithdrawn':
        this.add(event.device, event.ranges);
        return;
      case 'AccessEnded':
        this.ended += 1;
        if (event.outcome !== 'removed' || event.rounds > 0) this.faulted += 1;
        this.requests += event.rounds;
        this.addOne(event.device, event.access);
        return;
      default:
        return;
    }
  }

  /** Whether the access has ended or was withdrawn. */
  isOver(device: number, access: number): boolean {
    return this.over.get(device)?.has(access) ?? false;
  }

  /** No access of the device with this number or a higher one is over. */
  end(device: number): number {
    return (this.highest.get(device) ?? -1) + 1;
  }

  private add(device: number, ranges: readonly AccessRange[]): void {
    const over = this.overOf(device);
    for (const { first, count } of ranges) {
      over.addRange(first, count, () => undefined);
      this.reach(device, first + count - 1);
    }
  }

  private addOne(device: number, access: number): void {
    this.overOf(device).add(access);
    this.reach(device, access);
  }

  private overOf(device: number): NumberSet {
    let over = this.over.get(device);
    if (over === undefined) this.over.set(device, (over = new NumberSet()));
    return over;
  }

  private reach(device: number, access: number): void {
    if (access > (this.highest.get(device) ?? -1)) this.highest.set(device, access);
  }
}
