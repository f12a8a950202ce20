const EPOCHS = 2 ** 32;

/** One value for each epoch of each unit, made when it is first asked for: identities are unique only within an epoch (D1). */
export class EpochMap<T> {
  private readonly values = new Map<number, T>();

  constructor(private readonly create: () => T) {}

  get(unit: number, epoch: number): T {
    const key = unit * EPOCHS + epoch;
    let value = this.values.get(key);
    if (value === undefined) this.values.set(key, (value = this.create()));
    return value;
  }

  /** The value if there is one; makes none. */
  peek(unit: number, epoch: number): T | undefined {
    return this.values.get(unit * EPOCHS + epoch);
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
