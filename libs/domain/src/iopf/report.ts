import { type Allocation, Errno } from './errno';
import type { GroupedFault, IopfDevice, IopfState, PendingRecord } from './state';

/** What a report does to the state. */
export type ReportAction =
  /** Nothing. */
  | 'none'
  /** The fault waits in the partial list (rule 1). */
  | 'park'
  /** It closes a group, which is queued and pending (rules 2, 15). */
  | 'group'
  /** A foreign handler took it; pending if it is the last page request of its group. */
  | 'deliver'
  /** No memory for the group: its unfinished faults are dropped (rule 27). */
  | 'drop-partials';

/** Return code and effect of a report. */
export interface ReportPlan {
  readonly result: number;
  readonly action: ReportAction;
}

const plan = (result: number, action: ReportAction): ReportPlan => Object.freeze({ result, action });
const PARK = plan(0, 'park');
const GROUP = plan(0, 'group');
const DELIVER = plan(0, 'deliver');
const INVALID = plan(Errno.EINVAL, 'none');
const NO_MEMORY = plan(Errno.ENOMEM, 'none');
const NO_GROUP_MEMORY = plan(Errno.ENOMEM, 'drop-partials');
const NOT_A_REQUEST = plan(Errno.EOPNOTSUPP, 'none');
const NO_QUEUE = plan(Errno.ENODEV, 'none');

/**
 * What reporting a fault of `device` means in the 2021 generation (rules 1, 2, 15, 27). A result other than 0 leaves nothing
 * pending: the driver must complete a recoverable fault itself (rule 29).
 *
 * @param last whether the fault closes its group
 * @param pageRequest whether it is recoverable at all
 * @param failing the allocation that fails, if any
 */
export function planReport<Fault>(
  device: IopfDevice<Fault> | undefined,
  last: boolean,
  pageRequest = true,
  failing?: Allocation,
): ReportPlan {
  if (device === undefined || !device.hasIommu) return INVALID;
  const handler = device.handler;
  if (handler === null || handler.kind === 'none') return INVALID;
  if (last && pageRequest && failing === 'pending-record') return NO_MEMORY;
  if (handler.kind === 'foreign') return handler.returns === 0 ? DELIVER : plan(handler.returns, 'none');
  if (!pageRequest) return NOT_A_REQUEST;
  if (device.queue === null) return NO_QUEUE;
  if (!last) return failing === 'partial-fault' ? NO_MEMORY : PARK;
  return failing === 'group' ? NO_GROUP_MEMORY : GROUP;
}

/**
 * Members of the group that `last` closes: the unfinished faults of its group id in the order of reporting, then itself
 * (R80, R81). Other PASIDs are collected too (rule 3).
 */
export function collectMembers<Fault extends GroupedFault>(device: IopfDevice<Fault>, last: Fault): Fault[] {
  const partial = device.partial;
  const members: Fault[] = [];
  for (let i = partial.length - 1; i >= 0; i -= 1) {
    const fault = partial[i];
    if (fault !== undefined && fault.groupId === last.groupId) members.push(fault);
  }
  members.push(last);
  return members;
}

/** The fault waits for the last one of its group. */
export function evolvePark<Fault>(device: IopfDevice<Fault>, fault: Fault): void {
  device.partial.unshift(fault);
}

/** Unfinished faults of one group id leave the partial list; the others keep their order (rule 4). */
export function evolveTakePartials<Fault extends GroupedFault>(
  device: IopfDevice<Fault>,
  groupId: number,
): void {
  if (device.partial.length === 0) return;
  device.partial = device.partial.filter((fault) => fault.groupId !== groupId);
}

/** What the last fault of a group says about the whole group (R83). */
export interface GroupFacts {
  queue: string;
  groupId: number;
  pasid: number;
  hasPasid: boolean;
  needsPasid: boolean;
}

/**
 * The group is formed, on its queue, and its last fault is pending. A caller that numbers groups itself passes the serial, which
 * must be a new one.
 */
export function evolveCloseGroup<Fault extends GroupedFault>(
  state: IopfState<Fault>,
  device: IopfDevice<Fault>,
  facts: GroupFacts,
  members: Fault[],
  serial = state.groupCount + 1,
): void {
  const { queue, groupId, pasid, hasPasid, needsPasid } = facts;
  if (serial > state.groupCount) state.groupCount = serial;
  evolveTakePartials(device, groupId);
  const fault = members[members.length - 1];
  if (fault === undefined) throw new Error(`group ${serial} of device ${device.device} has no member`);
  state.groups.set(serial, {
    serial,
    device: device.device,
    queue,
    groupId,
    pasid,
    hasPasid,
    needsPasid,
    members,
  });
  evolvePending(device, { serial, fault, groupId, pasid, needsPasid });
}

/** A page request is pending, as the newest (rule 15). */
export function evolvePending<Fault>(device: IopfDevice<Fault>, record: PendingRecord<Fault>): void {
  device.pending.push(record);
}
