import { ACCESS_MASK, Permission } from '../kernel/vocabulary';
import {
  accessDropped,
  accessEnded,
  accessHit,
  NOTHING,
  translationRequested,
  translationReturned,
} from './build';
import type { Access, SegmentCommand } from './commands';
import type { AccessStarted, SegmentEvent } from './events';
import { decideWithdrawal } from './lifecycle';
import { deviceOf, type LiveAccess, type SegmentState } from './state';
import { stopOf } from './stops';

type CompleteTranslation = Extract<SegmentCommand, { kind: 'CompleteTranslation' }>;

/** A workload issues an access: from the ATC, or with a translation request, or on the bus of a stalling IOMMU (R1, D10). */
export function decideIssue(state: SegmentState, access: Access, now: number): readonly SegmentEvent[] {
  const device = deviceOf(state, access.device);
  // A caller that has not seen the stop or the removal yet: the access is settled all the same (I5).
  if (device.removed || stopOf(device, access.pasid) !== undefined)
    return decideWithdrawal(device.device, [{ first: access.access, count: 1 }]);
  if (device.accesses.get(access.access) !== undefined)
    throw new Error(`device ${access.device} has issued access ${access.access} already`);
  const started = accessStarted(access, now);
  // It waits in the device and is issued after the reset.
  if (device.hung) return [started];
  if (device.model === 'stall') return [started, sendOnBus(access, state.requests + 1, now)];
  if (device.failed) return [started, failAtOnce(access, now)];
  const entry = device.atc.find(access.pasid, access.page, access.permissions);
  if (entry !== undefined) return [started, hitFromAtc(access, entry.frame)];
  return [started, requestFirst(access, state.lastTranslation + 1)];
}

/** An ATS completion arrived (R2, R3, R4, R14, R28). One that nobody waits for is of an older epoch and means nothing (D4). */
export function decideCompletion(
  state: SegmentState,
  command: CompleteTranslation,
  now: number,
): readonly SegmentEvent[] {
  const live = state.translations.get(command.translation);
  if (live === undefined || live.device.hung) return NOTHING;
  if (live.stale) {
    return [translationReturned(live, 'stale', 0, 0), translationRequested(live, state.lastTranslation + 1)];
  }
  if (command.status !== 'success') {
    return [
      translationReturned(live, 'refused', 0, 0),
      accessEnded(live, 'refused', live.receivedAtMicros, now),
    ];
  }
  const granted = command.permissions & ACCESS_MASK;
  if (!allows(granted, live.permissions)) return decideMiss(state, live, now);
  // The answer holds in the privilege mode of its request only (R6), so the entry remembers the mode.
  const returned = translationReturned(
    live,
    'granted',
    granted | (live.permissions & Permission.PRIVILEGED),
    command.frame,
  );
  if (live.rounds === 0) return [returned, accessHit(live, command.frame)];
  return [returned, accessEnded(live, 'completed', live.receivedAtMicros, now)];
}

/** A completion without read and write is a miss whatever else it says (R2); else every wanted right must be there (R4). */
function allows(granted: number, wanted: number): boolean {
  return (granted & (Permission.READ | Permission.WRITE)) !== 0 && (wanted & ACCESS_MASK & ~granted) === 0;
}

function decideMiss(state: SegmentState, live: LiveAccess, now: number): SegmentEvent[] {
  const { device } = live;
  const returned = translationReturned(live, 'missed', 0, 0);
  if (device.failed) return [returned, accessEnded(live, 'failure', live.receivedAtMicros, now)];
  const events: SegmentEvent[] = [returned];
  if (live.rounds > 0) {
    events.push({
      kind: 'AccessRetried',
      device: device.device,
      access: live.access,
      request: live.request,
      receivedAtMicros: live.receivedAtMicros,
      retriedAtMicros: now,
    });
  }
  if (device.retransmission !== undefined)
    events.push(accessDropped(live, state.lastDrop + 1, device.retransmission));
  return events;
}

function accessStarted(access: Access, now: number): AccessStarted {
  return {
    kind: 'AccessStarted',
    device: access.device,
    access: access.access,
    pasid: access.pasid,
    page: access.page,
    offset: access.offset,
    permissions: access.permissions,
    intendedAtMicros: access.intendedAtMicros,
    startedAtMicros: now,
  };
}

function hitFromAtc(access: Access, frame: number): SegmentEvent {
  const { device, pasid, page } = access;
  return { kind: 'AccessHit', device, access: access.access, pasid, page, fromAtc: true, frame };
}

function requestFirst(access: Access, translation: number): SegmentEvent {
  const { device, pasid, page, permissions } = access;
  return {
    kind: 'TranslationRequested',
    translation,
    device,
    access: access.access,
    pasid,
    page,
    permissions,
  };
}

function sendOnBus(access: Access, request: number, now: number): SegmentEvent {
  const { device, pasid, page, offset, permissions } = access;
  return {
    kind: 'StalledAccessSent',
    request,
    device,
    access: access.access,
    pasid,
    page,
    offset,
    permissions,
    sentAtMicros: now,
  };
}

function failAtOnce(access: Access, now: number): SegmentEvent {
  return {
    kind: 'AccessEnded',
    device: access.device,
    access: access.access,
    pasid: access.pasid,
    page: access.page,
    offset: access.offset,
    permissions: access.permissions,
    outcome: 'failure',
    rounds: 0,
    request: 0,
    intendedAtMicros: access.intendedAtMicros,
    startedAtMicros: now,
    receivedAtMicros: 0,
    endedAtMicros: now,
  };
}
