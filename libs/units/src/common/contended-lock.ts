import type { LockUse } from '@faultline/contracts';
import { type ClockPort, Fifo } from '@faultline/hosting';

export interface ContendedLockOptions {
  clock: ClockPort;
  /** Wall microseconds of one model microsecond. */
  timeScale: number;
  /** Model time that whoever has the lock keeps it. */
  holdMicros: number;
  /** Model time that each waiter adds to the hand-over from one holder to the next: cache lines go back and forth between them. */
  bounceMicros: number;
}

/**
 * A lock of the machine under study: whoever comes first has it first, and everybody holds it for the same time.
 *
 * A hand-over to somebody who waited takes longer the more of them wait, as with a spin lock on whose cache line all waiters spin
 * (Boyd-Wickizer et al., "Non-scalable locks are dangerous", 2012). So what passes a lock that nobody waits for is 1 / hold, and with
 * n waiters it is 1 / (hold + n * bounce): it rises with those who want it, peaks, and falls.
 */
export class ContendedLock {
  private isHeld = false;
  private readonly waiting = new Fifo<{ sinceMicros: number; done: () => void }>();
  private readonly counted: LockUse = { taken: 0, heldMicros: 0, waitedMicros: 0, mostWaiting: 0 };

  constructor(private readonly options: ContendedLockOptions) {}

  /** Takes the lock, holds it, gives it back, and calls `done`, once. Never calls `done` before it returns. */
  take(done: () => void): void {
    if (!this.isHeld) return this.hold(done, 0);
    this.waiting.push({ sinceMicros: this.options.clock.nowMicros(), done });
    this.counted.mostWaiting = Math.max(this.counted.mostWaiting, this.waiting.length);
  }

  /** What became of it so far. */
  get use(): LockUse {
    return { ...this.counted };
  }

  private hold(done: () => void, handOverMicros: number): void {
    const { clock, timeScale, holdMicros } = this.options;
    const sinceMicros = clock.nowMicros();
    this.isHeld = true;
    clock.after((handOverMicros + holdMicros) * timeScale, () => {
      this.counted.taken += 1;
      this.counted.heldMicros += (clock.nowMicros() - sinceMicros) / timeScale;
      this.handOver();
      done();
    });
  }

  /** The next in line gets it before anybody who comes now. */
  private handOver(): void {
    const { clock, timeScale, bounceMicros } = this.options;
    const waiters = this.waiting.length;
    const next = this.waiting.shift();
    if (!next) {
      this.isHeld = false;
      return;
    }
    this.counted.waitedMicros += (clock.nowMicros() - next.sinceMicros) / timeScale;
    this.hold(next.done, waiters * bounceMicros);
  }
}

/** One lock for each of many things, made when somebody first takes it. */
export class ContendedLocks<Key> {
  private readonly locks = new Map<Key, ContendedLock>();

  constructor(private readonly options: ContendedLockOptions) {}

  of(key: Key): ContendedLock {
    const known = this.locks.get(key);
    if (known) return known;
    const lock = new ContendedLock(this.options);
    this.locks.set(key, lock);
    return lock;
  }

  /** What became of each. */
  get uses(): [key: Key, use: LockUse][] {
    return [...this.locks].map(([key, lock]) => [key, lock.use]);
  }
}
