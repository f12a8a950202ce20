import { EVERY_PASID } from '../device/atc';
import { evolveAnswered, evolveGroupDone } from '../iopf/response';
import type { IopfDevice } from '../iopf/state';
import { NO_PASID } from '../kernel/vocabulary';
import type { IommuContext } from './context';
import { serialOf } from './identity';
import type {
  GroupDiscarded,
  GroupResponded,
  PartialsDiscarded,
  RequestRecord,
  SegmentResetSeen,
  StallEnded,
} from './events';
import { evolveAccepted, evolveRetried, newProgress } from './evolve-requests';
import { isVoid } from './reset';
import { evolveKeep, sameRequest } from './ring';
import type { IommuDurableState, IommuState } from './state';
import { evolveEnded } from './service';
import { evolveForget } from './waiting';

/**
 * The group is answered: it is over, and the pending record that its response matches is consumed (rules 18, 19, 22). Where that
 * goes by number, and group ids are reused, it may be another group's record, which the other group's answer makes up for.
 */
export function evolveResponded(context: IommuContext, state: IommuState, event: GroupResponded): void {
  const { durable } = state;
  const serial = serialOf(durable, event.groupEpoch, event.group);
  // Only an answered stall lets a transaction go.
  const stalled = event.model === 'stall' ? durable.iopf.groups.get(serial) : undefined;
  evolveOver(state, serial, event.device);
  const reporting = durable.iopf.devices.get(event.device);
  if (reporting !== undefined) evolveAnswered(reporting, placeOf(context, reporting, serial, event));
  if (stalled !== undefined) letGo(durable, event, stalled.members[0]);
}

/** No work, no waiting result and no place among the held groups is left of it. */
function evolveOver({ durable, volatile }: IommuState, serial: number, device: number): void {
  const { service } = durable;
  if (service !== null) {
    const queue = durable.iopf.groups.get(serial)?.queue;
    if (typeof queue === 'string') evolveEnded(service, queue, device, serial);
  }
  evolveGroupDone(durable.iopf, serial);
  evolveForget(volatile.waiting, serial);
}

function placeOf(
  { layer }: IommuContext,
  device: IopfDevice<RequestRecord>,
  serial: number,
  event: GroupResponded,
): number {
  const { groupId, pasid } = event;
  const place = layer.matchPending(device, serial, groupId, pasid !== NO_PASID, pasid);
  return place >= 0 ? place : device.pending.findIndex((record) => record.groupId === groupId);
}

/** The tag is acknowledged, so it is free; until the outcome of the retry is known, the transaction is retrying (D10). */
function letGo(durable: IommuDurableState, event: GroupResponded, member: RequestRecord | undefined): void {
  const stalls = durable.devices.get(event.device)?.stalls;
  const stall = stalls?.get(event.groupId);
  if (stalls === undefined || stall === undefined || member === undefined || !sameRequest(stall, member))
    return;
  stalls.delete(event.groupId);
  durable.retrying.push(stall);
}

/** The group is over without a response. For want of a PASID its record stays pending, as in the kernel (rule 21). */
export function evolveGroupDiscarded(state: IommuState, event: GroupDiscarded): void {
  const { iopf } = state.durable;
  const serial = serialOf(state.durable, event.groupEpoch, event.group);
  const groupId = iopf.groups.get(serial)?.groupId;
  evolveOver(state, serial, event.device);
  const reporting = iopf.devices.get(event.device);
  if (event.cause === 'needs-pasid' || reporting === undefined) return;
  const own = reporting.pending.findIndex((record) => record.serial === serial);
  // An answer that went by number may have taken it for another group's, whose record is then left.
  const place = own >= 0 ? own : reporting.pending.findIndex((record) => record.groupId === groupId);
  evolveAnswered(reporting, place);
}

/** Partial lists of one device, or of all with device -1, are empty, or have nothing of the PASID any more. */
export function evolvePartialsDiscarded({ iopf }: IommuDurableState, event: PartialsDiscarded): void {
  const { pasid } = event;
  for (const device of iopf.devices.values()) {
    if (event.device >= 0 && device.device !== event.device) continue;
    device.partial = device.partial.filter((record) => pasid !== EVERY_PASID && record.pasid !== pasid);
  }
}

/** The transaction left the IOMMU, from whatever state it was held in; one that never stalled is accepted by this. */
export function evolveStallEnded(durable: IommuDurableState, event: StallEnded): void {
  if (durable.retrying.length > 0) evolveRetried(durable, event);
  const stalls = durable.devices.get(event.device)?.stalls;
  const stall = stalls?.get(event.groupId);
  if (stalls !== undefined && stall !== undefined && sameRequest(stall, event)) stalls.delete(event.groupId);
  if (durable.deferred.length > 0) {
    durable.deferred = durable.deferred.filter((record) => !sameRequest(record, event));
  }
  evolveAccepted(durable, event);
}

/** The older epochs of the segment are void: their records leave the rings, and what else they had open ends by later events (D9). */
export function evolveSegmentReset(state: IommuState, event: SegmentResetSeen): void {
  const { segment, segmentEpoch } = event;
  const { durable } = state;
  const before = durable.segments.get(segment);
  const isTakeover = before !== undefined && before.epoch > 0;
  const progress = newProgress(segmentEpoch, 0);
  if (before?.ahead?.epoch === segmentEpoch) progress.adopted = before.ahead.adopted;
  durable.segments.set(segment, progress);
  const stays = (record: RequestRecord) => !isVoid(record, segment, segmentEpoch);
  evolveKeep(durable.pri, stays);
  evolveKeep(durable.events, stays);
  durable.deferred = durable.deferred.filter(stays);
  for (const device of durable.iopf.devices.values()) {
    device.pending = device.pending.filter((record) => stays(record.fault));
  }
  // After a takeover its devices began afresh, also those that were cut off for a reset. The first epoch that is heard of may have
  // begun before they were cut off, and then their own reset is still to come (R142).
  if (isTakeover)
    for (const device of durable.devices.values()) if (device.segment === segment) device.fenced = false;
  state.volatile.translated.delete(segment);
}
