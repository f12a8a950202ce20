import type { CommandQueueEvent } from './events';
import { evolveDropCached } from './iotlb';
import type { CommandQueue, HardwareState } from './state';

/** Folds what happened in the command queue. */
export function evolveCommandQueue(state: HardwareState, event: CommandQueueEvent): void {
  const { commands } = state;
  switch (event.kind) {
    case 'CommandSubmitted':
      commands.waiting.push(event.command);
      return;
    case 'CommandExecuted':
    case 'HaltedCommandReplaced':
      // The overwritten command would do nothing when its turn comes, so it can go at once.
      commands.waiting.shift();
      return;
    case 'InvalidationDelayed':
      commands.untagged = event.invalidation;
      return;
    case 'InvalidationSent':
      commands.untagged = null;
      commands.tags[event.tag] = { deviceId: event.invalidation.deviceId, received: 0 };
      return;
    case 'InvalidationCompletionCounted':
      return evolveCounted(commands, event.tag, event.received, event.freed);
    case 'InvalidationsExpired':
      for (const tag of event.tags) commands.tags[tag] = null;
      commands.timedOut = true;
      return;
    case 'IotlbInvalidated':
      return evolveDropCached(state.iotlb, event.deviceId, event.pasid, event.page);
    case 'FenceDelayed':
      commands.fenceWaiting = true;
      return;
    case 'FenceReleased':
      commands.fenceWaiting = false;
      return;
    case 'CommandQueueHalted':
      commands.flags[event.flag] = true;
      if (event.flag === 'timeout') commands.timedOut = false;
      return;
    case 'CommandFlagsCleared':
      for (const flag of event.flags) commands.flags[flag] = false;
      return;
    case 'CommandRefused':
    case 'InvalidationCompletionReceived':
    case 'AccessesOrdered':
    case 'FenceWritten':
      // Seen from outside only.
      return;
  }
}

function evolveCounted(commands: CommandQueue, tag: number, received: number, freed: boolean): void {
  const use = commands.tags[tag];
  if (freed) commands.tags[tag] = null;
  else if (use) use.received = received;
}
