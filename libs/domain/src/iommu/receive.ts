import { NO_PASID, Permission, type Permissions, ResponseCode } from '../kernel/vocabulary';
import type { ReceiveRequestCommand } from './commands';
import type { AnyIommuEvent, DropCause, PageRequestDropped, PageRequestQueued } from './events';
import { decideSegmentReset, type Room, roomAfterReset, roomOf } from './reset';
import { decideStalledAccess } from './stall';
import type { DeviceEntry, IommuState, SegmentProgress } from './state';

const NOTHING: readonly AnyIommuEvent[] = [];

/**
 * A stop marker: the last member of nothing, asking for nothing (R23). The test does not look at the PASID, as the VT-d driver
 * and the RISC-V model do not (R75).
 */
export function isStopMarker(last: boolean, permissions: Permissions): boolean {
  return last && (permissions & (Permission.READ | Permission.WRITE)) === 0;
}

/** Receives a page request or a stalled access, once: duplicates and older epochs cause nothing, a newer epoch a reset (D9). */
export function decideReceive(
  state: IommuState,
  command: ReceiveRequestCommand,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const progress = state.durable.segments.get(command.segment);
  const epoch = progress === undefined ? 0 : progress.epoch;
  if (command.segmentEpoch > epoch) {
    const { segment, segmentEpoch } = command;
    const events = decideSegmentReset(state, segment, segmentEpoch, nowMicros);
    const room = roomAfterReset(state, segment, segmentEpoch);
    return [...events, ...receiveNew(state, command, room, nowMicros)];
  }
  if (command.segmentEpoch < epoch || (progress !== undefined && isAccepted(state, progress, command))) {
    return NOTHING;
  }
  return receiveNew(state, command, roomOf(state), nowMicros);
}

function isAccepted(state: IommuState, progress: SegmentProgress, command: ReceiveRequestCommand): boolean {
  const { segment, request } = command;
  if (request <= progress.highest) return true;
  if (progress.adopted.size > 0 && progress.adopted.has(request)) return true;
  if (command.kind === 'ReceivePageRequest') return false;
  const translated = state.volatile.translated.get(segment);
  return translated !== undefined && translated.epoch === progress.epoch && request <= translated.highest;
}

function receiveNew(
  state: IommuState,
  command: ReceiveRequestCommand,
  room: Room,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  return command.kind === 'ReceivePageRequest'
    ? decidePageRequest(state, command, room, nowMicros)
    : decideStalledAccess(state, command, room, nowMicros);
}

/** The checks of R45 that this model has, in their order: device entry, PRI off, overflow flag, full, write. */
function decidePageRequest(
  state: IommuState,
  command: ReceiveRequestCommand,
  room: Room,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const device = state.durable.devices.get(command.device);
  if (device === undefined || !device.attached) {
    return [dropped(command, device, 'unknown-device', ResponseCode.FAILURE, nowMicros)];
  }
  if (device.model !== 'pri') return [dropped(command, device, 'pri-off', ResponseCode.INVALID, nowMicros)];
  const flagged = state.durable.pri.overflow;
  if (flagged || room.pri === 0) {
    const event = dropped(command, device, 'overflow', ResponseCode.SUCCESS, nowMicros);
    return flagged ? [event] : [{ kind: 'RingOverflowSet', model: 'pri' }, event];
  }
  return [queued(command, device, nowMicros)];
}

function queued(command: ReceiveRequestCommand, device: DeviceEntry, nowMicros: number): PageRequestQueued {
  const binding = device.bindings.get(command.pasid);
  return {
    kind: 'PageRequestQueued',
    segment: command.segment,
    segmentEpoch: command.segmentEpoch,
    request: command.request,
    device: command.device,
    pasid: command.pasid,
    generation: binding === undefined ? 0 : binding.generation,
    page: command.page,
    offset: 0,
    permissions: command.permissions,
    groupId: command.groupId,
    last: command.last,
    round: command.round,
    sentAtMicros: command.sentAtMicros,
    writtenAtMicros: nowMicros,
  };
}

function dropped(
  command: ReceiveRequestCommand,
  device: DeviceEntry | undefined,
  cause: DropCause,
  code: ResponseCode,
  nowMicros: number,
): PageRequestDropped {
  const { segment, segmentEpoch, request, pasid, page, permissions, groupId, last, round, sentAtMicros } =
    command;
  const answered = last && !isStopMarker(last, permissions);
  return {
    kind: 'PageRequestDropped',
    segment,
    segmentEpoch,
    request,
    device: command.device,
    pasid,
    generation: device?.bindings.get(pasid)?.generation ?? 0,
    page,
    offset: 0,
    permissions,
    groupId,
    last,
    round,
    sentAtMicros,
    writtenAtMicros: nowMicros,
    cause,
    answered,
    code,
    responsePasid: answered ? automaticPasid(command, device, code) : NO_PASID,
  };
}

/** PASID on an automatic response: Failure mirrors the request, Success follows the device, Invalid never has one (R48). */
function automaticPasid(
  command: ReceiveRequestCommand,
  device: DeviceEntry | undefined,
  code: ResponseCode,
): number {
  if (code === ResponseCode.FAILURE) return command.pasid;
  if (code === ResponseCode.SUCCESS && device?.responsePasidRequired) return command.pasid;
  return NO_PASID;
}
