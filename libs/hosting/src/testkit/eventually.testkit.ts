import type { ClockPort } from '../ports';

const EVERY_MILLIS = 2;

/**
 * Waits until the probe gives something truthy and resolves with it. Rejects after the deadline, in milliseconds, with what was
 * waited for and what the probe gave last. The only place where tests wait for time to pass.
 */
export async function eventually<T>(
  what: string,
  probe: () => T | Promise<T>,
  withinMillis = 10_000,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + withinMillis;
  for (;;) {
    const got = await probe();
    if (got) return got;
    if (performance.now() > deadline) {
      throw new Error(`not within ${withinMillis} ms: ${what} (last: ${JSON.stringify(got) ?? 'undefined'})`);
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MILLIS));
  }
}

/** The wall clock, for adapters under test that take one. */
export class TestClock implements ClockPort {
  nowMicros(): number {
    return Math.round((performance.timeOrigin + performance.now()) * 1000);
  }

  after(delayMicros: number, task: () => void): () => void {
    const timer = setTimeout(task, delayMicros / 1000);
    return () => clearTimeout(timer);
  }
}

/** What a promise is rejected with; fails the test when it is not rejected. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('expected a rejection');
}
