import type { FaultTarget, MemoryFailure } from './commands';
import type { HardwareState } from './state';

/** Names the memory that a failure was injected into. */
export function memoryKey(target: FaultTarget): string {
  switch (target.at) {
    case 'queue-slot':
    case 'fence-slot':
      return `${target.at}/${target.slot}`;
    case 'device-entry':
      return `${target.at}/${target.deviceId}`;
    case 'process-entry':
      return `${target.at}/${target.deviceId}/${target.pasid}`;
    case 'page-table-entry':
      return `${target.at}/${target.deviceId}/${target.pasid}/${target.page}`;
  }
}

/** How an access to some memory fails; undefined when it does not. */
export function failureOf(state: HardwareState, target: FaultTarget): MemoryFailure | undefined {
  // Nearly all hardware has no failures, and then no key needs to be made.
  return state.failures.size === 0 ? undefined : state.failures.get(memoryKey(target));
}
