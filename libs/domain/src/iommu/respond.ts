import type { IopfGroup } from '../iopf/state';
import { NO_PASID, ResponseCode } from '../kernel/vocabulary';
import type { AdmitResultCommand } from './commands';
import type { IommuContext } from './context';
import type { AnyIommuEvent, GroupResponded, IommuEvent, RequestRecord, ResultDropped } from './events';
import { serialOf } from './identity';
import { firstUnreached } from './replica';
import { groupDiscarded, roomOf, stallAborted } from './reset';
import { sameRequest } from './ring';
import { decideRetry } from './stall';
import type { IommuState } from './state';

/**
 * A group's result arrives. One result is admitted for each group identity (D1); the device is answered only when the replica
 * has reached its mappings (D8), else the result waits.
 */
export function decideAdmit(
  context: IommuContext,
  state: IommuState,
  command: AdmitResultCommand,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const { group, epoch, code, positions, sequence } = command;
  const serial = serialOf(state.durable, epoch, group);
  const closed = state.durable.iopf.groups.get(serial);
  if (closed === undefined) return [dropped(group, epoch, serial === 0 ? 'unknown' : 'duplicate')];
  const { waiting, replica } = state.volatile;
  if (waiting.bySerial.size > 0 && waiting.bySerial.has(serial)) return [dropped(group, epoch, 'duplicate')];
  if (firstUnreached(replica, positions) !== undefined) {
    return [{ kind: 'ResultWaiting', group, groupEpoch: epoch, code, positions, sequence }];
  }
  return answer(context, state, closed, { group, epoch, code }, nowMicros);
}

function dropped(group: number, groupEpoch: number, reason: ResultDropped['reason']): ResultDropped {
  return { kind: 'ResultDropped', group, groupEpoch, reason };
}

/** Whether an admitted result has its mappings and can be answered. */
export function hasReadyResults(state: IommuState): boolean {
  return state.volatile.waiting.ready.length > 0;
}

/** Answers the oldest result that has become ready. */
export function decideRespondNext(
  context: IommuContext,
  state: IommuState,
  nowMicros: number,
): readonly AnyIommuEvent[] {
  const result = state.volatile.waiting.ready[0];
  if (result === undefined) return [];
  const closed = state.durable.iopf.groups.get(result.serial);
  if (closed === undefined)
    throw new Error(`group ${result.group} of epoch ${result.groupEpoch} is not closed`);
  const { group, groupEpoch: epoch, code } = result;
  return answer(context, state, closed, { group, epoch, code }, nowMicros);
}

interface Result {
  group: number;
  epoch: number;
  code: ResponseCode;
}

/**
 * The one answer of a group, with the number of its last member (R83). Under the stall model it also lets the held transaction
 * go: SUCCESS retries it, anything else aborts it (R129).
 */
function answer(
  context: IommuContext,
  state: IommuState,
  closed: IopfGroup<RequestRecord>,
  result: Result,
  nowMicros: number,
): readonly IommuEvent[] {
  if (closed.needsPasid && !closed.hasPasid && context.config.neverAnswerWithoutNeededPasid) {
    return [groupDiscarded(state, closed.serial, closed.device, 'needs-pasid')];
  }
  const last = closed.members[closed.members.length - 1];
  if (last === undefined) throw new Error(`group ${closed.serial} has no member`);
  const stall = heldStall(state, last);
  const responded: GroupResponded = {
    kind: 'GroupResponded',
    group: result.group,
    groupEpoch: result.epoch,
    device: closed.device,
    segment: last.segment,
    groupId: closed.groupId,
    pasid: closed.hasPasid && closed.needsPasid ? closed.pasid : NO_PASID,
    code: result.code,
    model: stall === undefined ? 'pri' : 'stall',
    respondedAtMicros: nowMicros,
  };
  if (stall === undefined) return [responded];
  if (result.code !== ResponseCode.SUCCESS) return [responded, stallAborted(stall, nowMicros, result.code)];
  return [responded, decideRetry(state, stall, roomOf(state), nowMicros)];
}

function heldStall(state: IommuState, record: RequestRecord): RequestRecord | undefined {
  const device = state.durable.devices.get(record.device);
  if (device === undefined || device.model !== 'stall') return undefined;
  const stall = device.stalls.get(record.groupId);
  return stall !== undefined && sameRequest(stall, record) ? stall : undefined;
}

/** Whether an answered stall has no outcome in the log: its owner died between the two (D10). */
export function hasRetries(state: IommuState): boolean {
  return state.durable.retrying.length > 0;
}

/** Decides the missing outcome of the oldest such stall. */
export function decideRetryNext(state: IommuState, nowMicros: number): readonly AnyIommuEvent[] {
  const stall = state.durable.retrying[0];
  return stall === undefined ? [] : [decideRetry(state, stall, roomOf(state), nowMicros)];
}
