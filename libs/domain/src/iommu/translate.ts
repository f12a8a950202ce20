import { entryFrame, entryPermissions, NO_ENTRY } from '../kernel/page-entry';
import { ACCESS_MASK, type Permissions } from '../kernel/vocabulary';
import type { TranslateCommand } from './commands';
import type { IommuContext } from './context';
import type { TranslationCompleted } from './events';
import { grant } from './hardware/grant';
import { evolveFill, lookUp } from './iotlb';
import { walk } from './replica';
import type { DeviceEntry, IommuState, IommuVolatileState } from './state';

/** What a page table entry grants to a request (R2 - R7); it has write only on dirty pages, since software sets the bits here. */
export function granted(entry: number, asked: Permissions): Permissions {
  return entry === NO_ENTRY ? 0 : grant(entryPermissions(entry), asked);
}

/** Whether a grant has all the access that was asked for. */
export function covers(permissions: Permissions, asked: Permissions): boolean {
  return permissions !== 0 && (asked & ACCESS_MASK & ~permissions) === 0;
}

/**
 * The cached entry of (mm, page), if it has all that is asked for. One with fewer permissions is walked again, because nothing
 * invalidates it when the page gains them in place (R125).
 */
function cachedEntry({ iotlb }: IommuVolatileState, mm: number, page: number, asked: Permissions): number {
  const cached = lookUp(iotlb, mm, page);
  return cached !== NO_ENTRY && covers(granted(cached, asked), asked) ? cached : NO_ENTRY;
}

/** The entry of (device, PASID, page): from the IOTLB if that has enough, else walked. */
export function findEntry(
  volatile: IommuVolatileState,
  device: DeviceEntry,
  pasid: number,
  page: number,
  asked: Permissions,
): number {
  const binding = device.bindings.get(pasid);
  if (binding === undefined) return NO_ENTRY;
  const cached = cachedEntry(volatile, binding.mm, page, asked);
  return cached === NO_ENTRY ? walk(volatile.replica, binding.mm, page) : cached;
}

/**
 * Answers an ATS request: success, a miss included (R2). An unusable device entry, and a function without ATS, are
 * errors (R3).
 */
export function decideTranslate(
  context: IommuContext,
  state: IommuState,
  command: TranslateCommand,
): TranslationCompleted {
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
  if (entry === undefined || !entry.attached) {
    completed.status = context.profile.configurationError;
    return completed;
  }
  if (entry.model !== 'pri') {
    completed.status = 'unsupported-request';
    return completed;
  }
  // A device that is cut off misses: an error would end accesses that its reset is about to issue again (R21).
  if (entry.fenced) return completed;
  const binding = entry.bindings.get(pasid);
  if (binding === undefined) return completed;
  const cached = cachedEntry(state.volatile, binding.mm, page, permissions);
  completed.iotlbHit = cached !== NO_ENTRY;
  const found = completed.iotlbHit ? cached : walk(state.volatile.replica, binding.mm, page);
  completed.permissions = granted(found, permissions);
  if (completed.permissions !== 0) completed.frame = entryFrame(found);
  return completed;
}

/** A walk that found something is cached; a miss never is, since nothing would invalidate it (R24, R125). */
export function evolveTranslated(state: IommuState, device: number, pasid: number, page: number): void {
  const binding = state.durable.devices.get(device)?.bindings.get(pasid);
  if (binding === undefined) return;
  const entry = walk(state.volatile.replica, binding.mm, page);
  if (entry !== NO_ENTRY) evolveFill(state.volatile.iotlb, binding.mm, page, entry);
}
