import { collectMembers, evolveCloseGroup, evolvePark } from '../iopf/report';
import { evolveDevice, type IopfDevice } from '../iopf/state';
import { MAX_STALL_TAG, NO_PASID, type RequestIdentity } from '../kernel/vocabulary';
import type {
  FaultParked,
  FaultRefused,
  GroupHeld,
  GroupQueued,
  RequestRecord,
  StallRecorded,
  StopMarkerDropped,
} from './events';
import { evolveKeep, evolvePop, evolvePush, recordOf, ringHead, sameRequest } from './ring';
import type { IommuContext } from './context';
import { serialFor, serialIn } from './identity';
import { evolveHold, evolveServed } from './service';
import type { IommuDurableState, SegmentProgress } from './state';

/**
 * The request is accepted: it and every earlier one of its epoch is a duplicate from now on. What becomes of an adopted one says nothing
 * of those before it: the dead owner may have taken them in the cycle whose other events it could not write.
 */
export function evolveAccepted(durable: IommuDurableState, identity: RequestIdentity): void {
  const { segment, segmentEpoch, request } = identity;
  const progress = durable.segments.get(segment);
  if (progress === undefined || progress.epoch < segmentEpoch) {
    durable.segments.set(segment, newProgress(segmentEpoch, request));
  } else if (
    progress.epoch === segmentEpoch &&
    request > progress.highest &&
    !progress.adopted.has(request)
  ) {
    if (request > progress.highest + 1) evolvePassed(progress, request);
    progress.highest = request;
    if (progress.adopted.size > 0) forgetAdopted(progress);
  }
}

/** Ranges that are kept, at least: more than a batch that is sent again can have. */
const PASSED_KEPT = 256;

/** Numbers are taken in order, so those between two that events name were taken without an event: they translated at once. */
function evolvePassed({ highest, adopted, passed }: SegmentProgress, request: number): void {
  for (let first = highest + 1; first < request; first += 1) {
    if (adopted.has(first)) continue;
    let last = first;
    while (last + 1 < request && !adopted.has(last + 1)) last += 1;
    passed.push({ first, last });
    first = last;
  }
  if (passed.length >= 2 * PASSED_KEPT) passed.splice(0, PASSED_KEPT);
}

function forgetAdopted(progress: SegmentProgress): void {
  for (const request of progress.adopted) if (request <= progress.highest) progress.adopted.delete(request);
}

/** The record is in the page request ring (R41). */
export function evolveQueued(durable: IommuDurableState, event: RequestRecord): void {
  evolvePush(durable.pri, recordOf(event));
  evolveAccepted(durable, event);
}

/** A transaction is held under its tag; its record is in the event queue, or waits for room (R32, R39). */
export function evolveHeld(durable: IommuDurableState, event: RequestRecord, recorded: boolean): void {
  const stall = recordOf(event);
  if (durable.retrying.length > 0) evolveRetried(durable, event);
  const device = durable.devices.get(event.device);
  if (device !== undefined) {
    device.stalls.set(event.groupId, stall);
    device.nextTag = (event.groupId + 1) & MAX_STALL_TAG;
  }
  if (recorded) evolvePush(durable.events, stall);
  else durable.deferred.push(stall);
  evolveAccepted(durable, event);
}

/** The oldest deferred stall has its record; its tag was given before. */
export function evolveDeferredRecorded(durable: IommuDurableState, event: StallRecorded): void {
  const stall = recordOf(event);
  durable.deferred.shift();
  durable.devices.get(event.device)?.stalls.set(event.groupId, stall);
  evolvePush(durable.events, stall);
}

/** A stall that was retried has its outcome. */
export function evolveRetried(durable: IommuDurableState, identity: RequestIdentity): void {
  const first = durable.retrying[0];
  if (first !== undefined && sameRequest(first, identity)) durable.retrying.shift();
  else durable.retrying = durable.retrying.filter((stall) => !sameRequest(stall, identity));
}

/** The head of the page request ring waits for the last member of its group. */
export function evolveParked(durable: IommuDurableState, event: FaultParked): void {
  const record = ringHead(durable.pri);
  if (record === null || !sameRequest(record, event))
    throw new Error(`request ${event.request} is not at the ring's head`);
  evolvePop(durable.pri);
  const device = durable.iopf.devices.get(event.device);
  if (device !== undefined) evolvePark(device, record);
}

/** A record was consumed and leads to nothing: mostly the head of a ring, or any one when a teardown or a reset takes it out. */
export function evolveConsumed(durable: IommuDurableState, event: FaultRefused | StopMarkerDropped): void {
  for (const ring of [durable.pri, durable.events]) {
    const head = ringHead(ring);
    if (head !== null && sameRequest(head, event)) {
      evolvePop(ring);
      return;
    }
  }
  const others = (record: RequestRecord): boolean => !sameRequest(record, event);
  evolveKeep(durable.pri, others);
  evolveKeep(durable.events, others);
}

