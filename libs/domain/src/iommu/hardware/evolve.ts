import type { HardwareConfig } from './config';
import { evolveCommandQueue } from './evolve-commands';
import { evolveTables } from './evolve-tables';
import type { HardwareEvent } from './events';
import { evolveCache } from './iotlb';
import { memoryKey } from './memory';
import { evolveConfigured, evolveControlled, evolveQueued } from './page-request-queue';
import type { HardwareState } from './state';

/** Folds an event into the state, in place. */
export function evolveHardware(config: HardwareConfig, state: HardwareState, event: HardwareEvent): void {
  switch (event.kind) {
    case 'ModeSet':
      state.mode = event.mode;
      return;
    case 'DeviceSet':
    case 'PasidBound':
    case 'PasidUnbound':
    case 'LeafMapped':
    case 'LeafUnmapped':
    case 'LeafMarked':
      return evolveTables(config, state, event);
    case 'QueueConfigured':
      return evolveConfigured(state.queue, event.entries);
    case 'QueueControlled':
      return evolveControlled(state.queue, event);
    case 'QueueHeadSet':
      state.queue.head = event.head;
      if (event.acknowledgesOverflow) state.queue.overflow = false;
      return;
    case 'RecordsConsumed':
      state.queue.head = event.head;
      return;
    case 'PageRequestQueued':
      return evolveQueued(state.queue, event.slot, event.record);
    case 'QueueFlagSet':
      if (event.flag === 'overflow') state.queue.overflow = true;
      else state.queue.memoryFault = true;
      return;
    case 'TranslationCached':
      return evolveCache(state.iotlb, config.iotlbEntries, event.entry);
    case 'FaultRecorded':
      state.faultQueue.records += 1;
      return;
    case 'FaultQueueOverflowed':
      state.faultQueue.overflow = true;
      return;
    case 'FaultRecordsConsumed':
      state.faultQueue.records = 0;
      if (event.clearsOverflow) state.faultQueue.overflow = false;
      return;
    case 'InterruptRaised':
      state.pending[event.source] = true;
      return;
    case 'InterruptsAcknowledged':
      for (const source of event.sources) state.pending[source] = false;
      return;
    case 'MemoryFailureInjected':
      state.failures.set(memoryKey(event.target), event.failure);
      return;
    case 'InjectedFailuresCleared':
      state.failures.clear();
      return;
    case 'PageRequestRefused':
    case 'PrgResponseSent':
    case 'TranslationAnswered':
    case 'UntranslatedAccessAnswered':
      // Seen from outside only.
      return;
    default:
      return evolveCommandQueue(state, event);
  }
}
