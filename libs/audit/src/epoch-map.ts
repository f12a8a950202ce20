const EPOCHS = 2 ** 32;

/** One value for each epoch of each unit, made when it is first asked for: identities are unique only within an epoch (D1). */
export class EpochMap<T> {
  private readonly values = new Map<number, T>();
  /** What was asked for last: an event's neighbours are of the same unit and epoch. */
  private lastKey = Number.NaN;
  private last: T | undefined;

  constructor(private readonly create: () => T) {}

  get(unit: number, epoch: number): T {
    let value = this.peek(unit, epoch);
    if (value !== undefined) return value;
    value = this.create();
    const key = unit * EPOCHS + epoch;
    this.values.set(key, value);
    this.last = value;
    this.lastKey = key;
    return value;
  }

  /** The value if there is one; makes none. */
  peek(unit: number, epoch: number): T | undefined {
    const key = unit * EPOCHS + epoch;
    if (key === this.lastKey) return this.last;
    this.last = this.values.get(key);
    this.lastKey = key;
    return this.last;
  }

  /** Every value with its unit and epoch, oldest first. */
  *entries(): Generator<{ unit: number; epoch: number; value: T }> {
    for (const [key, value] of this.values) {
      // Units without a number count as -1, and a remainder would then be negative.
      const unit = Math.floor(key / EPOCHS);
      yield { unit, epoch: key - unit * EPOCHS, value };
    }
  }
}

const ROUNDS = 2 ** 32;

/** Key of a fault in its segment's epoch. Stalls that fault again keep their number (D10), so the round belongs to the key. */
export const faultKey = (request: number, stallRound: number): number => request + stallRound * ROUNDS;
