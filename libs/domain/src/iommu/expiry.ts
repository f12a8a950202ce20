import type { IopfGroup } from '../iopf/state';
import { answeredInvalid, lastMember } from './endings';
import type { IommuEvent, RequestRecord } from './events';
import type { IommuState } from './state';

/**
 * When the oldest group is due that its handler left without an answer, in microseconds since the Unix epoch; `undefined` when no
 * group has a deadline. Looks at every open group: ask once, and again when that time has come.
 */
export function nextResponseDeadline(state: IommuState): number | undefined {
  if (!state.durable.hasTimeouts) return undefined;
  let next: number | undefined;
  for (const group of state.durable.iopf.groups.values()) {
    const deadline = deadlineOf(state, group);
    if (deadline !== undefined && (next === undefined || deadline < next)) next = deadline;
  }
  return next;
}

/** Answers the groups whose devices wait longer than their response timeout, oldest first: INVALID, so that the work fails. */
export function decideExpireGroups(state: IommuState, nowMicros: number): readonly IommuEvent[] {
  const events: IommuEvent[] = [];
  for (const group of state.durable.iopf.groups.values()) {
    const deadline = deadlineOf(state, group);
    if (deadline !== undefined && deadline <= nowMicros)
      events.push(...answeredInvalid(state, group, 'timeout', nowMicros));
  }
  return events;
}

/** The device waits since its last request was written, however long its group is held or queued. */
function deadlineOf(state: IommuState, group: IopfGroup<RequestRecord>): number | undefined {
  const timeout = state.durable.devices.get(group.device)?.responseTimeoutMicros ?? 0;
  return timeout === 0 ? undefined : lastMember(group).writtenAtMicros + timeout;
}
