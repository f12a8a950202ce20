import { NO_PASID, Permission } from '../../kernel/vocabulary';
import type { DeviceSettings, TranslationMessage } from './commands';
import type { ConfigurationCause, FaultReason } from './fault-record';
import { failureOf } from './memory';
import type { HardwareState, ProcessEntry } from './state';

/** An address space, and the PASID that names it for caches and page tables. */
export interface Space {
  readonly pasid: number;
  readonly entry: ProcessEntry;
}

/** The device entry of a transaction, or why there is none that can be used: the first part of the checks of R45. */
export function findDevice(state: HardwareState, deviceId: number): DeviceSettings | ConfigurationCause {
  if (state.mode === 'off') return 'iommu-off';
  if (state.mode === 'bypass') return 'bypass';
  if (deviceId >= 2 ** state.mode.deviceIdBits) return 'device-id-too-wide';
  const failure = failureOf(state, { at: 'device-entry', deviceId });
  if (failure !== undefined) return failure === 'access' ? 'device-entry-unreadable' : 'device-entry-corrupt';
  const device = state.devices.get(deviceId);
  if (device === undefined || !device.valid) return 'device-entry-not-valid';
  return isMisconfigured(device) ? 'device-entry-misconfigured' : device;
}

/** PRI without ATS, or PASIDs required on responses without PRI (R30). */
function isMisconfigured(device: DeviceSettings): boolean {
  return (device.pri && !device.ats) || (device.responsePasidRequired && !device.pri);
}

/**
 * The address space that a request means (R24): `identity` for none at all, else that of its PASID, or a reason to refuse it (R3).
 * A PASID that is not bound is a reason too, though a translation request only misses there (R2).
 */
export function findSpace(
  state: HardwareState,
  device: DeviceSettings,
  message: TranslationMessage,
): Space | 'identity' | FaultReason {
  const { pasid, deviceId, permissions } = message;
  if (pasid !== NO_PASID && pasid >= pasidCount(device)) return 'transaction-type-disallowed';
  if (pasid === NO_PASID && device.pasidBits > 0 && !device.defaultPasidZero) return 'identity';
  const named = pasid === NO_PASID && device.pasidBits > 0 ? 0 : pasid;
  const failure = failureOf(state, { at: 'process-entry', deviceId, pasid: named });
  if (failure !== undefined)
    return failure === 'access' ? 'process-entry-load-fault' : 'process-entry-corrupt';
  const entry = findEntry(state, deviceId, named);
  if (entry === undefined) return 'process-entry-not-valid';
  if ((permissions & Permission.PRIVILEGED) !== 0 && !entry.supervisorAllowed) {
    return 'transaction-type-disallowed';
  }
  return { pasid: named, entry };
}

/** The address space of (device, PASID), if it is bound. */
export function findEntry(state: HardwareState, deviceId: number, pasid: number): ProcessEntry | undefined {
  return state.spaces.get(deviceId)?.get(pasid);
}

function pasidCount(device: DeviceSettings): number {
  return device.pasidBits === 0 ? 0 : 2 ** device.pasidBits;
}
