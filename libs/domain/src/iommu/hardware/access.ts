import { ACCESS_MASK, Permission, type Permissions } from '../../kernel/vocabulary';
import type { DeviceSettings, TranslationMessage } from './commands';
import type { HardwareContext } from './context';
import { findDevice, findSpace, type Space } from './device-table';
import type { HardwareEvent } from './events';
import { decideFault } from './fault-queue';
import { CONFIGURATION_FAULTS, type FaultReason } from './fault-record';
import { type CachedTranslation, findCached } from './iotlb';
import type { HardwareState } from './state';
import { statusOf } from './translate';
import { isReachable, type TransactionKind, walk } from './walk';

const READING: TransactionKind = {
  transaction: 'untranslated-read',
  accessFault: 'read-access-fault',
  pageFault: 'read-page-fault',
};
const WRITING: TransactionKind = {
  transaction: 'untranslated-write',
  accessFault: 'write-access-fault',
  pageFault: 'write-page-fault',
};
const EXECUTING: TransactionKind = {
  transaction: 'untranslated-execute',
  accessFault: 'instruction-access-fault',
  pageFault: 'instruction-page-fault',
};

function kindOf(permissions: Permissions): TransactionKind {
  if ((permissions & Permission.EXECUTE) !== 0) return EXECUTING;
  return (permissions & Permission.WRITE) !== 0 ? WRITING : READING;
}

/** An access without ATS: it goes through, or it is aborted and recorded; nobody is asked to map anything (R127). */
export function decideAccess(
  context: HardwareContext,
  state: HardwareState,
  message: TranslationMessage,
): HardwareEvent[] {
  const found = findDevice(state, message.deviceId);
  if (found === 'bypass') return [identity(context, message)];
  if (typeof found === 'string') {
    return aborted(context, state, undefined, message, CONFIGURATION_FAULTS[found]);
  }
  const space = findSpace(state, found, message);
  if (space === 'identity') return [identity(context, message)];
  if (typeof space === 'string') return aborted(context, state, found, message, space);
  const cached = findUsable(state, space, message);
  if (cached !== undefined) return [passed(cached.frame, cached.pages)];
  return decideWalked(context, state, found, space, message);
}

/** The cached translation, if it allows this access; it may be older than the tables until it is invalidated (R62). */
function findUsable(
  state: HardwareState,
  space: Space,
  message: TranslationMessage,
): CachedTranslation | undefined {
  const cached = findCached(state.iotlb, message.deviceId, space.pasid, message.page);
  if (cached === undefined || !isReachable(cached.user, space.entry, message.permissions)) return undefined;
  return (message.permissions & ACCESS_MASK & ~cached.permissions) === 0 ? cached : undefined;
}

function decideWalked(
  context: HardwareContext,
  state: HardwareState,
  device: DeviceSettings,
  space: Space,
  message: TranslationMessage,
): HardwareEvent[] {
  const { deviceId, page, permissions } = message;
  const walked = walk(context, state, device, space, message, kindOf(permissions), permissions);
  if (typeof walked === 'string') return aborted(context, state, device, message, walked);
  const { pages, frame, user } = walked.leaf;
  const events: HardwareEvent[] = walked.mark === null ? [] : [walked.mark];
  if (context.config.iotlbEntries > 0) {
    const first = page - (page % pages);
    const entry = { deviceId, pasid: space.pasid, page: first, pages, frame, user };
    events.push({ kind: 'TranslationCached', entry: { ...entry, permissions: walked.permissions } });
  }
  return [...events, passed(frame, pages)];
}

function identity(context: HardwareContext, message: TranslationMessage): HardwareEvent {
  const pages = context.config.identityPages;
  return passed(message.page - (message.page % pages), pages);
}

function passed(frame: number, pages: number): HardwareEvent {
  return { kind: 'UntranslatedAccessAnswered', status: 'success', frame, pages };
}

function aborted(
  context: HardwareContext,
  state: HardwareState,
  device: DeviceSettings | undefined,
  message: TranslationMessage,
  reason: FaultReason,
): HardwareEvent[] {
  const { deviceId, pasid, page, offset, permissions } = message;
  const { transaction } = kindOf(permissions);
  const privileged = (permissions & Permission.PRIVILEGED) !== 0;
  const status = statusOf(context.profile, reason);
  return [
    ...decideFault(context, state, device, {
      reason,
      transaction,
      deviceId,
      pasid,
      privileged,
      page,
      offset,
    }),
    {
      kind: 'UntranslatedAccessAnswered',
      // What would be a miss for a translation request is the end of an access that came without one.
      status: status === 'success' ? 'unsupported-request' : status,
      frame: 0,
      pages: 0,
    },
  ];
}
