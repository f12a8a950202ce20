import type { ClockPort } from '@faultline/hosting';

/** The longest delay a Node.js timer takes; longer ones are cut into pieces. */
const LONGEST_TIMER_MILLIS = 2 ** 31 - 1;

/** What the wall clock shows, in whole microseconds since the Unix epoch; it never goes back within the process. */
export function nowMicros(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000);
}

/**
 * The wall clock, monotonic within the process. `after` is never early. Node's timers count milliseconds: a delay is rounded up
 * to the next whole one, so anything in 1..1000 µs takes about 1 ms, and only 0 runs in the same turn of the loop's next check.
 */
export class SystemClock implements ClockPort {
  nowMicros(): number {
    return nowMicros();
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
