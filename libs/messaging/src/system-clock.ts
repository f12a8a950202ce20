import type { ClockPort } from '@faultline/hosting';

/** The longest delay a Node.js timer takes; longer ones are cut into pieces. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1;

/** How far the origin that the process remembers may be from what the wall clock shows: between two readings of it a little time passes. */
const TOLERATED_MILLIS = 1;
/** How exactly an origin is found, and after how many readings that is given up. */
const EXACT_MILLIS = 0.05;
const MOST_READINGS = 100_000;

/** What the wall clock shows, in whole microseconds since the Unix epoch. It may go back when somebody sets the machine's clock. */
export function nowMicros(): number {
  return new SystemClock().nowMicros();
}

/**
 * The wall clock, monotonic from when it is made: who sets the machine's clock changes nothing that it is used for. `after` is never
 * early. Node's timers count milliseconds: a delay is rounded up to the next whole one, so anything in 1..1000 µs takes about 1 ms, and
 * only 0 runs in the same turn of the loop's next check.
 */
export class SystemClock implements ClockPort {
  private readonly originMillis = originMillis();

  nowMicros(): number {
    return Math.round((this.originMillis + performance.now()) * 1000);
  }

  after(delayMicros: number, task: () => void): () => void {
    if (delayMicros <= 0) {
      const immediate = setImmediate(task);
      return () => clearImmediate(immediate);
    }
    const due = performance.now() + delayMicros / 1000;
    let timer = setTimeout(fire, clampMillis(delayMicros / 1000));
    return () => clearTimeout(timer);

    function fire(): void {
      const left = due - performance.now();
      // The loop's cached time runs up to a millisecond ahead of the real one.
      if (left > 0) timer = setTimeout(fire, clampMillis(left));
      else task();
    }
  }
}

const clampMillis = (millis: number): number => Math.min(Math.ceil(millis), LONGEST_TIMER_MILLIS);

/**
 * When the process's monotonic clock was 0, by the wall clock as it is now, in milliseconds since the Unix epoch. The process remembers
 * that from its start, but a machine's clock may have been set since, or the machine was asleep, and processes that began later would
 * not agree with this one.
 */
function originMillis(): number {
  const { timeOrigin } = performance;
  let [least, most] = [-Infinity, Infinity];
  for (let reading = 0; reading < MOST_READINGS && most - least > EXACT_MILLIS; reading += 1) {
    const before = performance.now();
    // eslint-disable-next-line no-restricted-properties -- where it jumped to is what is looked for
    const wall = Date.now();
    // The wall clock is read in whole milliseconds, rounded down.
    least = Math.max(least, wall - performance.now());
    most = Math.min(most, wall + 1 - before);
    if (timeOrigin > least - TOLERATED_MILLIS && timeOrigin < most + TOLERATED_MILLIS) return timeOrigin;
  }
  return (least + most) / 2;
}
