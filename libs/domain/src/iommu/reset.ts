import { ResponseCode } from '../kernel/vocabulary';
import type { GroupDiscarded, IommuEvent, PartialsDiscarded, RequestRecord, StallEnded } from './events';
import { groupOf } from './identity';
import { type RecordRing, recordsOf, ringCapacity, ringCount } from './ring';
import type { IommuState } from './state';

/** Room that a received request finds. */
export interface Room {
  /** Free records of the page request ring and of the event queue. */
  pri: number;
  events: number;
  /** Whether other stalls wait for the event queue, behind which a new one must line up. */
  deferred: boolean;
}

/** The room there is. */
export function roomOf(state: IommuState): Room {
  const { pri, events, deferred } = state.durable;
  return {
    pri: ringCapacity(pri) - ringCount(pri),
    events: ringCapacity(events) - ringCount(events),
    deferred: deferred.length > 0,
  };
}

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
  const events: IommuEvent[] = [{ kind: 'SegmentResetSeen', segment, segmentEpoch }];
  const closes = (record: RequestRecord | undefined) =>
    record !== undefined && isVoid(record, segment, segmentEpoch);
  for (const device of state.durable.iopf.devices.values()) {
    if (device.partial.some(closes))
      events.push(partialsDiscarded(device.device, device.partial.length, 'reset'));
  }
  for (const group of state.durable.iopf.groups.values()) {
    if (closes(group.members[group.members.length - 1])) {
      events.push(groupDiscarded(state, group.serial, group.device, 'reset'));
    }
  }
  for (const device of state.durable.devices.values()) {
    for (const stall of device.stalls.values())
      if (closes(stall)) events.push(stallAborted(stall, nowMicros));
  }
  for (const stall of state.durable.retrying) if (closes(stall)) events.push(stallAborted(stall, nowMicros));
  return events;
}

/** All partials of one device are dropped. */
export function partialsDiscarded(
  device: number,
  count: number,
  cause: PartialsDiscarded['cause'],
): PartialsDiscarded {
  return { kind: 'PartialsDiscarded', device, count, cause };
}

/** A group ends without a response. */
export function groupDiscarded(
  state: IommuState,
  serial: number,
  device: number,
  cause: GroupDiscarded['cause'],
): GroupDiscarded {
  const { epoch, group } = groupOf(state.durable, serial);
  return { kind: 'GroupDiscarded', group, groupEpoch: epoch, device, cause };
}

/** A held transaction ends with an error to its device (R36). */
export function stallAborted(
  stall: RequestRecord,
  nowMicros: number,
  code: ResponseCode = ResponseCode.FAILURE,
): StallEnded {
  return stallEnded(stall, 'aborted', code, nowMicros);
}

/** A held transaction leaves the IOMMU. */
export function stallEnded(
  stall: RequestRecord,
  outcome: StallEnded['outcome'],
  code: ResponseCode,
  nowMicros: number,
): StallEnded {
  const { segment, segmentEpoch, request, device, groupId, round } = stall;
  return {
    kind: 'StallEnded',
    segment,
    segmentEpoch,
    request,
    device,
    groupId,
    outcome,
    code,
    rounds: round + 1,
    endedAtMicros: nowMicros,
  };
}
