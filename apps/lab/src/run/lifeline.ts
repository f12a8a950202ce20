/**
 * What a run hangs on: every wait is raced against the first failure of anything that runs beside it, so that a service that dies
 * ends the run at once and with its own words instead of with a timeout somewhere else.
 */
export class Lifeline {
  private readonly failed: Promise<never>;
  private reject: (error: Error) => void = () => undefined;
  private first: Error | undefined;

  constructor() {
    this.failed = new Promise((_, reject) => {
      this.reject = reject;
    });
    // A failure while nobody waits is reported by the next wait.
    this.failed.catch(() => undefined);
  }

  get failure(): Error | undefined {
    return this.first;
  }

  /** Only the first failure counts; the others follow from it. */
  fail(error: Error): void {
    if (this.first) return;
    this.first = error;
    this.reject(error);
  }

  /** The result of the promise, or the failure when that comes first. */
  race<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.failed]);
  }

  /** Waits so long, unless something fails. */
  async pause(millis: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    try {
      await this.race(new Promise<void>((resolve) => (timer = setTimeout(resolve, millis))));
    } finally {
      clearTimeout(timer);
    }
  }

  /** The result of the promise within the time; else what `late` makes of the delay. */
  async within<T>(promise: Promise<T>, millis: number, late: () => Error): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const deadline = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(late()), millis);
    });
    try {
      return await this.race(Promise.race([promise, deadline]));
    } finally {
      clearTimeout(timer);
    }
  }
}
