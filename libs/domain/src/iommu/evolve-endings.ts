import { evolveDiscardDevicePartials } from '../iopf/queues';
import { evolveAnswered, evolveGroupDone, matchPending } from '../iopf/response';
import type { IopfDevice } from '../iopf/state';
import { NO_PASID } from '../kernel/vocabulary';
import { serialOf } from './identity';
import type {
  GroupDiscarded,
  GroupResponded,
  PartialsDiscarded,
  RequestRecord,
  SegmentResetSeen,
  StallEnded,
} from './events';
import { evolveAccepted, evolveRetried } from './evolve-requests';
import { isVoid } from './reset';
import { evolveKeep, sameRequest } from './ring';
import type { IommuDurableState, IommuState } from './state';
import { evolveForget } from './waiting';

/**
 * The group is answered: it is over, and the oldest pending record that its response matches is consumed (rules 18, 19). With
 * reused group ids that may be another group's record, which the other group's answer makes up for.
 */
export function evolveResponded(state: IommuState, event: GroupResponded): void {
  const { durable, volatile } = state;
  const serial = serialOf(durable, event.groupEpoch, event.group);
  const group = durable.iopf.groups.get(serial);
  evolveGroupDone(durable.iopf, serial);
  evolveForget(volatile.waiting, serial);
  const reporting = durable.iopf.devices.get(event.device);
  if (reporting !== undefined) evolveAnswered(reporting, placeOf(reporting, event));
  if (event.model === 'stall' && group !== undefined) letGo(durable, event, group.members[0]);
}

function placeOf(device: IopfDevice<RequestRecord>, event: GroupResponded): number {
  const place = matchPending(device, event.groupId, event.pasid !== NO_PASID, event.pasid);
  return place >= 0 ? place : device.pending.findIndex((record) => record.groupId === event.groupId);
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
  evolveGroupDone(iopf, serial);
  evolveForget(state.volatile.waiting, serial);
  const reporting = iopf.devices.get(event.device);
  if (event.cause === 'needs-pasid' || reporting === undefined) return;
  evolveAnswered(
    reporting,
    reporting.pending.findIndex((record) => record.serial === serial),
  );
}

/** Partial lists of one device, or of all with device -1, are empty. */
export function evolvePartialsDiscarded(durable: IommuDurableState, event: PartialsDiscarded): void {
  if (event.device >= 0) {
    evolveDiscardDevicePartials(durable.iopf, event.device);
    return;
  }
  for (const device of durable.iopf.devices.keys()) evolveDiscardDevicePartials(durable.iopf, device);
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
  durable.segments.set(segment, { epoch: segmentEpoch, highest: 0, adopted: new Set() });
  const stays = (record: RequestRecord) => !isVoid(record, segment, segmentEpoch);
  evolveKeep(durable.pri, stays);
  evolveKeep(durable.events, stays);
  durable.deferred = durable.deferred.filter(stays);
  for (const device of durable.iopf.devices.values()) {
    device.pending = device.pending.filter((record) => stays(record.fault));
  }
  state.volatile.translated.delete(segment);
}
