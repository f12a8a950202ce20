import type { HardwareCommand, QueuedCommand } from './commands';
import type { HardwareContext } from './context';
import type { HardwareEvent } from './events';
import { isHaltedByFlag, raise } from './interrupts';
import { freeTag, tagsInUse } from './invalidation-tags';
import { failureOf } from './memory';
import type { CommandFlag, HardwareState } from './state';

type Fence = Extract<QueuedCommand, { op: 'fence' }>;
type ClearFlags = Extract<HardwareCommand, { kind: 'ClearCommandFlags' }>;

/** Software puts a command at the end of the queue, if there is room. */
export function decideSubmit(
  context: HardwareContext,
  state: HardwareState,
  command: QueuedCommand,
): HardwareEvent[] {
  const room = state.commands.waiting.length < context.config.commandQueueEntries - 1;
  return [room ? { kind: 'CommandSubmitted', command } : { kind: 'CommandRefused' }];
}

/** Executes the command at the head, or halts at it (R61, R62). Nothing while the queue is empty or halted. */
export function decideRunNext(state: HardwareState): HardwareEvent[] {
  const { waiting, fenceWaiting, untagged, flags } = state.commands;
  const command = waiting[0];
  if (command === undefined || fenceWaiting || untagged !== null || isHaltedByFlag(flags)) return [];
  switch (command.op) {
    case 'page-response': {
      const { deviceId, pasid, prgIndex, code } = command;
      const response = { deviceId, pasid, prgIndex, code, origin: 'commanded' as const };
      return [{ kind: 'CommandExecuted' }, { kind: 'PrgResponseSent', ...response }];
    }
    case 'invalidate-device-tlb': {
      const tag = freeTag(state.commands.tags);
      const sent: HardwareEvent =
        tag < 0
          ? { kind: 'InvalidationDelayed', invalidation: command }
          : { kind: 'InvalidationSent', tag, invalidation: command };
      return [{ kind: 'CommandExecuted' }, sent];
    }
    case 'invalidate-iotlb': {
      const { deviceId, pasid, page } = command;
      return [{ kind: 'CommandExecuted' }, { kind: 'IotlbInvalidated', deviceId, pasid, page }];
    }
    case 'fence':
      return decideFence(state, command);
    case 'illegal':
      return halt(state, 'illegal');
  }
}

/** A fence: after all device-TLB invalidations before it, and a timeout among these is reported first (R62). */
function decideFence(state: HardwareState, fence: Fence): HardwareEvent[] {
  if (tagsInUse(state.commands.tags) > 0) return [{ kind: 'FenceDelayed' }];
  if (state.commands.timedOut) return halt(state, 'timeout');
  const { slot, data, orderReads, orderWrites } = fence;
  const events: HardwareEvent[] = [];
  if (orderReads || orderWrites) {
    events.push({ kind: 'AccessesOrdered', reads: orderReads, writes: orderWrites });
  }
  if (failureOf(state, { at: 'fence-slot', slot }) !== undefined) {
    return [...events, ...halt(state, 'memoryFault')];
  }
  return [...events, { kind: 'CommandExecuted' }, { kind: 'FenceWritten', slot, data }];
}

function halt(state: HardwareState, flag: CommandFlag): HardwareEvent[] {
  return [{ kind: 'CommandQueueHalted', flag }, ...raise(state, 'command')];
}

/** Software clears halt reasons; the command that halted runs again. */
export function decideClearFlags(command: ClearFlags): HardwareEvent[] {
  const flags = (['timeout', 'illegal', 'memoryFault'] as const).filter((flag) => command[flag]);
  return [{ kind: 'CommandFlagsCleared', flags }];
}

/** Software overwrites the command that halted the queue by one that does nothing; it is only looked at when a flag halts it. */
export function decideReplaceHalted(state: HardwareState): HardwareEvent[] {
  return isHaltedByFlag(state.commands.flags) ? [{ kind: 'HaltedCommandReplaced' }] : [];
}
