import type { AccessStarted } from './events';
import { deviceOf, Stage, type LiveAccess, type SegmentDevice, type SegmentState } from './state';

/** An access starts: its device has it in hand from now on. */
export function takeInHand(state: SegmentState, event: AccessStarted): void {
  const device = deviceOf(state, event.device);
  const live = state.spare.pop() ?? createLive(device);
  live.device = device;
  live.access = event.access;
  live.pasid = event.pasid;
  live.page = event.page;
  live.offset = event.offset;
  live.permissions = event.permissions;
  live.intendedAtMicros = event.intendedAtMicros;
  live.startedAtMicros = event.startedAtMicros;
  standAsIssued(live);
  device.started += 1;
  device.accesses.add(event.access, live);
}

/** An access ended, and is in no list any more. */
export function letGo(state: SegmentState, live: LiveAccess): void {
  live.device.accesses.delete(live.access);
  state.spare.push(live);
}

/** The access has nothing on its way, and no round behind it. */
export function standAsIssued(live: LiveAccess): void {
  live.stage = Stage.READY;
  live.rounds = 0;
  live.request = 0;
  live.receivedAtMicros = 0;
  live.translation = 0;
  live.stale = false;
  live.drops = 0;
  live.drop = 0;
  live.previous = undefined;
  live.next = undefined;
}

function createLive(device: SegmentDevice): LiveAccess {
  return {
    device,
    access: 0,
    pasid: 0,
    page: 0,
    offset: 0,
    permissions: 0,
    intendedAtMicros: 0,
    startedAtMicros: 0,
    stage: Stage.READY,
    rounds: 0,
    request: 0,
    receivedAtMicros: 0,
    translation: 0,
    stale: false,
    drops: 0,
    drop: 0,
    previous: undefined,
    next: undefined,
    nextMember: undefined,
  };
}
