import { Numbered } from '@faultline/domain';
import { faultKey } from './epoch-map';

/** Faults of one segment that find each other by place; more than that are found by a look-up. */
const MOST_SLOTS = 65_536;

/** What is known of the open faults of one segment's epoch. Nearly all are in their first round. */
export class FaultMap<T extends object> {
  private readonly first = new Numbered<T>(MOST_SLOTS);
  private readonly later = new Map<number, T>();

  get(request: number, stallRound: number): T | undefined {
    return stallRound === 0 ? this.first.get(request) : this.later.get(faultKey(request, stallRound));
  }

  /** Adds what is known of a fault of which nothing was. */
  add(request: number, stallRound: number, known: T): void {
    if (stallRound === 0) this.first.add(request, known);
    else this.later.set(faultKey(request, stallRound), known);
  }

  delete(request: number, stallRound: number): void {
    if (stallRound === 0) this.first.delete(request);
    else this.later.delete(faultKey(request, stallRound));
  }

  /** All of it: by request, then that of later rounds. It sorts, so it is for seldom events. */
  list(): T[] {
    return [...this.first.list(), ...this.later.values()];
  }
}