/** The head of a ring closed a group, which waits for its device's turn (D14). */
export function evolveGroupHeld(context: IommuContext, durable: IommuDurableState, event: GroupHeld): void {
  const ring = event.model === 'pri' ? durable.pri : durable.events;
  const head = ringHead(ring);
  const { service } = durable;
  if (head === null || !sameRequest(head, event) || service === null)
    throw new Error(`request ${event.request} does not close group ${event.group}`);
  evolvePop(ring);
  const reporting = reportingDevice(durable, event.device);
  const members = collectMembers(reporting, head);
  const serial = serialFor(durable, event.group);
  closeGroup(context, durable, reporting, event, members, serial);
  evolveHold(service, event.queue, event.device, serial, members.length);
}

/**
 * A group is on its queue. One that was held is known already. Else its last member is at its ring's head; if not, a dead owner
 * could write this event only, and its members are taken from wherever they are (D5).
 */
export function evolveGroupQueued(
  context: IommuContext,
  durable: IommuDurableState,
  event: GroupQueued,
): void {
  const { device, model, members } = event;
  const { service } = durable;
  const serial = serialIn(durable, event.groupEpoch, event.group);
  if (service !== null) evolveServed(service, event.queue, serial);
  if (service !== null && durable.iopf.groups.has(serial)) return;
  const last = members[members.length - 1];
  if (last === undefined) throw new Error(`group ${event.group} has no member`);
  const ring = model === 'pri' ? durable.pri : durable.events;
  const reporting = reportingDevice(durable, device);
  const head = ringHead(ring);
  const partials = reporting.partial.length;
  if (head !== null && sameRequest(head, last) && (members.length === 1 || partials >= members.length - 1)) {
    evolvePop(ring);
  } else {
    evolveAdopted(durable, event);
  }
  closeGroup(context, durable, reporting, event, members, serial);
}

function closeGroup(
  { config }: IommuContext,
  durable: IommuDurableState,
  reporting: IopfDevice<RequestRecord>,
  event: GroupQueued | GroupHeld,
  members: readonly RequestRecord[],
  serial: number,
): void {
  const { device, model, groupId, pasid, queue } = event;
  const required = durable.devices.get(device)?.responsePasidRequired === true && model === 'pri';
  const hasPasid = pasid !== NO_PASID;
  const needsPasid = required && (hasPasid || config.neverAnswerWithoutNeededPasid);
  const facts = { queue, groupId, pasid, hasPasid, needsPasid };
  evolveCloseGroup(durable.iopf, reporting, facts, members, serial);
}

/** A dead owner may have attached the device in a message that it could not write (D5); it will be attached again. */
function reportingDevice(durable: IommuDurableState, device: number): IopfDevice<RequestRecord> {
  const known = durable.iopf.devices.get(device);
  if (known !== undefined) return known;
  evolveDevice(durable.iopf, device, { hasIommu: true, attached: false, canRespond: true });
  return reportingDevice(durable, device);
}

function evolveAdopted(durable: IommuDurableState, event: GroupQueued): void {
  const { members, model, device } = event;
  const others = (record: RequestRecord) => !members.some((member) => sameRequest(member, record));
  const ring = model === 'pri' ? durable.pri : durable.events;
  evolveKeep(ring, others);
  durable.deferred = durable.deferred.filter(others);
  durable.retrying = durable.retrying.filter(others);
  for (const member of members) {
    adopt(durable, member);
    if (model === 'stall') holdAdopted(durable.devices.get(device)?.stalls, member);
  }
}

/**
 * A transaction is held once. In an earlier round under another tag it was answered and retried by the dead owner, who could say neither:
 * the answer of that round is still to come, and lets nothing go any more.
 */
function holdAdopted(stalls: Map<number, RequestRecord> | undefined, member: RequestRecord): void {
  if (stalls === undefined) return;
  for (const [tag, stall] of stalls) if (sameRequest(stall, member)) stalls.delete(tag);
  stalls.set(member.groupId, member);
}

/**
 * A re-sent copy of an adopted request is a duplicate, but earlier ones that no event names are not. A group may be of an epoch that
 * no event names yet: then its reset is still to be decided, and must be (D9).
 */
function adopt(durable: IommuDurableState, member: RequestRecord): void {
  const { segment, segmentEpoch, request } = member;
  const progress = progressOf(durable, segment);
  if (progress.epoch === segmentEpoch) {
    if (request > progress.highest) progress.adopted.add(request);
  } else if (progress.epoch < segmentEpoch) {
    if (progress.ahead === null || progress.ahead.epoch < segmentEpoch)
      progress.ahead = { epoch: segmentEpoch, adopted: new Set() };
    if (progress.ahead.epoch === segmentEpoch) progress.ahead.adopted.add(request);
  }
}

/** What is known of a segment; epoch 0 for one that was never heard of. */
function progressOf(durable: IommuDurableState, segment: number): SegmentProgress {
  let progress = durable.segments.get(segment);
  if (progress === undefined) durable.segments.set(segment, (progress = newProgress(0, 0)));
  return progress;
}

/** A segment in an epoch of which nothing is known but that its numbers were taken up to `highest`. */
export function newProgress(epoch: number, highest: number): SegmentProgress {
  return { epoch, highest, adopted: new Set(), ahead: null, passed: [] };
}
