import type { IommuProfile } from '../profile';
import type { HardwareEvent } from './events';
import type { CommandFlag, HardwareState, InterruptSource, PageRequestQueue } from './state';

/** Raises an interrupt that is not pending yet, if its source is not masked; while it is pending more raise nothing (R60). */
export function raise(state: HardwareState, source: InterruptSource): HardwareEvent[] {
  // Only the page request queue has a mask here; faults and commands always interrupt.
  if (source === 'pageRequest' && !state.queue.interruptEnabled) return [];
  return state.pending[source] ? [] : [{ kind: 'InterruptRaised', source }];
}

/** Software acknowledges: the bits are cleared, and those whose error flag is still set come back at once (R60). */
export function decideAcknowledge(
  state: HardwareState,
  sources: readonly InterruptSource[],
): HardwareEvent[] {
  const raised = sources.filter((source) => hasErrorFlag(state, source));
  return [
    { kind: 'InterruptsAcknowledged', sources },
    ...raised.map((source): HardwareEvent => ({ kind: 'InterruptRaised', source })),
  ];
}

function hasErrorFlag(state: HardwareState, source: InterruptSource): boolean {
  if (source === 'pageRequest') return state.queue.interruptEnabled && hasQueueFlag(state.queue);
  return source === 'fault' ? state.faultQueue.overflow : isHaltedByFlag(state.commands.flags);
}

/** Whether an error flag of the page request queue is set. */
export function hasQueueFlag(queue: Pick<PageRequestQueue, 'overflow' | 'memoryFault'>): boolean {
  return queue.overflow || queue.memoryFault;
}

/** Whether an error flag halts the command queue. */
export function isHaltedByFlag(flags: Readonly<Record<CommandFlag, boolean>>): boolean {
  return flags.timeout || flags.illegal || flags.memoryFault;
}

/** Whether a change of the mask raises the interrupt: it is opened while an error flag stays set. */
export function raisesOnUnmask(
  profile: IommuProfile,
  state: HardwareState,
  after: Pick<PageRequestQueue, 'interruptEnabled' | 'overflow' | 'memoryFault'>,
): boolean {
  const unmasks = after.interruptEnabled && !state.queue.interruptEnabled;
  return profile.interruptOnUnmask && unmasks && !state.pending.pageRequest && hasQueueFlag(after);
}
