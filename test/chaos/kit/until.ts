/** Something did not come about in time. */
export class DeadlineMissed extends Error {
  constructor(
    readonly what: string,
    readonly millis: number,
    last: unknown,
  ) {
    super(`not within ${millis / 1000} s: ${what} (last: ${JSON.stringify(last) ?? 'undefined'})`);
    this.name = 'DeadlineMissed';
  }
}

const EVERY_MILLIS = 20;

/** Looks until the probe gives something truthy, and resolves with it. Rejects with {@link DeadlineMissed}. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  millis: number,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + millis;
  for (;;) {
    const got = await probe();
    if (got) return got;
    if (performance.now() > deadline) throw new DeadlineMissed(what, millis, got);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MILLIS));
  }
}
