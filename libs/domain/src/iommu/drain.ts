import { collectMembers } from '../iopf/report';
import { UNBOUND_MM } from '../iopf/topology';
import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import type { IommuContext } from './context';
import type { AnyIommuEvent, FaultRefused, GroupQueued, IommuEvent, RequestRecord } from './events';
import { nextGroup } from './identity';
import { countPartials } from '../iopf/queues';
import { isStopMarker } from './receive';
import { partialsDiscarded, roomOf, stallAborted } from './reset';
import { ringCount, ringHead, sameRequest } from './ring';
import { responsePasid } from './stall';
import type { IommuState } from './state';

/** Whether a ring has a record for software. */
export function hasRingRecords(state: IommuState): boolean {
  const { pri, events } = state.durable;
  return pri.head !== pri.tail || events.head !== events.tail;
}

/** Consumes the oldest record of the page request ring, or of the event queue when that is empty: one event for it. */
export function decideDrainNext(
  context: IommuContext,
  state: IommuState,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const request = ringHead(state.durable.pri);
  if (request !== null) return [drainRequest(context, state, request, nowMicros)];
  const stall = ringHead(state.durable.events);
  return stall === null ? [] : drainStall(context, state, stall, nowMicros);
}

function drainRequest(
  context: IommuContext,
  state: IommuState,
  record: RequestRecord,
  nowMicros: number,
): IommuEvent {
  const { segment, segmentEpoch, request, device, pasid, groupId } = record;
  if (isStopMarker(record.last, record.permissions)) {
    return { kind: 'StopMarkerDropped', segment, segmentEpoch, request, device, pasid };
  }
  const plan = context.layer.planReport(state.durable.iopf.devices.get(device), record.last);
  if (plan.action === 'park') return { kind: 'FaultParked', segment, segmentEpoch, request, device, groupId };
  if (plan.action === 'group') return groupQueued(context, state, record, 'pri', nowMicros);
  // The driver completes what the layer refused: INVALID, and only for a last member (rule 29, R98).
  return refused(state, record, record.last, ResponseCode.INVALID, nowMicros);
}

/** A stall is always the last member of a group of its own (R77). */
function drainStall(
  context: IommuContext,
  state: IommuState,
  record: RequestRecord,
  nowMicros: number,
): IommuEvent[] {
  const holding = state.durable.devices.get(record.device)?.stalls.get(record.groupId);
  if (holding === undefined || !sameRequest(holding, record)) {
    // The transaction is gone already; acknowledging its tag has no effect (R37).
    return [refused(state, record, false, ResponseCode.FAILURE, nowMicros)];
  }
  const plan = context.layer.planReport(state.durable.iopf.devices.get(record.device), true);
  if (plan.action === 'group') return [groupQueued(context, state, record, 'stall', nowMicros)];
  return [refused(state, record, true, ResponseCode.FAILURE, nowMicros), stallAborted(record, nowMicros)];
}

function groupQueued(
  context: IommuContext,
  state: IommuState,
  last: RequestRecord,
  model: GroupQueued['model'],
  nowMicros: number,
): GroupQueued {
  const reporting = state.durable.iopf.devices.get(last.device);
  const members =
    reporting === undefined || reporting.partial.length === 0 ? [last] : collectMembers(reporting, last);
  return {
    kind: 'GroupQueued',
    order: 0,
    group: nextGroup(state.durable),
    device: last.device,
    model,
    pasid: last.pasid,
    groupId: last.groupId,
    queue: context.route(last.device, model, context.routesByMm ? mmOf(state, last) : UNBOUND_MM),
    queuedAtMicros: nowMicros,
    members,
  };
}

function mmOf(state: IommuState, record: RequestRecord): number {
  return state.durable.devices.get(record.device)?.bindings.get(record.pasid)?.mm ?? UNBOUND_MM;
}

function refused(
  state: IommuState,
  record: RequestRecord,
  answered: boolean,
  code: ResponseCode,
  nowMicros: number,
): FaultRefused {
  const { segment, segmentEpoch, request, device, pasid, groupId, last } = record;
  const known = state.durable.devices.get(device);
  return {
    kind: 'FaultRefused',
    segment,
    segmentEpoch,
    request,
    device,
    pasid,
    groupId,
    last,
    answered,
    code,
    responsePasid: answered ? responsePasid(known, pasid) : NO_PASID,
    reason: 'no-handler',
    atMicros: nowMicros,
  };
}

/**
 * Ends a pass over the rings. Overflow recovery, only with an empty ring: drop all partial groups, then clear the flag (R88).
 * Stalls that waited for room get their records, as many as fit (R39); the host drains again for these.
 */
export function decideFinishDrain(state: IommuState, nowMicros: number): readonly AnyIommuEvent[] {
  const { pri, deferred, iopf } = state.durable;
  const events: IommuEvent[] = [];
  if (pri.overflow && ringCount(pri) === 0) {
    const partials = countPartials(iopf);
    if (partials > 0) events.push(partialsDiscarded(-1, partials, 'overflow'));
    events.push({ kind: 'RingOverflowCleared', model: 'pri' });
  }
  const recorded = Math.min(roomOf(state).events, deferred.length);
  for (let i = 0; i < recorded; i += 1) {
    const stall = deferred[i];
    if (stall === undefined) break;
    events.push({ kind: 'StallRecorded', ...stall, writtenAtMicros: nowMicros, deferred: true });
  }
  return events;
}
