import { countPartials } from '../iopf/queues';
import { answerAtOnce, collectMembers } from '../iopf/report';
import type { IopfDevice } from '../iopf/state';
import { UNBOUND_MM } from '../iopf/topology';
import { NO_PASID, Permission, ResponseCode } from '../kernel/vocabulary';
import type { IommuContext } from './context';
import { closedGroup } from './dispatch';
import { faultRefused, partialsDiscarded, roomOf, stallAborted } from './endings';
import type {
  AnyIommuEvent,
  FaultRefused,
  GroupHeld,
  GroupQueued,
  IommuEvent,
  RefusalReason,
  RequestRecord,
} from './events';
import type { IommuProfile } from './profile';
import { ringCount, ringHead, sameRequest } from './ring';
import type { IommuState } from './state';
import { invalidRecordCode } from './validate';

/** Whether a ring has a record for software. */
export function hasRingRecords(state: IommuState): boolean {
  const { pri, events } = state.durable;
  return pri.head !== pri.tail || events.head !== events.tail;
}

/** Consumes the oldest record of the page request ring, or of the event queue when that is empty. */
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
  if (isDroppedMarker(context.profile, record))
    return { kind: 'StopMarkerDropped', segment, segmentEpoch, request, device, pasid };
  const early = refusedByDriver(context.profile, state, record, nowMicros);
  if (early !== null) return early;
  const { iopf } = state.durable;
  const reporting = iopf.devices.get(device);
  const plan = context.layer.planReport(iopf, reporting, record.last, pasid);
  if (plan.action === 'park') return { kind: 'FaultParked', segment, segmentEpoch, request, device, groupId };
  if (plan.action === 'group') return groupClosedBy(context, state, reporting, record, 'pri', nowMicros);
  const code = answerAtOnce(plan, 'pri', record.last);
  const known = state.durable.devices.get(device);
  return faultRefused(
    known,
    record,
    reasonOf(state, record),
    code !== null,
    code ?? ResponseCode.INVALID,
    nowMicros,
  );
}

/** Whether the driver takes a record for a stop marker, which it drops without a response (R23, R75). */
function isDroppedMarker({ stopMarkers }: IommuProfile, record: RequestRecord): boolean {
  return (
    record.last &&
    (record.permissions & (Permission.READ | Permission.WRITE)) === 0 &&
    (stopMarkers === 'dropped' || (stopMarkers === 'dropped-with-pasid' && record.pasid !== NO_PASID))
  );
}

/** What a driver refuses before it reports a fault: a requester it does not know, an invalid record, or everything (R73, R76). */
function refusedByDriver(
  profile: IommuProfile,
  state: IommuState,
  record: RequestRecord,
  nowMicros: number,
): FaultRefused | null {
  const { validation, servesPageRequests } = profile;
  if (servesPageRequests && validation === null) return null;
  const known = state.durable.devices.get(record.device);
  if (validation === null)
    return faultRefused(known, record, 'no-handler', record.last, ResponseCode.FAILURE, nowMicros);
  if (!known?.attached) {
    const answered = validation.unknownRequester === 'invalid' && record.last;
    return faultRefused(known, record, 'no-handler', answered, ResponseCode.INVALID, nowMicros);
  }
  const code = invalidRecordCode(validation, record);
  if (code === null) return null;
  const answered = record.last || validation.answersNonLast;
  return faultRefused(known, record, 'invalid-request', answered, code, nowMicros);
}

/** Why the layer took a fault for nobody's. */
function reasonOf(state: IommuState, record: RequestRecord): RefusalReason {
  const reporting = state.durable.iopf.devices.get(record.device);
  if (reporting === undefined || !state.durable.devices.get(record.device)?.hasHandler) return 'no-handler';
  return reporting.queue === null ? 'no-queue' : 'not-bound';
}

/** A stall is always the last member of a group of its own (R77). One that nobody handles is aborted, never left (R74). */
function drainStall(
  context: IommuContext,
  state: IommuState,
  record: RequestRecord,
  nowMicros: number,
): IommuEvent[] {
  const known = state.durable.devices.get(record.device);
  const refused = (reason: RefusalReason): FaultRefused =>
    faultRefused(known, record, reason, false, ResponseCode.FAILURE, nowMicros);
  const holding = known?.stalls.get(record.groupId);
  // The transaction may be gone already; acknowledging its tag would have no effect (R37).
  if (holding === undefined || !sameRequest(holding, record)) return [refused('no-handler')];
  const { iopf } = state.durable;
  const reporting = iopf.devices.get(record.device);
  const plan = context.layer.planReport(iopf, reporting, true, record.pasid);
  if (plan.action === 'group') return [groupClosedBy(context, state, reporting, record, 'stall', nowMicros)];
  return [refused(reasonOf(state, record)), stallAborted(record, nowMicros)];
}

function groupClosedBy(
  context: IommuContext,
  state: IommuState,
  reporting: IopfDevice<RequestRecord> | undefined,
  last: RequestRecord,
  model: GroupQueued['model'],
  nowMicros: number,
): GroupQueued | GroupHeld {
  const members =
    reporting === undefined || reporting.partial.length === 0 ? [last] : collectMembers(reporting, last);
  const queue = context.route(last.device, model, context.routesByMm ? mmOf(state, last) : UNBOUND_MM);
  return closedGroup(state, members, last, model, queue, nowMicros);
}

function mmOf(state: IommuState, record: RequestRecord): number {
  return state.durable.devices.get(record.device)?.bindings.get(record.pasid)?.mm ?? UNBOUND_MM;
}

/**
 * Ends a pass over the rings. Overflow recovery, with an empty ring or at once: drop all partial groups, unless the driver keeps
 * them, then clear the flag (R88). Stalls that waited for room get their records, as many as fit (R39); the host drains again for
 * these.
 */
export function decideFinishDrain(
  context: IommuContext,
  state: IommuState,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const { pri, deferred, iopf } = state.durable;
  const { recoversWhen, dropsPartialsOnOverflow } = context.profile;
  const events: IommuEvent[] = [];
  if (pri.overflow && (recoversWhen === 'at-once' || ringCount(pri) === 0)) {
    const partials = dropsPartialsOnOverflow ? countPartials(iopf) : 0;
    if (partials > 0) events.push(partialsDiscarded(-1, partials, 'overflow'));
    events.push({ kind: 'RingOverflowCleared', model: 'pri' });
  }
  const recorded = deferred.slice(0, roomOf(state).events);
  for (const stall of recorded)
    events.push({ kind: 'StallRecorded', ...stall, writtenAtMicros: nowMicros, deferred: true });
  return events;
}
