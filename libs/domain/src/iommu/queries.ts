import type { IopfGroup } from '../iopf/state';
import { countPartials } from '../iopf/queues';
import type { AnyIommuEvent, IommuEvent, RequestRecord } from './events';
import type { RequestIdentity } from '../kernel/vocabulary';
import { isTaken } from './admission';
import { recordsOf, ringCount } from './ring';
import { ownerOf } from './identity';
import type { IommuState, Teardown } from './state';

/** Whether an event belongs in the log; the others change only what a takeover may lose. */
export function isDurableIommuEvent(event: AnyIommuEvent): event is IommuEvent {
  switch (event.kind) {
    case 'TranslationCompleted':
    case 'IotlbInvalidated':
    case 'StalledAccessTranslated':
    case 'StalledAccessRefused':
    case 'ResultWaiting':
      return false;
    default:
      return true;
  }
}

/** Closed groups without an answer, oldest first. */
export function pendingGroups(state: IommuState): IopfGroup<RequestRecord>[] {
  return [...state.durable.iopf.groups.values()];
}

/** The same, each by its identity (D1). */
export function identifiedGroups(
  state: IommuState,
): { epoch: number; group: number; members: readonly RequestRecord[] }[] {
  return pendingGroups(state).map(({ serial, members }) => {
    const { epoch, base } = ownerOf(state.durable, serial);
    return { epoch, group: serial - base, members };
  });
}

/** Records in the rings, page requests before stalls, oldest first. */
export function ringRecords(state: IommuState): RequestRecord[] {
  return [...recordsOf(state.durable.pri), ...recordsOf(state.durable.events)];
}

/** Records that are in no closed group yet: in a ring, or in the partial list of their device (R79). */
export function ungroupedRecords(state: IommuState): RequestRecord[] {
  const partials = [...state.durable.iopf.devices.values()].flatMap(({ partial }) => partial);
  return [...ringRecords(state), ...partials];
}

/** Transactions the IOMMU holds: recorded, deferred, or between their answer and the outcome of their retry. */
export function openStalls(state: IommuState): RequestRecord[] {
  const stalls: RequestRecord[] = [];
  for (const device of state.durable.devices.values()) stalls.push(...device.stalls.values());
  stalls.push(...state.durable.retrying);
  return stalls;
}

/** Whether a record is of the binding, in whatever use of the PASID: requests without a PASID are their own (R96). */
export function concernsBinding(device: number, pasid: number): (record: RequestRecord) => boolean {
  return (record) => record.device === device && record.pasid === pasid;
}

/** The teardown of the binding that is under way. */
export function findTeardown(state: IommuState, device: number, pasid: number): Teardown | undefined {
  return state.durable.teardowns.find((each) => each.device === device && each.pasid === pasid);
}

/** Whether the device is cut off until its reset was seen. */
export function isFenced(state: IommuState, device: number): boolean {
  return state.durable.devices.get(device)?.fenced === true;
}

/**
 * Whether nothing of (device, PASID) is left that could still map or answer: no record in a ring, no held transaction, no group
 * with *any* such member (D2, R96). Partial lists do not count: only a last member could complete them (R99).
 */
export function isDrained(state: IommuState, device: number, pasid: number): boolean {
  const concerns = concernsBinding(device, pasid);
  if (ringRecords(state).some(concerns) || openStalls(state).some(concerns)) return false;
  for (const group of state.durable.iopf.groups.values()) {
    if (group.device === device && group.members.some(concerns)) return false;
  }
  return true;
}

/**
 * Whether nothing at all is pending (I5), teardowns and resets included. Partials of truncated groups remain until an overflow, a
 * reset or a detach.
 */
export function isIdle(state: IommuState): boolean {
  const { pri, events, iopf, teardowns, devices } = state.durable;
  return (
    ringCount(pri) === 0 &&
    ringCount(events) === 0 &&
    iopf.groups.size === 0 &&
    teardowns.length === 0 &&
    [...devices.values()].every((device) => !device.fenced) &&
    openStalls(state).length === 0
  );
}

/** Requests of one segment epoch up to this number need not be sent again; 0 for an epoch that is not the current one. */
export function acceptedRequest(state: IommuState, segment: number, segmentEpoch: number): number {
  const progress = state.durable.segments.get(segment);
  const translated = state.volatile.translated.get(segment);
  const current = progress?.epoch === segmentEpoch ? progress : undefined;
  let accepted = Math.max(current?.highest ?? 0, translated?.epoch === segmentEpoch ? translated.highest : 0);
  // What a group on a queue names was taken by an owner before, also behind an access that translated at once here.
  while (current?.adopted.has(accepted + 1)) accepted += 1;
  return accepted;
}

/** Whether the segment need not send the request again: it was taken, or its epoch is over. */
export function isRequestTaken(state: IommuState, identity: RequestIdentity): boolean {
  const progress = state.durable.segments.get(identity.segment);
  if (progress === undefined || progress.epoch < identity.segmentEpoch) return false;
  return progress.epoch > identity.segmentEpoch || isTaken(state, progress, identity);
}

/**
 * Whether the request is an access that translated at once and has a later number's event behind it, so that the log shows it: who
 * sends it again has not seen the answer (D10).
 */
export function hasPassed(state: IommuState, { segment, segmentEpoch, request }: RequestIdentity): boolean {
  const progress = state.durable.segments.get(segment);
  if (progress?.epoch !== segmentEpoch || request > progress.highest) return false;
  return progress.passed.some(({ first, last }) => first <= request && request <= last);
}

/** Log position of the oldest result that waits for the replica; a successor must read on from before it. */
export function oldestWaitingSequence(state: IommuState): number | undefined {
  for (const result of state.volatile.waiting.bySerial.values()) return result.sequence;
  return undefined;
}

/** Whether a `FinishDrain` would do anything. */
export function needsFinishDrain(state: IommuState): boolean {
  return state.durable.pri.overflow || state.durable.deferred.length > 0;
}

/** Counts for health and metrics. */
export interface IommuCounters {
  priRecords: number;
  eventRecords: number;
  deferredStalls: number;
  heldStalls: number;
  partials: number;
  pendingGroups: number;
  waitingResults: number;
  overflow: boolean;
}

/** Counts what is open. */
export function countIommu(state: IommuState): IommuCounters {
  const { pri, events, deferred, iopf } = state.durable;
  return {
    priRecords: ringCount(pri),
    eventRecords: ringCount(events),
    deferredStalls: deferred.length,
    heldStalls: openStalls(state).length,
    partials: countPartials(iopf),
    pendingGroups: iopf.groups.size,
    waitingResults: state.volatile.waiting.bySerial.size,
    overflow: pri.overflow,
  };
}
