import { type Permissions, Permission, NO_PASID, ResponseCode } from '../../kernel/vocabulary';
import type { IommuProfile } from '../profile';
import { CONFIGURATION_FAULTS, type ConfigurationCause, type FaultReason } from './fault-record';

/** Why a page request did not get into the ring (R45, R47). */
export type RefusalCause =
  | ConfigurationCause
  | 'pri-off'
  | 'queue-disabled'
  | 'memory-fault'
  | 'overflow'
  | 'queue-full'
  | 'write-failed';

/** What a page request finds on the way to the ring, as far as its device entry is concerned. */
export type DeviceFinding = 'ready' | 'pri-off' | ConfigurationCause;

/** What it finds at the ring. */
export interface PageRequestQueueFacts {
  readonly enabled: boolean;
  /** The sticky flags (R51, R55). */
  readonly memoryFault: boolean;
  readonly overflow: boolean;
  /** No slot is left (R41). */
  readonly full: boolean;
  /** The memory of the slot at the tail cannot be written (R55). */
  readonly unwritable: boolean;
}

/** The parts of the message that matter: `pasid` is `NO_PASID` for none. */
export interface PageRequestFacts {
  readonly pasid: number;
  readonly permissions: Permissions;
  readonly last: boolean;
}

/** What becomes of a page request. Frozen, and one of few objects: compare or keep it as you like. */
export interface PageRequestVerdict {
  /** Null: it goes into the ring, and software will answer it (R132). */
  readonly cause: RefusalCause | null;
  /** Whether the IOMMU sends a response itself (R46); if so `code` and `carriesPasid` are those of it. */
  readonly answered: boolean;
  readonly code: ResponseCode;
  /** Whether that response names the request's PASID (R48). */
  readonly carriesPasid: boolean;
  /** The fault record it leaves, also when nothing is answered (R49); the device's suppression may still hide it. */
  readonly record: FaultReason | null;
  /** The sticky flag it sets (R50, R55). */
  readonly sets: 'overflow' | 'memory-fault' | null;
}

const ACCEPTED: PageRequestVerdict = Object.freeze({
  cause: null,
  answered: false,
  code: ResponseCode.SUCCESS,
  carriesPasid: false,
  record: null,
  sets: null,
});

/** One row of R47: the code of an answer, the record, and the flag that is set. */
interface CauseRow {
  readonly code: ResponseCode;
  readonly record: FaultReason | null;
  readonly sets: PageRequestVerdict['sets'];
}

const { SUCCESS, INVALID, FAILURE } = ResponseCode;

function configuration(code: ResponseCode, cause: ConfigurationCause): CauseRow {
  return { code, record: CONFIGURATION_FAULTS[cause], sets: null };
}

/** R47 as a table; R48's column follows from the code. */
const CAUSES: Readonly<Record<RefusalCause, CauseRow>> = {
  'iommu-off': configuration(FAILURE, 'iommu-off'),
  bypass: configuration(INVALID, 'bypass'),
  'device-id-too-wide': configuration(INVALID, 'device-id-too-wide'),
  'device-entry-unreadable': configuration(FAILURE, 'device-entry-unreadable'),
  'device-entry-corrupt': configuration(FAILURE, 'device-entry-corrupt'),
  'device-entry-not-valid': configuration(FAILURE, 'device-entry-not-valid'),
  'device-entry-misconfigured': configuration(FAILURE, 'device-entry-misconfigured'),
  'pri-off': { code: INVALID, record: 'transaction-type-disallowed', sets: null },
  'queue-disabled': { code: FAILURE, record: null, sets: null },
  'memory-fault': { code: FAILURE, record: null, sets: null },
  overflow: { code: SUCCESS, record: null, sets: null },
  'queue-full': { code: SUCCESS, record: null, sets: 'overflow' },
  'write-failed': { code: FAILURE, record: null, sets: 'memory-fault' },
};

