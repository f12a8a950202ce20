import { discardOpen, dropPartials, type Room } from './endings';
import type { IommuEvent, RequestRecord } from './events';
import { type RecordRing, recordsOf, ringCapacity } from './ring';
import type { IommuState } from './state';

/** The room there will be once a reset has taken out what an older epoch of the segment had in the rings. */
export function roomAfterReset(state: IommuState, segment: number, segmentEpoch: number): Room {
  const stays = (record: RequestRecord) => !isVoid(record, segment, segmentEpoch);
  const free = (ring: RecordRing) => ringCapacity(ring) - recordsOf(ring).filter(stays).length;
  const { pri, events, deferred } = state.durable;
  return { pri: free(pri), events: free(events), deferred: deferred.some(stays) };
}

/** Whether a record belongs to an epoch of the segment that is over. */
export function isVoid(record: RequestRecord, segment: number, segmentEpoch: number): boolean {
  return record.segment === segment && record.segmentEpoch < segmentEpoch;
}

/**
 * A segment began a new epoch: its devices were reset (D9). The event takes the old epoch's records out of the rings; its partial
 * lists, groups and stalls end with an event each, since nobody will answer them any more.
 */
export function decideSegmentReset(
  state: IommuState,
  segment: number,
  segmentEpoch: number,
  nowMicros: number,
): IommuEvent[] {
  const concerns = (record: RequestRecord): boolean => isVoid(record, segment, segmentEpoch);
  return [
    { kind: 'SegmentResetSeen', segment, segmentEpoch },
    ...dropPartials(state, concerns, 'reset'),
    ...discardOpen(state, concerns, 'reset', nowMicros),
  ];
}
