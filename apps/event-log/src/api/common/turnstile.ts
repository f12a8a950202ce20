import { Busy } from './failures';

/** Lets so many through at a time, so many wait, and sends the others away. */
export class Turnstile {
  private inside = 0;
  private readonly waiting: (() => void)[] = [];

  /** @param what it is for, in the plural, as those who are sent away are told */
  constructor(
    private readonly what: string,
    private readonly most: number,
    private readonly mostWaiting: number,
  ) {}

  /** Does the work when there is room. Rejects with {@link Busy} when too many wait already. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.inside >= this.most) {
      if (this.waiting.length >= this.mostWaiting) throw new Busy(this.what);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    } else this.inside += 1;
    try {
      return await work();
    } finally {
      // Who waits takes the place that is given up.
      const next = this.waiting.shift();
      if (next) next();
      else this.inside -= 1;
    }
  }
}
