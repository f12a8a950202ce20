import { ResponseCode } from '../kernel/vocabulary';
import { accessEnded, accessHit, NO_FRAME, NOTHING, translationRequested } from './build';
import type { SegmentCommand } from './commands';
import type { SegmentEvent } from './events';
import { membersOf } from './groups';
import { deviceOf, Stage, type LiveAccess, type SegmentDevice, type SegmentState } from './state';

type ReceiveResponse = Extract<SegmentCommand, { kind: 'ReceiveResponse' }>;
type EndStalledAccess = Extract<SegmentCommand, { kind: 'EndStalledAccess' }>;

/**
 * A PRG response reached the device (R12-R18).
 *
 * A code the standard does not assign counts as FAILURE (R17), and FAILURE needs no outstanding index: it speaks of the
 * interface and not of a group (R12, R16).
 */
export function decideResponse(
  state: SegmentState,
  command: ReceiveResponse,
  now: number,
): readonly SegmentEvent[] {
  const device = deviceOf(state, command.device);
  // A stalling IOMMU answers its own held transactions (R129), and a failed interface ignores every response (R16). One that
  // hangs loses it: its reset forgets the group anyway (R21). A device that vanished is not there to find it unexpected (R104).
  if (device.model === 'stall' || device.failed || device.hung || device.removed) return NOTHING;
  const group = matchingGroup(device, command);
  const code = command.code;
  if (code !== ResponseCode.SUCCESS && code !== ResponseCode.INVALID)
    return decideFailure(device, group, command, now);
  if (group === undefined)
    return [{ kind: 'ResponseUnexpected', device: device.device, groupId: command.groupId, code }];
  const first = state.lastTranslation + 1;
  if (device.retransmission !== undefined) return dropsAnswered(group, command, now);
  // A group of one, as most are, needs no list of its members.
  if (group.nextMember === group) return [received(command, now), goOn(group, code, first, now)];
  const events: SegmentEvent[] = [received(command, now)];
  membersOf(group).forEach((member, place) => events.push(goOn(member, code, first + place, now)));
  return events;
}

/** Accesses that the device dropped come again by their timers, and not with the answer; INVALID ends them (R15). */
function dropsAnswered(group: LiveAccess, command: ReceiveResponse, now: number): SegmentEvent[] {
  const events: SegmentEvent[] = [received(command, now)];
  if (command.code === ResponseCode.INVALID)
    for (const member of membersOf(group)) events.push(accessEnded(member, 'invalid', now, now));
  return events;
}

/** An answered access translates again after SUCCESS, and ends after INVALID (R14, R15). */
function goOn(live: LiveAccess, code: ResponseCode, translation: number, now: number): SegmentEvent {
  // The new request goes to the IOMMU and not to the ATC, whose entry may be the one with too few rights (R14).
  if (code === ResponseCode.SUCCESS) return translationRequested(live, translation);
  return accessEnded(live, 'invalid', now, now);
}

/** The IOMMU is done with a stalled access (R35, R36, R129). One that is not known ended before a redelivery (D10). */
export function decideStallEnd(
  state: SegmentState,
  command: EndStalledAccess,
  now: number,
): readonly SegmentEvent[] {
  const live = state.stalls.get(command.request);
  if (live === undefined || live.device.device !== command.device || live.device.hung) return NOTHING;
  if (command.outcome === 'translated') return [accessHit(live, NO_FRAME)];
  const ended = accessEnded(live, command.outcome === 'completed' ? 'completed' : 'invalid', now, now);
  ended.rounds = command.rounds;
  return [ended];
}

function matchingGroup(device: SegmentDevice, command: ReceiveResponse): LiveAccess | undefined {
  const group = device.groups.get(command.groupId);
  return group !== undefined && device.responsePasidRequired && group.pasid !== command.pasid
    ? undefined
    : group;
}

function decideFailure(
  device: SegmentDevice,
  group: LiveAccess | undefined,
  command: ReceiveResponse,
  now: number,
): readonly SegmentEvent[] {
  const events: SegmentEvent[] = group === undefined ? [] : [received(command, now)];
  const answered = group === undefined ? [] : membersOf(group);
  events.push({
    kind: 'PriInterfaceFailed',
    device: device.device,
    lost: device.outstanding - answered.length,
  });
  for (const live of device.accesses.list()) {
    if (live.stage !== Stage.OUTSTANDING && live.stage !== Stage.WAITING) continue;
    // The other groups are lost: no response of theirs was ever received.
    const receivedAtMicros = answered.includes(live) ? now : live.receivedAtMicros;
    events.push(accessEnded(live, 'failure', receivedAtMicros, now));
  }
  return events;
}

function received(command: ReceiveResponse, now: number): SegmentEvent {
  return {
    kind: 'ResponseReceived',
    device: command.device,
    groupId: command.groupId,
    code: command.code,
    receivedAtMicros: now,
  };
}
