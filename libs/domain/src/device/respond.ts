import { ResponseCode } from '../kernel/vocabulary';
import { accessEnded, accessHit, NO_FRAME, translationRequested } from './build';
import type { SegmentCommand } from './commands';
import type { SegmentEvent } from './events';
import { NOTHING } from './issue';
import { deviceOf, Stage, type OutstandingGroup, type SegmentDevice, type SegmentState } from './state';

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
  // A stalling IOMMU answers its own held transactions (R129), and a failed interface ignores every response (R16).
  if (device.model === 'stall' || device.failed) return NOTHING;
  const group = matchingGroup(device, command);
  const code = command.code;
  if (code !== ResponseCode.SUCCESS && code !== ResponseCode.INVALID)
    return decideFailure(device, group, command, now);
  if (group === undefined)
    return [{ kind: 'ResponseUnexpected', device: device.device, groupId: command.groupId, code }];
  const events: SegmentEvent[] = [received(command, now)];
  if (code === ResponseCode.SUCCESS) {
    let translation = state.lastTranslation;
    // The new request goes to the IOMMU and not to the ATC, whose entry may be the one with too few rights (R14).
    for (const member of group.members) events.push(translationRequested(member, ++translation));
  } else {
    for (const member of group.members) events.push(accessEnded(member, 'invalid', now, now));
  }
  return events;
}

/** The IOMMU is done with a stalled access (R35, R36, R129). One that is not known ended before a redelivery (D10). */
export function decideStallEnd(
  state: SegmentState,
  command: EndStalledAccess,
  now: number,
): readonly SegmentEvent[] {
  const live = state.stalls.get(command.request);
  if (live === undefined || live.device.device !== command.device) return NOTHING;
  if (command.outcome === 'translated') return [accessHit(live, NO_FRAME)];
  const ended = accessEnded(live, command.outcome === 'completed' ? 'completed' : 'invalid', now, now);
  ended.rounds = command.rounds;
  return [ended];
}

function matchingGroup(device: SegmentDevice, command: ReceiveResponse): OutstandingGroup | undefined {
  const group = device.groups[command.groupId];
  return group !== undefined && device.responsePasidRequired && group.pasid !== command.pasid
    ? undefined
    : group;
}

function decideFailure(
  device: SegmentDevice,
  group: OutstandingGroup | undefined,
  command: ReceiveResponse,
  now: number,
): readonly SegmentEvent[] {
  const events: SegmentEvent[] = group === undefined ? [] : [received(command, now)];
  const answered = group === undefined ? 0 : group.members.length;
  events.push({ kind: 'PriInterfaceFailed', device: device.device, lost: device.outstanding - answered });
  for (const live of device.accesses.list()) {
    if (live.stage === Stage.OUTSTANDING) events.push(accessEnded(live, 'failure', now, now));
    else if (live.stage === Stage.WAITING)
      events.push(accessEnded(live, 'failure', live.receivedAtMicros, now));
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
