import type {
  AccessDropped,
  AccessEnded,
  AccessHit,
  AccessRange,
  AtcInvalidated,
  PageRequestSent,
  ResponseReceived,
  SegmentEvent,
  StalledAccessSent,
  TranslationRequested,
  TranslationReturned,
} from './events';
import { EVERY_DEVICE, EVERY_PASID } from './atc';
import { isSilent, review, reviewSilence } from './due';
import { resetDevice } from './forget';
import { PRG_INDEXES } from './config';
import { dissolveGroup, forgetGroups, joinGroup } from './groups';
import { evolveLifecycle, leaveStop, type LifecycleEvent } from './evolve-lifecycle';
import { letGo, takeInHand } from './live';
import { deviceOf, Stage, type LiveAccess, type SegmentDevice, type SegmentState } from './state';
import { enqueueWaiting, removeWaiting } from './waiting';

/**
 * Changes the state in place. Events of accesses the state does not know are possible: a fold of the durable events alone, as
 * a successor does it, has seen no access start.
 */
export function evolveSegment(state: SegmentState, event: SegmentEvent): SegmentState {
  switch (event.kind) {
    case 'AccessStarted':
      takeInHand(state, event);
      break;
    case 'AccessHit':
      hit(state, event);
      break;
    case 'TranslationRequested':
      requestTranslation(state, event);
      break;
    case 'TranslationReturned':
      returnTranslation(state, event);
      break;
    case 'PageRequestSent':
      sendPageRequest(state, event);
      break;
    case 'ResponseReceived':
      receiveResponse(state, event);
      break;
    case 'AccessEnded':
      end(state, event);
      break;
    case 'AccessDropped':
      drop(state, event);
      break;
    case 'StalledAccessSent':
      sendStalled(state, event);
      break;
    case 'AtcInvalidated':
      invalidate(state, event);
      break;
    default:
      evolveSeldom(state, event);
  }
  return state;
}

type SeldomEvent = Extract<
  SegmentEvent,
  {
    kind:
      | 'AccessesHit'
      | 'AccessRetried'
      | 'ResponseUnexpected'
      | 'PriInterfaceFailed'
      | 'SegmentOwnerChanged'
      | 'DeviceReset'
      | 'WorkBegun'
      | 'WorkHalted'
      | LifecycleEvent['kind'];
  }
>;

function evolveSeldom(state: SegmentState, event: SeldomEvent): void {
  switch (event.kind) {
    case 'AccessesHit': {
      const device = deviceOf(state, event.device);
      // A successor folds reports of hits it has not seen, so the counters must not fall below zero.
      device.atcHits = Math.max(0, device.atcHits - event.atcHits);
      device.translated = Math.max(0, device.translated - event.translated);
      device.hitRanges = [];
      review(state, device);
      return;
    }
    case 'PriInterfaceFailed': {
      const device = deviceOf(state, event.device);
      device.failed = true;
      forgetGroups(device);
      review(state, device);
      return;
    }
    case 'SegmentOwnerChanged':
      state.epoch = event.epoch;
      state.requests = 0;
      return;
    case 'WorkBegun':
      state.begun.add(event.mm);
      return;
    case 'WorkHalted':
      state.halted = true;
      return;
    case 'DeviceReset': {
      const device = deviceOf(state, event.device);
      resetDevice(state, device);
      reviewSilence(state, device);
      if (event.request > 0) state.requests = event.request;
      return;
    }
    case 'AccessRetried':
    case 'ResponseUnexpected':
      // Told for the record only: the miss and the response have events of their own.
      return;
    default:
      evolveLifecycle(state, event);
  }
}

/** A workload's hits come nearly in order, so a range grows at its end more often than a new one begins. */
function addHit(ranges: AccessRange[], access: number): void {
  const last = ranges[ranges.length - 1];
  if (last !== undefined && last.first + last.count === access) last.count += 1;
  else ranges.push({ first: access, count: 1 });
}

