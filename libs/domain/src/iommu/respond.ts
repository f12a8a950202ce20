import type { IopfGroup } from '../iopf/state';
import { ResponseCode } from '../kernel/vocabulary';
import type { AdmitResultCommand } from './commands';
import type { IommuContext } from './context';
import { groupDiscarded, groupResponded, heldStall, lastMember, roomOf, stallAborted } from './endings';
import type { AnyIommuEvent, IommuEvent, RequestRecord, ResultDropped } from './events';
import { serialOf } from './identity';
import { firstUnreached } from './replica';
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
  return answer(context, state, closed, code, nowMicros);
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
  return answer(context, state, closed, result.code, nowMicros);
}

/**
 * The one answer of a group, with the number of its last member (R83). Under the stall model it also lets the held transaction
 * go: SUCCESS retries it, anything else aborts it (R129).
 */
function answer(
  context: IommuContext,
  state: IommuState,
  closed: IopfGroup<RequestRecord>,
  code: ResponseCode,
  nowMicros: number,
): readonly IommuEvent[] {
  if (!context.layer.isAnswerable(closed))
    return [groupDiscarded(state, closed.serial, closed.device, 'needs-pasid')];
  const stall = heldStall(state, lastMember(closed));
  const responded = groupResponded(state, closed, code, 'handled', stall !== undefined, nowMicros);
  if (stall === undefined) return [responded];
  if (code !== ResponseCode.SUCCESS) return [responded, stallAborted(stall, nowMicros, code)];
  return [responded, decideRetry(state, stall, roomOf(state), nowMicros)];
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
