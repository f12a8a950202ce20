import type { IopfGroup } from '../iopf/state';
import { EVERY_PASID } from '../device/atc';
import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import type {
  FaultRefused,
  GroupDiscarded,
  GroupResponded,
  IommuEvent,
  PartialsDiscarded,
  RefusalReason,
  RequestRecord,
  ResponseCause,
  StallEnded,
} from './events';
import { ownerOf } from './identity';
import { type RecordRing, ringCapacity, ringCount, sameRequest } from './ring';
import type { DeviceEntry, IommuState } from './state';

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
  return { pri: freeOf(pri), events: freeOf(events), deferred: deferred.length > 0 };
}

function freeOf(ring: RecordRing): number {
  return ringCapacity(ring) - ringCount(ring);
}

/** The last member of a group, which decides for it (R83). */
export function lastMember(group: IopfGroup<RequestRecord>): RequestRecord {
  const last = group.members[group.members.length - 1];
  if (last === undefined) throw new Error(`group ${group.serial} has no member`);
  return last;
}

/** The transaction that the IOMMU holds for this record, if it is one of a stalling master. */
export function heldStall(state: IommuState, record: RequestRecord): RequestRecord | undefined {
  const stall = state.durable.devices.get(record.device)?.stalls.get(record.groupId);
  return stall !== undefined && sameRequest(stall, record) ? stall : undefined;
}

/** The answer of a group, with the numbers of its last member. `stalls` says whether a held transaction goes with it. */
export function groupResponded(
  state: IommuState,
  group: IopfGroup<RequestRecord>,
  code: ResponseCode,
  cause: ResponseCause,
  stalls: boolean,
  nowMicros: number,
): GroupResponded {
  const { epoch, base } = ownerOf(state.durable, group.serial);
  return {
    kind: 'GroupResponded',
    group: group.serial - base,
    groupEpoch: epoch,
    device: group.device,
    segment: lastMember(group).segment,
    groupId: group.groupId,
    pasid: group.hasPasid && group.needsPasid ? group.pasid : NO_PASID,
    code,
    model: stalls ? 'stall' : 'pri',
    cause,
    respondedAtMicros: nowMicros,
  };
}

/** Answers a group INVALID without its handler; a held transaction is aborted (R129). */
export function answeredInvalid(
  state: IommuState,
  group: IopfGroup<RequestRecord>,
  cause: ResponseCause,
  nowMicros: number,
): IommuEvent[] {
  const stall = heldStall(state, lastMember(group));
  const { INVALID } = ResponseCode;
  const responded = groupResponded(state, group, INVALID, cause, stall !== undefined, nowMicros);
  return stall === undefined ? [responded] : [responded, stallAborted(stall, nowMicros, INVALID)];
}

/** A group ends without a response. */
export function groupDiscarded(
  state: IommuState,
  serial: number,
  device: number,
  cause: GroupDiscarded['cause'],
): GroupDiscarded {
  const { epoch, base } = ownerOf(state.durable, serial);
  return { kind: 'GroupDiscarded', group: serial - base, groupEpoch: epoch, device, cause };
}

/** Partial lists are dropped: all of the device, or what one PASID has in it. */
export function partialsDiscarded(
  device: number,
  count: number,
  cause: PartialsDiscarded['cause'],
  pasid = EVERY_PASID,
): PartialsDiscarded {
  return { kind: 'PartialsDiscarded', device, pasid, count, cause };
}

/** A record of a ring leads to no group. `answered` says whether the device is told. */
export function faultRefused(
  device: DeviceEntry | undefined,
  record: RequestRecord,
  reason: RefusalReason,
  answered: boolean,
  code: ResponseCode,
  nowMicros: number,
): FaultRefused {
  const { segment, segmentEpoch, request, pasid, groupId, last } = record;
  return {
    kind: 'FaultRefused',
    segment,
    segmentEpoch,
    request,
    device: record.device,
    pasid,
    groupId,
    last,
    answered,
    code,
    responsePasid: answered && device?.responsePasidRequired && device.model === 'pri' ? pasid : NO_PASID,
    reason,
    atMicros: nowMicros,
  };
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

/** Which records a closing concerns. */
export type Concerns = (record: RequestRecord) => boolean;

/** Partial lists that have any such record are dropped whole: they are of one device, and it begins afresh. */
export function dropPartials(
  state: IommuState,
  concerns: Concerns,
  cause: PartialsDiscarded['cause'],
): IommuEvent[] {
  const events: IommuEvent[] = [];
  for (const { device, partial } of state.durable.iopf.devices.values()) {
    if (partial.some(concerns)) events.push(partialsDiscarded(device, partial.length, cause));
  }
  return events;
}

/** Groups end without an answer, by their last member, and held transactions are aborted; all but the `answered` groups and theirs. */
export function discardOpen(
  state: IommuState,
  concerns: Concerns,
  cause: GroupDiscarded['cause'],
  nowMicros: number,
  answered: readonly IopfGroup<RequestRecord>[] = [],
): IommuEvent[] {
  const { iopf, devices, retrying } = state.durable;
  const events: IommuEvent[] = [];
  for (const group of iopf.groups.values()) {
    if (concerns(lastMember(group)) && !answered.includes(group))
      events.push(groupDiscarded(state, group.serial, group.device, cause));
  }
  const isOver = (stall: RequestRecord): boolean =>
    answered.some((group) => sameRequest(lastMember(group), stall));
  for (const { stalls } of devices.values()) {
    for (const stall of stalls.values())
      if (concerns(stall) && !isOver(stall)) events.push(stallAborted(stall, nowMicros));
  }
  for (const stall of retrying) if (concerns(stall)) events.push(stallAborted(stall, nowMicros));
  return events;
}
