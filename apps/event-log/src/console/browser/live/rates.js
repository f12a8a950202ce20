// How fast counts grow.

/** Rates are taken over this much time, so that they neither jump nor lag. */
const WINDOW_MILLIS = 2_000;

/** Rates of many counts, each by its name. */
export class Rates {
  /** @type {{ atMillis: number, counts: Map<string, number> }[]} */
  #looks = [];

  /** Takes the counts at one moment. @param {number} atMillis @param {Map<string, number>} counts */
  take(atMillis, counts) {
    this.#looks.push({ atMillis, counts });
    while (this.#looks.length > 2 && atMillis - (this.#looks[1]?.atMillis ?? 0) >= WINDOW_MILLIS)
      this.#looks.shift();
  }

  /** What was counted says nothing of what is counted now. */
  forget() {
    this.#looks = [];
  }

  /** By how much it grows in a second; null while that cannot be said. @param {string} name */
  of(name) {
    const [first, last] = [this.#looks[0], this.#looks.at(-1)];
    if (!first || !last || last.atMillis <= first.atMillis) return null;
    const before = first.counts.get(name) ?? 0;
    const after = last.counts.get(name);
    return after === undefined
      ? null
      : (1e3 * Math.max(0, after - before)) / (last.atMillis - first.atMillis);
  }
}
