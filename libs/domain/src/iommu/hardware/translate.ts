import { NO_PASID, Permission, type Permissions } from '../../kernel/vocabulary';
import type { TranslationStatus } from '../../device/commands';
import type { IommuProfile } from '../profile';
import type { DeviceSettings, TranslationMessage } from './commands';
import type { HardwareContext } from './context';
import { findDevice, findSpace } from './device-table';
import type { HardwareEvent, TranslationAnswered } from './events';
import { decideFault } from './fault-queue';
import { CONFIGURATION_FAULTS, type FaultReason } from './fault-record';
import { grant } from './grant';
import { asMeant } from './message';
import type { HardwareState } from './state';
import { type TransactionKind, walk } from './walk';

/**
 * Status of a completion by what is wrong (R2, R3): a page that is not there is a success without permissions, what nobody
 * configured is refused, and tables that cannot be read abort. `configuration` is the profile's choice.
 */
const STATUS_BY_REASON: Readonly<Record<FaultReason, TranslationStatus | 'configuration'>> = {
  'all-inbound-disallowed': 'unsupported-request',
  'transaction-type-disallowed': 'unsupported-request',
  'device-entry-load-fault': 'configuration',
  'device-entry-corrupt': 'completer-abort',
  'device-entry-not-valid': 'configuration',
  'device-entry-misconfigured': 'configuration',
  'process-entry-load-fault': 'completer-abort',
  'process-entry-not-valid': 'success',
  'process-entry-corrupt': 'completer-abort',
  'page-table-corrupt': 'completer-abort',
  'read-access-fault': 'completer-abort',
  'write-access-fault': 'completer-abort',
  'instruction-access-fault': 'completer-abort',
  'read-page-fault': 'success',
  'write-page-fault': 'success',
  'instruction-page-fault': 'success',
};

const TRANSLATION_REQUEST: TransactionKind = {
  transaction: 'translation-request',
  accessFault: 'read-access-fault',
  pageFault: 'read-page-fault',
};

/** What a refused request is answered with. */
export function statusOf(profile: IommuProfile, reason: FaultReason): TranslationStatus {
  const status = STATUS_BY_REASON[reason];
  return status === 'configuration' ? profile.configurationError : status;
}

/** Answers a translation request: what exists (R4), a miss without a record (R2), or an error with one (R3). */
export function decideTranslate(
  context: HardwareContext,
  state: HardwareState,
  received: TranslationMessage,
): HardwareEvent[] {
  const message = asMeant(received);
  const found = findDevice(state, message.deviceId);
  if (typeof found === 'string') {
    return refused(context, state, undefined, message, CONFIGURATION_FAULTS[found]);
  }
  if (!found.ats) return refused(context, state, found, message, 'transaction-type-disallowed');
  const space = findSpace(state, found, message);
  if (space === 'identity') return [identity(context, message)];
  if (typeof space === 'string') return refused(context, state, found, message, space);
  // A completion shows what there is, so nothing is needed; what is asked for only decides what is marked.
  const walked = walk(context, state, found, space, message, TRANSLATION_REQUEST, 0);
  if (typeof walked === 'string') return refused(context, state, found, message, walked);
  const { leaf, mark } = walked;
  const permissions = grant(walked.permissions, message.permissions);
  const global = leaf.global && message.pasid !== NO_PASID && context.profile.reportsGlobal;
  // An execute-only leaf grants nothing, but the walk found it: its Global shows (R5, R6).
  const answer =
    permissions === 0
      ? miss(message, global)
      : answered('success', permissions, global, leaf.frame, leaf.pages);
  return mark === null ? [answer] : [mark, answer];
}

/** No translation applies: everything is allowed but execution, which nobody can ask for without a PASID. */
function identity(context: HardwareContext, message: TranslationMessage): TranslationAnswered {
  const pages = context.config.identityPages;
  const frame = message.page - (message.page % pages);
  return answered('success', Permission.READ | Permission.WRITE, false, frame, pages);
}

function refused(
  context: HardwareContext,
  state: HardwareState,
  device: DeviceSettings | undefined,
  message: TranslationMessage,
  reason: FaultReason,
): HardwareEvent[] {
  const status = statusOf(context.profile, reason);
  if (status === 'success') return [miss(message, false)];
  const { deviceId, pasid, page, offset, permissions } = message;
  const privileged = (permissions & Permission.PRIVILEGED) !== 0;
  const record = {
    reason,
    transaction: TRANSLATION_REQUEST.transaction,
    deviceId,
    pasid,
    privileged,
    page,
    offset,
  };
  return [...decideFault(context, state, device, record), answered(status, 0, false, 0, 0)];
}

/** Success without permissions but the mode of the request, which is echoed (R6). */
function miss(message: TranslationMessage, global: boolean): TranslationAnswered {
  return answered('success', message.permissions & Permission.PRIVILEGED, global, 0, 0);
}

function answered(
  status: TranslationStatus,
  permissions: Permissions,
  global: boolean,
  frame: number,
  pages: number,
): TranslationAnswered {
  return { kind: 'TranslationAnswered', status, permissions, global, frame, pages };
}
