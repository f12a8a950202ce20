import { NO_PASID, Permission, type Permissions } from '../kernel/vocabulary';
import { admit } from './admission';
import type { ReceiveRequestCommand } from './commands';
import type { IommuContext } from './context';
import { type Room, roomOf } from './endings';
import type {
  AnyIommuEvent,
  DropCause,
  PageRequestDropped,
  PageRequestQueued,
  RingOverflowSet,
} from './events';
import {
  type DeviceFinding,
  judgePageRequest,
  type PageRequestQueueFacts,
  type PageRequestVerdict,
  type RefusalCause,
} from './hardware/judge-page-request';
import type { IommuProfile } from './profile';
import { decideSegmentReset, roomAfterReset } from './reset';
import { decideStalledAccess } from './stall';
import type { DeviceEntry, IommuState } from './state';

const NOTHING: readonly AnyIommuEvent[] = [];

/** Receives a page request or a stalled access, once: duplicates and older epochs cause nothing, a newer epoch a reset (D9). */
export function decideReceive(
  context: IommuContext,
  state: IommuState,
  command: ReceiveRequestCommand,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const admission = admit(state, command);
  if (admission === 'never') return NOTHING;
  if (admission === 'next') return receiveNew(context, state, command, roomOf(state), nowMicros);
  const { segment, segmentEpoch } = command;
  const events = decideSegmentReset(state, segment, segmentEpoch, nowMicros);
  // Its group is on a queue already: a dead owner could say no more of the new epoch (D5).
  const { ahead = null } = state.durable.segments.get(segment) ?? {};
  if (ahead?.epoch === segmentEpoch && ahead.adopted.has(command.request)) return events;
  const room = roomAfterReset(state, segment, segmentEpoch);
  return [...events, ...receiveNew(context, state, command, room, nowMicros)];
}

function receiveNew(
  context: IommuContext,
  state: IommuState,
  command: ReceiveRequestCommand,
  room: Room,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  return command.kind === 'ReceivePageRequest'
    ? decidePageRequest(context, state, command, room, nowMicros)
    : decideStalledAccess(state, command, room, nowMicros);
}

const queueFacts = (overflow: boolean, full: boolean): PageRequestQueueFacts =>
  Object.freeze({ enabled: true, memoryFault: false, overflow, full, unwritable: false });
const ROOM = queueFacts(false, false);
const FULL = queueFacts(false, true);
const FLAGGED = queueFacts(true, false);

/** The checks of R45 that this model has, in their order: device entry, PRI off, overflow flag, full, write. */
function decidePageRequest(
  context: IommuContext,
  state: IommuState,
  command: ReceiveRequestCommand,
  room: Room,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const device = state.durable.devices.get(command.device);
  // The device has forgotten the request, or is about to: an answer could match an index that it uses anew (R142).
  if (device?.fenced) return [dropped(command, device, 'fenced', null, nowMicros)];
  const { overflow } = state.durable.pri;
  const facts = overflow ? FLAGGED : room.pri === 0 ? FULL : ROOM;
  const required = device?.responsePasidRequired === true;
  const verdict = judgePageRequest(context.rules, findingOf(device), required, facts, command);
  if (verdict.cause === null) return [queued(context.profile, command, device, nowMicros)];
  const event = dropped(command, device, dropCause(verdict.cause), verdict, nowMicros);
  return verdict.sets === null ? [event] : [OVERFLOW_SET, event];
}

const OVERFLOW_SET: RingOverflowSet = Object.freeze({ kind: 'RingOverflowSet', model: 'pri' });

function findingOf(device: DeviceEntry | undefined): DeviceFinding {
  if (device === undefined || !device.attached) return 'device-entry-not-valid';
  return device.model === 'pri' ? 'ready' : 'pri-off';
}

function dropCause(cause: RefusalCause): DropCause {
  if (cause === 'device-entry-not-valid') return 'unknown-device';
  return cause === 'pri-off' ? 'pri-off' : 'overflow';
}

/** Privileged and execute mean nothing without a PASID, and not every ring has a place for execute (R42). */
function recordedPermissions(
  profile: IommuProfile,
  { pasid, permissions }: ReceiveRequestCommand,
): Permissions {
  if (pasid === NO_PASID) return permissions & (Permission.READ | Permission.WRITE);
  return profile.executeInRecord ? permissions : permissions & ~Permission.EXECUTE;
}

function queued(
  profile: IommuProfile,
  command: ReceiveRequestCommand,
  device: DeviceEntry | undefined,
  nowMicros: number,
): PageRequestQueued {
  const binding = device?.bindings.get(command.pasid);
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
    permissions: recordedPermissions(profile, command),
    groupId: command.groupId,
    last: command.last,
    round: command.round,
    sentAtMicros: command.sentAtMicros,
    writtenAtMicros: nowMicros,
  };
}

/** Not taken by the ring; with a verdict that says so, answered by the IOMMU itself (R46 - R48). */
function dropped(
  command: ReceiveRequestCommand,
  device: DeviceEntry | undefined,
  cause: DropCause,
  verdict: PageRequestVerdict | null,
  nowMicros: number,
): PageRequestDropped {
  const { segment, segmentEpoch, request, pasid, page, permissions, groupId, last, round, sentAtMicros } =
    command;
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
    answered: verdict !== null && verdict.answered,
    code: verdict === null ? 0 : verdict.code,
    responsePasid: verdict?.carriesPasid ? pasid : NO_PASID,
  };
}
