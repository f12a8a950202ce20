import { ACCESS_MASK, Permission, type Permissions } from '../../kernel/vocabulary';
import type { DeviceSettings, TranslationMessage } from './commands';
import type { HardwareContext } from './context';
import type { Space } from './device-table';
import type { LeafMarked } from './events';
import type { FaultReason, FaultTransaction } from './fault-record';
import { failureOf } from './memory';
import { findLeaf, isCanonical, type Leaf, tablePage } from './page-table';
import type { HardwareState, ProcessEntry } from './state';

/** How the faults of a kind of transaction are called. */
export interface TransactionKind {
  readonly transaction: FaultTransaction;
  /** A table could not be read. */
  readonly accessFault: FaultReason;
  /** The tables do not allow it. */
  readonly pageFault: FaultReason;
}

/** What a walk found: the leaf, what of it this request may have, and what it sets. */
export interface Walk {
  readonly leaf: Leaf;
  /** Write only if the leaf was dirty, or becomes so with this request and the profile grants that at once (R7). */
  readonly permissions: Permissions;
  readonly mark: LeafMarked | null;
}

/** Whether a mode may use a page at all: supervisors need leave for user pages, and never execute them (R6). */
export function isReachable(user: boolean, space: ProcessEntry, asked: Permissions): boolean {
  if ((asked & Permission.PRIVILEGED) === 0) return user;
  return !user || (space.supervisorMayAccessUser && (asked & Permission.EXECUTE) === 0);
}

/**
 * Walks the page table for a request, which must have all permissions of `needed` and marks the leaf accessed and, for a write,
 * dirty. Where the IOMMU may not mark, a page that would need it is a fault like one that is missing (R2, R7).
 */
export function walk(
  context: HardwareContext,
  state: HardwareState,
  device: DeviceSettings,
  space: Space,
  message: TranslationMessage,
  kind: TransactionKind,
  needed: Permissions,
): Walk | FaultReason {
  const { firstStage } = context.config;
  const { deviceId, page, permissions: asked } = message;
  if (!isCanonical(firstStage, page)) return kind.pageFault;
  const leaf = findLeaf(firstStage, space.entry.table, page);
  const slot = leaf === undefined ? tablePage(firstStage, page) : leaf.page;
  const failure = failureOf(state, { at: 'page-table-entry', deviceId, pasid: space.pasid, page: slot });
  if (failure !== undefined) return failure === 'access' ? kind.accessFault : 'page-table-corrupt';
  if (leaf === undefined || !isReachable(leaf.user, space.entry, asked)) return kind.pageFault;
  if ((needed & ACCESS_MASK & ~leaf.permissions) !== 0) return kind.pageFault;
  const dirties = (asked & leaf.permissions & Permission.WRITE) !== 0 && !leaf.dirty;
  const marks = dirties || !leaf.accessed;
  if (marks && !device.hardwareAccessedDirty) return kind.pageFault;
  const writable = leaf.dirty || (dirties && context.profile.writeGrantedWithDirty);
  return {
    leaf,
    permissions: writable ? leaf.permissions : leaf.permissions & ~Permission.WRITE,
    mark: marks ? { kind: 'LeafMarked', deviceId, pasid: space.pasid, page, dirty: dirties } : null,
  };
}
