import { entryFrame, entryPermissions, NO_ENTRY } from '../kernel/page-entry';
import { ACCESS_MASK, Permission, type Permissions } from '../kernel/vocabulary';
import type { TranslateCommand } from './commands';
import type { TranslationCompleted } from './events';
import { evolveFill, lookUp } from './iotlb';
import { walk } from './replica';
import type { DeviceEntry, IommuState, IommuVolatileState } from './state';

/**
 * What a page table entry grants to a request (R4): whatever exists of it, execute only if asked for and readable (R5), write
 * whenever the entry has it, which it has only on dirty pages (R7). The privilege mode is echoed (R6). 0 is a miss (R2).
 */
export function grant(entry: number, asked: Permissions): Permissions {
  if (entry === NO_ENTRY) return 0;
  const exists = entryPermissions(entry);
  let granted = exists & (Permission.READ | Permission.WRITE);
  if (asked & Permission.EXECUTE && exists & Permission.EXECUTE && exists & Permission.READ) {
    granted |= Permission.EXECUTE;
  }
  return granted === 0 ? 0 : granted | (asked & Permission.PRIVILEGED);
}

/** Whether a grant has all the access that was asked for. */
export function covers(granted: Permissions, asked: Permissions): boolean {
  return granted !== 0 && (asked & ACCESS_MASK & ~granted) === 0;
}

/**
 * The entry of (device, PASID, page): from the IOTLB if that has enough, else walked. A cached entry with fewer permissions than
 * asked is walked again, because nothing invalidates it when the page gains them in place (R125).
 */
export function findEntry(
  volatile: IommuVolatileState,
  device: DeviceEntry,
  pasid: number,
  page: number,
  asked: Permissions,
): { entry: number; hit: boolean } {
  const binding = device.bindings.get(pasid);
  if (binding === undefined) return { entry: NO_ENTRY, hit: false };
  const cached = lookUp(volatile.iotlb, binding.mm, page);
  if (cached !== NO_ENTRY && covers(grant(cached, asked), asked)) return { entry: cached, hit: true };
  return { entry: walk(volatile.replica, binding.mm, page), hit: false };
}

/** Answers an ATS request: Unsupported Request for a function without ATS (R3), else success, a miss included (R2). */
export function decideTranslate(state: IommuState, command: TranslateCommand): TranslationCompleted {
  const { translation, device, pasid, page, permissions } = command;
  const completed: TranslationCompleted = {
    kind: 'TranslationCompleted',
    translation,
    device,
    pasid,
    page,
    status: 'success',
    permissions: 0,
    frame: 0,
    iotlbHit: false,
  };
  const entry = state.durable.devices.get(device);
  if (entry === undefined || !entry.attached || entry.model !== 'pri') {
    completed.status = 'unsupported-request';
    return completed;
  }
  const found = findEntry(state.volatile, entry, pasid, page, permissions);
  completed.iotlbHit = found.hit;
  completed.permissions = grant(found.entry, permissions);
  if (completed.permissions !== 0) completed.frame = entryFrame(found.entry);
  return completed;
}

/** A walk that found something is cached; a miss never is, since nothing would invalidate it (R24, R125). */
export function evolveTranslated(state: IommuState, device: number, pasid: number, page: number): void {
  const binding = state.durable.devices.get(device)?.bindings.get(pasid);
  if (binding === undefined) return;
  const entry = walk(state.volatile.replica, binding.mm, page);
  if (entry !== NO_ENTRY) evolveFill(state.volatile.iotlb, binding.mm, page, entry);
}
