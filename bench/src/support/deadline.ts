/** Something did not happen in time. The benchmark stops: a figure from a system that hangs is worth nothing. */
export class DeadlineMissed extends Error {
  constructor(
    readonly what: string,
    readonly seconds: number,
  ) {
    super(`${what} did not happen within ${seconds} s`);
    this.name = 'DeadlineMissed';
  }
}

export const sleep = (millis: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, millis));

/** The promise's value, or {@link DeadlineMissed}. */
export async function within<T>(promise: Promise<T>, millis: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new DeadlineMissed(what, millis / 1000)), millis);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Looks again and again until `look` returns something; rejects with {@link DeadlineMissed}. */
export async function until<T>(
  look: () => Promise<T | undefined>,
  millis: number,
  what: string,
  pauseMillis = 50,
): Promise<T> {
  const deadline = performance.now() + millis;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new DeadlineMissed(what, millis / 1000);
    await sleep(pauseMillis);
  }
}
