import type { MmEvent, VolatileMmEvent } from './events';
import { countFree } from './frame-table';
import { oldestReady } from './runs';
import type { MmState } from './state';

/** Numbers of a shard at one moment. `framesFree + framesUsed + framesQuarantined = framesTotal` always (I6). */
export interface MmCounters {
  framesTotal: number;
  framesFree: number;
  /** Mapped, or in the page cache. */
  framesUsed: number;
  framesQuarantined: number;
  /** Invalidations of removed or restricted entries that are not complete. */
  invalidationsOpen: number;
  /** Pages on their way to another frame; a free frame is kept for each. */
  pagesMigrating: number;
  /** Entries written that no request asked for. How many of them were used is not known: there is no accessed bit (R7). */
  pagesPrefetched: number;
  swapUsed: number;
  addressSpaces: number;
  runsOpen: number;
  runsReady: number;
  /** Runs that wait for a frame or for an invalidation. */
  runsParked: number;
}

/** Counts without walking anything. */
export function countMm(state: MmState): MmCounters {
  const { durable, volatile } = state;
  const framesFree = countFree(durable.frames);
  return {
    framesTotal: durable.frames.total,
    framesFree,
    framesUsed: durable.frames.total - framesFree - durable.frames.quarantined,
    framesQuarantined: durable.frames.quarantined,
    invalidationsOpen: durable.invalidating,
    pagesMigrating: durable.migrating,
    pagesPrefetched: durable.prefetched,
    swapUsed: durable.swapUsed,
    addressSpaces: durable.spaces.size,
    runsOpen: volatile.open,
    runsReady: volatile.ready.length - volatile.readyHead,
    runsParked: volatile.frameWaiters.length + volatile.pageWaiting,
  };
}

/** Whether `Advance` has something to do. */
export function hasReadyRun(state: MmState): boolean {
  return oldestReady(state.volatile) !== undefined;
}

/** Whether an event belongs into the log. */
export function isDurableMmEvent(event: MmEvent | VolatileMmEvent): event is MmEvent {
  switch (event.kind) {
    case 'RunOpened':
    case 'MemberHandled':
    case 'RunParked':
    case 'RunFinished':
      return false;
    default:
      return true;
  }
}
