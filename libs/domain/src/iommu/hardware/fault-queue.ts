import type { DeviceSettings } from './commands';
import type { HardwareContext } from './context';
import type { HardwareEvent } from './events';
import type { FaultRecord } from './fault-record';
import { raise } from './interrupts';
import type { HardwareState } from './state';

/**
 * Records a fault. The device's suppression hides it (R49); a device entry that could not be used can say nothing, so there
 * `device` is undefined. A record that finds the queue full is lost and leaves the overflow flag (R68).
 */
export function decideFault(
  context: HardwareContext,
  state: HardwareState,
  device: DeviceSettings | undefined,
  record: FaultRecord,
): HardwareEvent[] {
  if (device?.suppressTranslationFaultRecords) return [];
  const { records, overflow } = state.faultQueue;
  if (overflow && context.profile.faultQueueOverflow === 'sticky') return [];
  if (records < context.config.faultQueueEntries - 1) {
    return [{ kind: 'FaultRecorded', record }, ...raise(state, 'fault')];
  }
  return overflow ? [] : [{ kind: 'FaultQueueOverflowed' }, ...raise(state, 'fault')];
}