/** The verdicts on one cause: a message that gets no answer, and the answers without and with the PASID. */
interface CauseVerdicts {
  readonly silent: PageRequestVerdict;
  readonly answeredBare: PageRequestVerdict;
  readonly answeredWithPasid: PageRequestVerdict;
  /** When the answer names the PASID of a request that has one. */
  readonly pasid: 'request' | 'as-required' | 'none';
  readonly answers: boolean;
}

/** A profile's judgement of page requests, worked out once so that no message makes an object. */
export interface PageRequestRules {
  readonly profile: IommuProfile;
  readonly verdicts: Readonly<Record<RefusalCause, CauseVerdicts>>;
}

/** The rules of a profile. */
export function pageRequestRules(profile: IommuProfile): PageRequestRules {
  const verdicts = Object.fromEntries(
    Object.entries(CAUSES).map(([cause, row]) => [cause, verdictsOn(profile, cause as RefusalCause, row)]),
  ) as Record<RefusalCause, CauseVerdicts>;
  return Object.freeze({ profile, verdicts: Object.freeze(verdicts) });
}

function verdictsOn(
  profile: IommuProfile,
  cause: RefusalCause,
  { code, record, sets }: CauseRow,
): CauseVerdicts {
  const verdict = (answered: boolean, carriesPasid: boolean): PageRequestVerdict =>
    Object.freeze({ cause, answered, code, carriesPasid, record, sets });
  return Object.freeze({
    silent: verdict(false, false),
    answeredBare: verdict(true, false),
    answeredWithPasid: verdict(true, true),
    pasid: pasidOn(profile, code),
    answers: answersOn(profile, cause, code),
  });
}

/** An Invalid comes where PRI is off or unknown, and then so is the PASID-required setting: it has no PASID (R47). */
function pasidOn(profile: IommuProfile, code: ResponseCode): CauseVerdicts['pasid'] {
  if (code === FAILURE) return profile.automaticFailurePasid;
  return code === SUCCESS ? profile.automaticSuccessPasid : 'none';
}

function answersOn(profile: IommuProfile, cause: RefusalCause, code: ResponseCode): boolean {
  if (cause === 'pri-off') return profile.priOff === 'invalid';
  return code !== SUCCESS || profile.overflowAnswer === 'success';
}

/** L=1, R=W=0: the function will send no more requests with this PASID (R23). It is never answered. */
export function isStopMarker(profile: IommuProfile, request: PageRequestFacts): boolean {
  return (
    request.last &&
    (request.permissions & (Permission.READ | Permission.WRITE)) === 0 &&
    (request.pasid !== NO_PASID || !profile.stopMarkerNeedsPasid)
  );
}

/**
 * What becomes of a page request: the first check that it fails decides (R45), and the table of R47 says the rest. Neither the
 * PASID nor the address is looked at (R44).
 *
 * @param responsePasidRequired the device's PRG Response PASID Required setting (R13); false where there is no entry to tell
 */
export function judgePageRequest(
  rules: PageRequestRules,
  device: DeviceFinding,
  responsePasidRequired: boolean,
  queue: PageRequestQueueFacts,
  request: PageRequestFacts,
): PageRequestVerdict {
  const cause = findRefusal(rules.profile, device, queue);
  if (cause === null) return ACCEPTED;
  const verdicts = rules.verdicts[cause];
  if (!request.last || !verdicts.answers || isStopMarker(rules.profile, request)) return verdicts.silent;
  if (request.pasid === NO_PASID) return verdicts.answeredBare;
  const withPasid =
    verdicts.pasid === 'request' || (verdicts.pasid === 'as-required' && responsePasidRequired);
  return withPasid ? verdicts.answeredWithPasid : verdicts.answeredBare;
}

function findRefusal(
  profile: IommuProfile,
  device: DeviceFinding,
  queue: PageRequestQueueFacts,
): RefusalCause | null {
  if (device !== 'ready' && (device !== 'pri-off' || profile.priOff !== 'not-checked')) return device;
  if (!queue.enabled) return 'queue-disabled';
  if (queue.memoryFault) return 'memory-fault';
  if (queue.overflow) return 'overflow';
  if (queue.full) return 'queue-full';
  return queue.unwritable ? 'write-failed' : null;
}
