import type { IommuContext } from './context';
import type {
  AnyIommuEvent,
  IommuEvent,
  ResultWaiting,
  StalledAccessTranslated,
  VolatileIommuEvent,
} from './events';
import {
  evolveGroupDiscarded,
  evolvePartialsDiscarded,
  evolveResponded,
  evolveSegmentReset,
  evolveStallEnded,
} from './evolve-endings';
import {
  evolveAllocated,
  evolveAttached,
  evolveBound,
  evolveDetached,
  evolveFence,
  evolveFreed,
  evolveTeardown,
} from './evolve-lifecycle';
import {
  evolveAccepted,
  evolveConsumed,
  evolveDeferredRecorded,
  evolveGroupHeld,
  evolveGroupQueued,
  evolveHeld,
  evolveParked,
  evolveQueued,
} from './evolve-requests';
import { serialOf } from './identity';
import { evolveDrop } from './iotlb';
import type { IommuState } from './state';
import { evolveTranslated } from './translate';
import { evolveWait } from './waiting';

/** The state after an event: the same object, changed. The common events come first. */
export function evolveIommu(context: IommuContext, state: IommuState, event: AnyIommuEvent): IommuState {
  const { durable } = state;
  switch (event.kind) {
    case 'PageRequestQueued':
      evolveQueued(durable, event);
      return state;
    case 'GroupQueued':
      evolveGroupQueued(context, durable, event);
      return state;
    case 'GroupResponded':
      evolveResponded(context, state, event);
      return state;
    case 'FaultParked':
      evolveParked(durable, event);
      return state;
    case 'PageRequestDropped':
      evolveAccepted(durable, event);
      return state;
    case 'FaultRefused':
    case 'StopMarkerDropped':
      evolveConsumed(durable, event);
      return state;
    case 'StallRecorded':
      if (event.deferred) evolveDeferredRecorded(durable, event);
      else evolveHeld(durable, event, true);
      return state;
    case 'StallDeferred':
      evolveHeld(durable, event, false);
      return state;
    case 'StallEnded':
      evolveStallEnded(durable, event);
      return state;
    case 'TranslationCompleted':
    case 'IotlbInvalidated':
    case 'StalledAccessTranslated':
    case 'StalledAccessRefused':
    case 'ResultWaiting':
      evolveVolatile(state, event);
      return state;
    default:
      evolveRare(context, state, event);
      return state;
  }
}

type CommonKind =
  | 'PageRequestQueued'
  | 'GroupQueued'
  | 'GroupResponded'
  | 'FaultParked'
  | 'PageRequestDropped'
  | 'FaultRefused'
  | 'StopMarkerDropped'
  | 'StallRecorded'
  | 'StallDeferred'
  | 'StallEnded';

function evolveRare(
  context: IommuContext,
  state: IommuState,
  event: Exclude<IommuEvent, { kind: CommonKind }>,
): void {
  const { durable } = state;
  switch (event.kind) {
    case 'IommuOwnerChanged':
      durable.epoch = event.epoch;
      durable.epochs.push({ epoch: event.epoch, base: durable.iopf.groupCount });
      return;
    case 'DeviceAttached':
      evolveAttached(durable, event);
      return;
    case 'DeviceDetached':
      evolveDetached(durable, event);
      return;
    case 'PasidBound':
      evolveBound(durable, event);
      return;
    case 'PasidUnbound':
      durable.devices.get(event.device)?.bindings.delete(event.pasid);
      return;
    case 'GroupHeld':
      evolveGroupHeld(context, durable, event);
      return;
    case 'TeardownBegun':
    case 'TeardownStepped':
    case 'PasidDrained':
      evolveTeardown(durable, event);
      return;
    case 'DeviceFenced':
    case 'DeviceResetSeen':
      evolveFence(durable, event);
      return;
    case 'QueueFreed':
      evolveFreed(durable);
      return;
    case 'QueueAllocated':
      evolveAllocated(durable);
      return;
    case 'RingOverflowSet':
    case 'RingOverflowCleared':
      (event.model === 'pri' ? durable.pri : durable.events).overflow = event.kind === 'RingOverflowSet';
      return;
    case 'PartialsDiscarded':
      evolvePartialsDiscarded(durable, event);
      return;
    case 'GroupDiscarded':
      evolveGroupDiscarded(state, event);
      return;
    case 'SegmentResetSeen':
      evolveSegmentReset(state, event);
      return;
    case 'ResultDropped':
      return;
  }
}

function evolveVolatile(state: IommuState, event: VolatileIommuEvent): void {
  switch (event.kind) {
    case 'TranslationCompleted':
      if (event.permissions !== 0 && !event.iotlbHit)
        evolveTranslated(state, event.device, event.pasid, event.page);
      return;
    case 'IotlbInvalidated':
      evolveDrop(state.volatile.iotlb, event.mm, event.page, event.pages);
      return;
    case 'StalledAccessTranslated':
      evolveAccessTranslated(state, event);
      return;
    case 'StalledAccessRefused':
      state.volatile.refused.set(event.segment, event);
      return;
    case 'ResultWaiting':
      evolveResultWaiting(state, event);
      return;
  }
}

function evolveAccessTranslated(state: IommuState, event: StalledAccessTranslated): void {
  const { segment, segmentEpoch: epoch, request } = event;
  evolveTranslated(state, event.device, event.pasid, event.page);
  // Only what comes after it is ever taken, and a new epoch of the segment forgets it.
  state.volatile.translated.set(segment, { epoch, highest: request });
}

function evolveResultWaiting(state: IommuState, event: ResultWaiting): void {
  const { group, groupEpoch, code, positions, sequence } = event;
  const serial = serialOf(state.durable, groupEpoch, group);
  const { waiting, replica } = state.volatile;
  evolveWait(waiting, replica, { serial, group, groupEpoch, code, positions, sequence });
}
