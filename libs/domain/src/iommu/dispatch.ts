import { heldStall, lastMember } from './endings';
import type { AnyIommuEvent, GroupHeld, GroupQueued, RequestRecord } from './events';
import { nextGroup, ownerOf } from './identity';
import { findReadyQueue, nextServed } from './service';
import type { IommuState } from './state';

const NOTHING: readonly AnyIommuEvent[] = [];

/** Whether a held group may go to its queue now. */
export function canDispatch(state: IommuState): boolean {
  const { service } = state.durable;
  return service !== null && findReadyQueue(service) !== undefined;
}

/** The held group whose turn it is goes to its IOPF queue, complete in itself (D14). */
export function decideDispatchNext(state: IommuState, nowMicros: number): readonly AnyIommuEvent[] {
  const { service, iopf } = state.durable;
  const queue = service === null ? undefined : findReadyQueue(service);
  if (service === null || queue === undefined) return NOTHING;
  const serial = nextServed(service, queue);
  const group = iopf.groups.get(serial);
  if (group === undefined || group.queue === null) throw new Error(`held group ${serial} is not open`);
  const { epoch, base } = ownerOf(state.durable, serial);
  return [
    {
      kind: 'GroupQueued',
      order: 0,
      group: serial - base,
      groupEpoch: epoch,
      device: group.device,
      model: heldStall(state, lastMember(group)) === undefined ? 'pri' : 'stall',
      pasid: group.pasid,
      groupId: group.groupId,
      queue: group.queue,
      queuedAtMicros: nowMicros,
      members: [...group.members],
    },
  ];
}

/** The record at the head of a ring closes a group: it goes to its queue at once, or waits for its device's turn. */
export function closedGroup(
  state: IommuState,
  members: RequestRecord[],
  last: RequestRecord,
  model: GroupQueued['model'],
  queue: string,
  nowMicros: number,
): GroupQueued | GroupHeld {
  const { segment, segmentEpoch, request, device, pasid, groupId } = last;
  const group = nextGroup(state.durable);
  if (state.durable.service !== null) {
    return {
      kind: 'GroupHeld',
      segment,
      segmentEpoch,
      request,
      order: 0,
      group,
      device,
      model,
      pasid,
      groupId,
      queue,
      closedAtMicros: nowMicros,
    };
  }
  return {
    kind: 'GroupQueued',
    order: 0,
    group,
    groupEpoch: state.durable.epoch,
    device,
    model,
    pasid,
    groupId,
    queue,
    queuedAtMicros: nowMicros,
    members,
  };
}
