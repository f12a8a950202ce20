import { Stage, type LiveAccess, type SegmentDevice } from './state';

// An outstanding group is a ring of its members: the device keeps the last one, whose neighbour is the first. So a group costs no
// object of its own, however short it lives.

/** The access becomes the last member of the group with this index (R9). */
export function joinGroup(device: SegmentDevice, groupId: number, live: LiveAccess): void {
  const last = device.groups.get(groupId);
  if (last === undefined) {
    live.nextMember = live;
  } else {
    live.nextMember = last.nextMember;
    last.nextMember = live;
    device.groups.delete(groupId);
  }
  device.groups.add(groupId, live);
  device.outstanding += 1;
}

/** The group was answered: its index and the credits of its members are free again (R10, R11). */
export function dissolveGroup(device: SegmentDevice, groupId: number, receivedAtMicros: number): void {
  const last = device.groups.get(groupId);
  if (last === undefined) return;
  device.groups.delete(groupId);
  let member = last;
  do {
    const next = member.nextMember ?? last;
    // An answered access stays as if outstanding until the next event says how it goes on or ends; a dropped one is not in the device.
    member.receivedAtMicros = receivedAtMicros;
    if (device.retransmission !== undefined) member.stage = Stage.DROPPED;
    member.nextMember = undefined;
    device.outstanding -= 1;
    member = next;
  } while (member !== last);
}

/** Members of a group in the order in which they were sent. */
export function membersOf(last: LiveAccess): LiveAccess[] {
  const members: LiveAccess[] = [];
  let member = last;
  do {
    member = member.nextMember ?? last;
    members.push(member);
  } while (member !== last);
  return members;
}

/** All outstanding groups are lost, their credits and indexes with them (R16, R21). */
export function forgetGroups(device: SegmentDevice): void {
  for (const last of device.groups.clear()) unlinkMembers(last);
  device.outstanding = 0;
}

function unlinkMembers(last: LiveAccess): void {
  for (const member of membersOf(last)) member.nextMember = undefined;
}
