import { deviceOf, type SegmentDevice, type SegmentState } from './state';

/** What a device, or a whole segment, has in hand. */
export interface SegmentCounters {
  /** Accesses issued and not ended. */
  pending: number;
  /** Accesses that missed and wait for a turn, or for credits (R10). */
  waiting: number;
  /** Page requests outstanding: credits in use (R10). */
  outstanding: number;
  /** Groups whose response is due: PRG indexes in use (R11). */
  outstandingGroups: number;
  /** Hits that no `AccessesHit` has reported yet. */
  unreportedHits: number;
  /** Accesses issued and accesses ended in any way, as far as this state has seen them. */
  started: number;
  ended: number;
  /** Accesses withdrawn before they started. */
  withdrawn: number;
}

/** Counters of one device. */
export function deviceCounters(state: SegmentState, device: number): SegmentCounters {
  const counters = noCounters();
  add(counters, deviceOf(state, device));
  return counters;
}

/** Sums over the devices of a segment. */
export function segmentCounters(state: SegmentState): SegmentCounters {
  const counters = noCounters();
  for (const device of state.devices) add(counters, device);
  return counters;
}

/** Translation requests in flight of the whole segment. */
export function translationsInFlight(state: SegmentState): number {
  return state.translations.size;
}

/** Stalled accesses of the whole segment that the IOMMU has not ended. */
export function stallsInFlight(state: SegmentState): number {
  return state.stalls.size;
}

/** Whether every access has ended and every hit is reported: a segment that is idle has nothing to lose (I5). */
export function isSegmentIdle(state: SegmentState): boolean {
  for (const device of state.devices) {
    if (device.accesses.size > 0 || device.atcHits + device.translated > 0) return false;
  }
  return true;
}

function noCounters(): SegmentCounters {
  return {
    pending: 0,
    waiting: 0,
    outstanding: 0,
    outstandingGroups: 0,
    unreportedHits: 0,
    started: 0,
    ended: 0,
    withdrawn: 0,
  };
}

function add(counters: SegmentCounters, device: SegmentDevice): void {
  counters.pending += device.accesses.size;
  counters.waiting += device.waiting;
  counters.outstanding += device.outstanding;
  counters.outstandingGroups += device.groups.size;
  counters.unreportedHits += device.atcHits + device.translated;
  counters.started += device.started;
  counters.ended += device.ended;
  counters.withdrawn += device.withdrawn;
}
