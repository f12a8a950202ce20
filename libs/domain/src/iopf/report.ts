import { type FaultModel, ResponseCode } from '../kernel/vocabulary';
import { type GroupedFault, type IopfDevice, type IopfState, NO_SPACE, type PendingRecord } from './state';

/** What a report does to the state. */
export type ReportAction =
  /** Nothing. */
  | 'none'
  /** The fault waits in the partial list (rule 1). */
  | 'park'
  /** It closes a group, which is queued and pending (rules 2, 15). */
  | 'group'
  /** It closes a group, which a foreign handler keeps; it is pending and on no queue (rule 26). */
  | 'hold'
  /** It closes a group, which is refused and gone (rule 24). */
  | 'abort'
  /** A foreign handler of the device was called; with result 0 a last page request is pending (rule 15). */
  | 'deliver'
  /** No memory for the group: its unfinished faults are dropped, and no group is formed (rules 24, 27). */
  | 'drop-partials';

/** Why a fault finds nobody: the device has no handler, nothing that handles faults is attached to its PASID, it is in no queue. */
export type ReportRefusal = 'no-handler' | 'not-bound' | 'no-queue';

/** Return code and effect of a report. */
export interface ReportPlan {
  readonly result: number;
  readonly action: ReportAction;
  /** The code with which the layer itself answers this very fault at once, last of its group or not (R78, R82); `null` for none. */
  readonly answer: ResponseCode | null;
  /** Whether the driver must complete a recoverable fault itself (rule 29). */
  readonly driverCompletes: boolean;
  readonly warns: boolean;
  readonly refusal: ReportRefusal | null;
}

/**
 * The code that answers a reported fault at once, whoever sends it, or `null`. What the layer leaves to the driver is answered
 * as the drivers of that time do: by FAILURE for a stall, and by INVALID for the last page request of a group (rule 29).
 */
export function answerAtOnce(plan: ReportPlan, driver: FaultModel, last: boolean): ResponseCode | null {
  if (!plan.driverCompletes) return plan.answer;
  if (driver === 'stall') return ResponseCode.FAILURE;
  return last ? ResponseCode.INVALID : null;
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
    if (fault?.groupId === last.groupId) members.push(fault);
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
  /** The queue its work is on; `null` for a group that a foreign handler keeps. */
  queue: string | null;
  groupId: number;
  pasid: number;
  hasPasid: boolean;
  needsPasid: boolean;
  /** What `groupSpace` of the generation says; {@link NO_SPACE} if left out. */
  space?: number;
}

/**
 * The group is formed, and its last fault is pending. A caller that numbers groups itself passes the serial, which must be a new
 * one.
 */
export function evolveCloseGroup<Fault extends GroupedFault>(
  state: IopfState<Fault>,
  device: IopfDevice<Fault>,
  facts: GroupFacts,
  members: readonly Fault[],
  serial = state.groupCount + 1,
): void {
  const { queue, groupId, pasid, hasPasid, needsPasid, space = NO_SPACE } = facts;
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
    space,
    members,
  });
  evolvePending(device, { serial, fault, groupId, pasid, needsPasid });
}

/** A group was formed and refused: its number is used, its unfinished faults are gone (rule 24). */
export function evolveAbortGroup<Fault extends GroupedFault>(
  state: IopfState<Fault>,
  device: IopfDevice<Fault>,
  groupId: number,
): void {
  state.groupCount += 1;
  evolveTakePartials(device, groupId);
}

/** A page request is pending, as the newest (rule 15). */
export function evolvePending<Fault>(device: IopfDevice<Fault>, record: PendingRecord<Fault>): void {
  device.pending.push(record);
}
