/**
 * What the modelled machine's workers and locks were used for, as far as whoever is asked has seen: an owner that took over counts
 * from 0. All times are model microseconds. No event tells of a wait for a lock, so this cannot be read from the log.
 */

/** A lock. Held for `heldMicros` of a span of time, it was in use for that share of it. */
export interface LockUse {
  /** How often it was taken and given back. */
  taken: number;
  /** Time that nobody else could have it: holds and hand-overs. */
  heldMicros: number;
  /** Time spent waiting for it, summed over those who waited: divided by a span of time, the mean length of the line. */
  waitedMicros: number;
  /** The longest line there was. */
  mostWaiting: number;
}

/** A worker process. */
export interface WorkerUse {
  servers: number;
  /** Groups for which a server was woken, and to which one went on from the group before. */
  woken: number;
  switched: number;
  /** Time that servers were at a group, from their start to its result, summed over the servers. */
  busyMicros: number;
  /** By name of the queue; empty where no cost is modelled for its lock. */
  queueLocks: Record<string, LockUse>;
}

/** The lock of an address space. */
export interface MmLockUse extends LockUse {
  mm: number;
}

/** The whole of the modelled machine. */
export interface HostUse {
  /** Each worker process that there was. */
  workers: (WorkerUse & { instance: string })[];
  /** Empty where no cost is modelled for the locks of address spaces. */
  mmLocks: MmLockUse[];
}