function hit(state: SegmentState, event: AccessHit): void {
  const device = deviceOf(state, event.device);
  device.ended += 1;
  addHit(device.hitRanges, event.access);
  if (event.fromAtc) {
    device.atcHits += 1;
    device.atc.touch(event.pasid, event.page);
  } else device.translated += 1;
  const live = device.accesses.get(event.access);
  if (live !== undefined) conclude(state, live);
  review(state, device);
}

function requestTranslation(state: SegmentState, event: TranslationRequested): void {
  state.lastTranslation = event.translation;
  const live = liveOf(state, event);
  live.stage = Stage.TRANSLATING;
  live.translation = event.translation;
  live.stale = false;
  state.translations.add(live);
}

function returnTranslation(state: SegmentState, event: TranslationReturned): void {
  const live = state.translations.get(event.translation);
  if (live === undefined)
    throw new Error(
      `segment ${state.segment}: translation ${event.translation} returned but was not in flight`,
    );
  state.translations.delete(live);
  live.translation = 0;
  live.stage = Stage.READY;
  if (event.verdict === 'granted')
    live.device.atc.fill(live.pasid, live.page, event.permissions, event.frame);
  else if (event.verdict === 'missed') {
    enqueueWaiting(live);
    review(state, live.device);
  }
}

function sendPageRequest(state: SegmentState, event: PageRequestSent): void {
  const live = liveOf(state, event);
  const device = live.device;
  state.requests = event.request;
  removeWaiting(live);
  live.stage = Stage.OUTSTANDING;
  live.rounds += 1;
  live.request = event.request;
  live.receivedAtMicros = 0;
  joinGroup(device, event.groupId, live);
  device.nextIndex = (event.groupId + 1) % PRG_INDEXES;
  review(state, device);
}

function receiveResponse(state: SegmentState, event: ResponseReceived): void {
  const device = deviceOf(state, event.device);
  if (device.groups.get(event.groupId) === undefined)
    throw new Error(`device ${event.device}: response for index ${event.groupId}, which is not outstanding`);
  dissolveGroup(device, event.groupId, event.receivedAtMicros);
  review(state, device);
}

function end(state: SegmentState, event: AccessEnded): void {
  const device = deviceOf(state, event.device);
  device.ended += 1;
  const live = device.accesses.get(event.access);
  if (live !== undefined) conclude(state, live);
  review(state, device);
}

/** The access ended, wherever it stood: it leaves every list. */
function conclude(state: SegmentState, live: LiveAccess): void {
  leaveStop(live);
  if (live.stage === Stage.WAITING) removeWaiting(live);
  else if (live.stage === Stage.TRANSLATING) state.translations.delete(live);
  else if (live.stage === Stage.STALLED) state.stalls.delete(live.request);
  letGo(state, live);
}

function drop(state: SegmentState, event: AccessDropped): void {
  const live = liveOf(state, event);
  state.lastDrop = event.drop;
  live.drop = event.drop;
  live.drops += 1;
}

function sendStalled(state: SegmentState, event: StalledAccessSent): void {
  const live = liveOf(state, event);
  state.requests = event.request;
  live.stage = Stage.STALLED;
  live.request = event.request;
  state.stalls.add(event.request, live);
}

function invalidate(state: SegmentState, event: AtcInvalidated): void {
  const { pasid, page, pages } = event;
  const isMeant = (device: SegmentDevice): boolean =>
    !isSilent(device) && (event.device === EVERY_DEVICE || event.device === device.device);
  if (pasid === EVERY_PASID) {
    for (const device of state.devices) if (isMeant(device)) device.atc.drop(pasid, page, pages);
  } else {
    for (const holder of state.holders.of(pasid)) {
      const device = deviceOf(state, holder);
      if (isMeant(device)) device.atc.drop(pasid, page, pages);
    }
  }
  state.translations.markStale(pasid, page, pages, isMeant);
}

function liveOf(state: SegmentState, event: { device: number; access: number; kind: string }): LiveAccess {
  const live = deviceOf(state, event.device).accesses.get(event.access);
  if (live === undefined)
    throw new Error(`device ${event.device}: ${event.kind} for access ${event.access}, which is not live`);
  return live;
}
