import { Permission, type Permissions } from '../kernel/vocabulary';
import { NOTHING } from './build';
import { hasUnreportedHits, maySendGroups } from './due';
import type { PageRequestSent, SegmentEvent } from './events';
import { PRG_INDEXES } from './config';
import { finishStops, hasStopToFinish } from './stops';
import type { LiveAccess, SegmentDevice, SegmentState } from './state';

/** End of a host cycle: devices report their hits and send the page requests that the cycle made ready (R8-R11). */
export function decideTurn(state: SegmentState, now: number): readonly SegmentEvent[] {
  let events: SegmentEvent[] | undefined;
  let request = state.requests;
  for (const device of state.due) {
    if (hasUnreportedHits(device)) (events ??= []).push(accessesHit(device, now));
    if (device.hung) continue;
    if (maySendGroups(device)) request = sendGroups(device, request, now, (events ??= []));
    if (hasStopToFinish(device)) request = finishStops(device, request, now, (events ??= []));
  }
  return events ?? NOTHING;
}

function accessesHit(device: SegmentDevice, now: number): SegmentEvent {
  return {
    kind: 'AccessesHit',
    device: device.device,
    atcHits: device.atcHits,
    translated: device.translated,
    ranges: device.hitRanges,
    atMicros: now,
  };
}

/**
 * Sends the oldest waiting accesses for which there are credits, grouped by PASID (R9, R10). A group is closed when it is full
 * or when the turn is over: a device that waited to fill a group could wait for ever.
 *
 * @returns the number of the last request sent
 */
function sendGroups(device: SegmentDevice, request: number, now: number, events: SegmentEvent[]): number {
  const writer: GroupWriter = {
    request,
    now,
    freeIndexes: PRG_INDEXES - device.groups.size,
    index: device.nextIndex,
    events,
  };
  let credits = device.credits - device.outstanding;
  let pasid = device.firstWaiting?.pasid;
  let group: OpenGroup = { members: [], size: 0 };
  // Groups begun for other PASIDs. Most devices work for one process at a time, so most turns need no map.
  let others: Map<number, OpenGroup> | undefined;
  for (let live = device.firstWaiting; live !== undefined && credits > 0; live = live.next) {
    if (live.pasid !== pasid && pasid !== undefined) {
      others ??= new Map();
      others.set(pasid, group);
      pasid = live.pasid;
      group = others.get(pasid) ?? { members: [], size: 0 };
      others.delete(pasid);
    }
    group.members[group.size++] = live;
    credits -= 1;
    if (group.size === device.pagesPerGroup) writeGroup(device, group, writer);
  }
  if (others !== undefined) for (const rest of others.values()) writeGroup(device, rest, writer);
  writeGroup(device, group, writer);
  return writer.request;
}

/** Members of a group that is being put together. The list is used again for the next group, so only its first `size` count. */
interface OpenGroup {
  readonly members: LiveAccess[];
  size: number;
}

interface GroupWriter {
  request: number;
  readonly now: number;
  freeIndexes: number;
  index: number;
  readonly events: SegmentEvent[];
}

/** Writes one group, unless it is empty or every index is outstanding: then its members wait for the next turn (R11). */
function writeGroup(device: SegmentDevice, group: OpenGroup, writer: GroupWriter): void {
  const { members, size } = group;
  group.size = 0;
  if (size === 0 || writer.freeIndexes === 0) return;
  while (device.groups.get(writer.index) !== undefined) writer.index = (writer.index + 1) % PRG_INDEXES;
  for (let at = 0; at < size; at++) {
    const live = members[at];
    if (live !== undefined)
      writer.events.push(pageRequestSent(live, ++writer.request, writer.index, at === size - 1, writer.now));
  }
  writer.freeIndexes -= 1;
  // The search moves on and never meets this index again in the turn, since it stops after as many indexes as are free.
  writer.index = (writer.index + 1) % PRG_INDEXES;
}

/**
 * What the message asks for. Execute rides on read, and so does an access that wants nothing: a last request with neither read
 * nor write would be a stop marker, which nobody answers (R5, R23).
 */
function asPageRequest(permissions: Permissions): Permissions {
  return permissions & (Permission.READ | Permission.WRITE) ? permissions : permissions | Permission.READ;
}

function pageRequestSent(
  live: LiveAccess,
  request: number,
  groupId: number,
  last: boolean,
  now: number,
): PageRequestSent {
  return {
    kind: 'PageRequestSent',
    request,
    device: live.device.device,
    access: live.access,
    pasid: live.pasid,
    page: live.page,
    permissions: asPageRequest(live.permissions),
    groupId,
    last,
    round: live.rounds,
    sentAtMicros: now,
  };
}
