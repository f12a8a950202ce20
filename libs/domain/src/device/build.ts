import type { Retransmission } from './config';
import type {
  AccessDropped,
  AccessEnded,
  AccessHit,
  AccessOutcome,
  SegmentEvent,
  StalledAccessSent,
  TranslationRequested,
  TranslationReturned,
} from './events';
import type { LiveAccess } from './state';

// Every event is built in one place, so that all events of a kind share one hidden class on the hot path.

/** What a command that causes nothing gives. */
export const NOTHING: readonly SegmentEvent[] = Object.freeze([]);

/** Frame of an access whose translation the device never saw: the IOMMU translated it on the bus. */
export const NO_FRAME = -1;

/** The device asks for a translation (R1). */
export function translationRequested(live: LiveAccess, translation: number): TranslationRequested {
  return {
    kind: 'TranslationRequested',
    translation,
    device: live.device.device,
    access: live.access,
    pasid: live.pasid,
    page: live.page,
    permissions: live.permissions,
  };
}

/** The completion of a translation request came back. */
export function translationReturned(
  live: LiveAccess,
  verdict: TranslationReturned['verdict'],
  permissions: number,
  frame: number,
): TranslationReturned {
  return {
    kind: 'TranslationReturned',
    translation: live.translation,
    device: live.device.device,
    access: live.access,
    verdict,
    permissions,
    frame,
  };
}

/** The device cannot hold the access: it drops it for the first time, or once more. */
export function accessDropped(
  live: LiveAccess,
  drop: number,
  { firstMicros, mostMicros }: Retransmission,
): AccessDropped {
  return {
    kind: 'AccessDropped',
    drop,
    device: live.device.device,
    access: live.access,
    retryMicros: Math.min(firstMicros * 2 ** live.drops, mostMicros),
  };
}

/** The access was made without a fault. */
export function accessHit(live: LiveAccess, frame: number): AccessHit {
  return {
    kind: 'AccessHit',
    device: live.device.device,
    access: live.access,
    pasid: live.pasid,
    page: live.page,
    fromAtc: false,
    frame,
  };
}

/** The access ended and is worth a record of its own. */
export function accessEnded(
  live: LiveAccess,
  outcome: AccessOutcome,
  receivedAtMicros: number,
  endedAtMicros: number,
): AccessEnded {
  return {
    kind: 'AccessEnded',
    device: live.device.device,
    access: live.access,
    pasid: live.pasid,
    page: live.page,
    offset: live.offset,
    permissions: live.permissions,
    outcome,
    rounds: live.rounds,
    request: live.request,
    intendedAtMicros: live.intendedAtMicros,
    startedAtMicros: live.startedAtMicros,
    receivedAtMicros,
    endedAtMicros,
  };
}

/** A stalling master puts the access on the bus (D10). */
export function stalledAccessSent(
  live: LiveAccess,
  request: number,
  sentAtMicros: number,
): StalledAccessSent {
  return {
    kind: 'StalledAccessSent',
    request,
    device: live.device.device,
    access: live.access,
    pasid: live.pasid,
    page: live.page,
    offset: live.offset,
    permissions: live.permissions,
    sentAtMicros,
  };
}
