import { MAX_STALL_TAG, ResponseCode } from '../kernel/vocabulary';
import type { ReceiveRequestCommand } from './commands';
import type { AnyIommuEvent, RequestRecord, StallDeferred, StallEnded, StallRecorded } from './events';
import { type Room, stallAborted, stallEnded } from './endings';
import type { DeviceEntry, IommuState } from './state';
import { covers, findEntry, granted } from './translate';

/** No tag is free. */
const NO_TAG = -1;

/**
 * A stalling master's access arrives: translated at once, held as a stall, or terminated (R31, R127). Without a free tag the
 * bus pushes back: the access is not accepted, nor is any later one until it is (R40).
 */
export function decideStalledAccess(
  state: IommuState,
  command: ReceiveRequestCommand,
  room: Room,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const { segment, segmentEpoch, request, pasid, page } = command;
  const device = state.durable.devices.get(command.device);
  const verdict = judge(state, device, command);
  if (verdict === 'translated') {
    return [
      {
        kind: 'StalledAccessTranslated',
        segment,
        segmentEpoch,
        request,
        device: command.device,
        pasid,
        page,
      },
    ];
  }
  if (verdict !== 'stalls' || device === undefined) {
    return [
      terminated(command, verdict === 'not-bound' ? ResponseCode.INVALID : ResponseCode.FAILURE, nowMicros),
    ];
  }
  const tag = freeTag(device, NO_TAG);
  if (tag === NO_TAG) return [{ kind: 'StalledAccessRefused', segment, segmentEpoch, request }];
  return [held(device, command, tag, command.round, room, nowMicros)];
}

/**
 * The retry of an answered stall: the transaction is processed as if it had just arrived, with today's tables, and may stall
 * again under a new tag (R35).
 */
export function decideRetry(
  state: IommuState,
  stall: RequestRecord,
  room: Room,
  nowMicros: number,
): StallEnded | StallRecorded | StallDeferred {
  const device = state.durable.devices.get(stall.device);
  const verdict = judge(state, device, stall);
  if (verdict === 'translated') return stallEnded(stall, 'completed', ResponseCode.SUCCESS, nowMicros);
  if (verdict === 'not-bound') return stallAborted(stall, nowMicros, ResponseCode.INVALID);
  if (verdict === 'no-device' || device === undefined) return stallAborted(stall, nowMicros);
  // Its own tag was acknowledged, so it is free again if no other one is.
  return held(device, stall, freeTag(device, stall.groupId), stall.round + 1, room, nowMicros);
}

/** Configuration errors terminate an access; only a missing or insufficient translation stalls it (R31). */
function judge(
  state: IommuState,
  device: DeviceEntry | undefined,
  access: Pick<RequestRecord, 'pasid' | 'page' | 'permissions'>,
): 'translated' | 'stalls' | 'not-bound' | 'no-device' {
  if (device === undefined || !device.attached || device.model !== 'stall' || device.fenced)
    return 'no-device';
  if (!device.bindings.has(access.pasid)) return 'not-bound';
  const entry = findEntry(state.volatile, device, access.pasid, access.page, access.permissions);
  return covers(granted(entry, access.permissions), access.permissions) ? 'translated' : 'stalls';
}

/** The next tag of the device that names no held transaction (R33), or `otherwise`. */
function freeTag(device: DeviceEntry, otherwise: number): number {
  if (device.stalls.size > MAX_STALL_TAG) return otherwise;
  let tag = device.nextTag;
  while (device.stalls.has(tag)) tag = (tag + 1) & MAX_STALL_TAG;
  return tag;
}

/** The transaction is held. A full event queue only delays its record, and stalls keep their order there (R39). */
function held(
  device: DeviceEntry,
  access: ReceiveRequestCommand | RequestRecord,
  tag: number,
  round: number,
  room: Room,
  nowMicros: number,
): StallRecorded | StallDeferred {
  const { segment, segmentEpoch, request, pasid, page, offset, permissions, sentAtMicros } = access;
  const generation = device.bindings.get(pasid)?.generation ?? 0;
  // Two whole literals, since spreading a record into its event would be most of a stall's cost.
  if (room.events === 0 || room.deferred) {
    return {
      kind: 'StallDeferred',
      segment,
      segmentEpoch,
      request,
      device: device.device,
      pasid,
      generation,
      page,
      offset,
      permissions,
      groupId: tag,
      last: true,
      round,
      sentAtMicros,
      writtenAtMicros: nowMicros,
    };
  }
  return {
    kind: 'StallRecorded',
    segment,
    segmentEpoch,
    request,
    device: device.device,
    pasid,
    generation,
    page,
    offset,
    permissions,
    groupId: tag,
    last: true,
    round,
    sentAtMicros,
    writtenAtMicros: nowMicros,
    deferred: false,
  };
}

/** An access that may not stall is aborted on the spot, without ever having had a tag. */
function terminated(command: ReceiveRequestCommand, code: ResponseCode, nowMicros: number): StallEnded {
  const { segment, segmentEpoch, request, device, round } = command;
  return {
    kind: 'StallEnded',
    segment,
    segmentEpoch,
    request,
    device,
    groupId: 0,
    outcome: 'aborted',
    code,
    rounds: round,
    endedAtMicros: nowMicros,
  };
}
