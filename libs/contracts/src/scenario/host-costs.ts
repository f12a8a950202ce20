/**
 * What the software of the machine under study costs beside the stages of its profile, in model microseconds. A scenario that
 * charges nothing of it has none of it at all.
 */
export interface HostCosts {
  /** A server that slept is woken for a group. */
  wakeMicros: number;
  /** A server goes from one group to the next. */
  switchMicros: number;
  /** A group is taken off its IOPF queue under the queue's lock: so long the lock is held. */
  queueLockMicros: number;
  /** Each server that waits for that lock makes its hand-over this much longer. */
  queueLockBounceMicros: number;
  /** The part of a member's handling that holds the lock of its address space. */
  mmLockMicros: number;
  /** Each handler that waits for that lock makes its hand-over this much longer. */
  mmLockBounceMicros: number;
}

/** The costs, or nothing where each of them is 0: a bounce costs nothing when its lock does not. */
export function hostCostsOf(costs: HostCosts): HostCosts | undefined {
  const { wakeMicros, switchMicros, queueLockMicros, mmLockMicros } = costs;
  return wakeMicros + switchMicros + queueLockMicros + mmLockMicros > 0 ? costs : undefined;
}
