import { ResponseCode } from '../kernel/vocabulary';

/**
 * Where the architectures differ. A profile is one table of choices; code asks for a choice, never for the name of a profile.
 * What a source says nothing about is chosen like `riscv`, and the comment of the choice says so.
 */

export const IOMMU_PROFILE_NAMES = ['riscv', 'smmu', 'vtd', 'amd'] as const;
export type IommuProfileName = (typeof IOMMU_PROFILE_NAMES)[number];

/** What the driver looks at in a record before it reports the fault (R73). */
export interface RecordValidation {
  /** The address must have equal bits from the highest translated one up (VT-d: prq_event_thread). */
  readonly canonicalAddress: boolean;
  /** Privileged together with read or write is refused (VT-d). */
  readonly noPrivilegedData: boolean;
  /** Execute together with read is refused (VT-d). */
  readonly noExecuteWithRead: boolean;
  /** A PASID is needed, not 0, and not wider than the device's PASIDs (AMD: ppr_is_valid). */
  readonly pasidInRange: boolean;
  /** Answer to an invalid record, in Linux's numbers. */
  readonly answer: 'invalid' | 'failure';
  /** Whether a member that is not the last one is answered too (AMD), or dropped without a word (VT-d). */
  readonly answersNonLast: boolean;
  /** A requester the driver does not know: answered Invalid if last (VT-d, R74), or nothing at all (AMD). */
  readonly unknownRequester: 'invalid' | 'silent';
}

export interface IommuProfile {
  readonly name: IommuProfileName;

  // The IOMMU's own answers.

  /**
   * PASID on an automatic Failure: the request's (R48), or none (R65: SMMUv3 8.2, and 8.1 for an unreadable stream entry).
   * VT-d and AMD: like `riscv`.
   */
  readonly automaticFailurePasid: 'request' | 'none';
  /** PASID on an automatic Success: as the function's PASID-required setting says (R48, R64), or none. The same everywhere. */
  readonly automaticSuccessPasid: 'as-required' | 'none';
  /**
   * Last members that meet an overflow: Success (R47, R63), or nothing. What VT-d hardware does is not known, and Success is assumed
   * (R66); QEMU's answers nothing, which is a quirk here.
   */
  readonly overflowAnswer: 'success' | 'none';
  /**
   * PRI off for the function: answered Invalid and recorded (R47); recorded only (R66: VT-d reports a fault and answers nothing);
   * or no check at all (SMMUv3: the ATS settings of a stream do not concern page requests). AMD: like `riscv`.
   */
  readonly priOff: 'invalid' | 'record-only' | 'not-checked';
  /**
   * Whether L=1, R=W=0 is a stop marker only with a PASID (R23: the text of RISC-V, SMMUv3 8); else the lookalike without one gets
   * no answer either. VT-d and AMD: like `riscv`.
   */
  readonly stopMarkerNeedsPasid: boolean;
  /**
   * How the overflow flag is left: software writes one to it (R52, R66: PRO), copies it into its acknowledgement together with
   * the head (R63: SMMUv3), or stops the log and starts it again (R67: AMD).
   */
  readonly overflowLeftBy: 'write-one' | 'acknowledge-with-head' | 'restart';
  /** A fault queue that was full takes records again when its flag is cleared (RV-Q), or as soon as there is room (R68: SMMUv3). */
  readonly faultQueueOverflow: 'sticky' | 'until-room';

  // The page request queue.

  /**
   * What enabling does to the indexes (R58): tail to 0 and head kept (RISC-V); nothing, software sets both (SMMUv3; AMD, where the
   * restart of a log keeps them); both to 0 (VT-d, whose driver does it).
   */
  readonly indexesOnEnable: 'tail-zeroed' | 'kept' | 'both-zeroed';
  /**
   * Whether unmasking the interrupt raises it while an error flag is set: the text of RISC-V can be read as level-like (R60). The
   * others: like `riscv`.
   */
  readonly interruptOnUnmask: boolean;
  /** Whether slots keep what they held when the queue is enabled, so that software can read stale records (R58). */
  readonly slotsKeptOnEnable: boolean;
  /** Whether a record shows that the request was for execution (R42). QEMU's VT-d does not store the bit, which is a quirk here. */
  readonly executeInRecord: boolean;

  // Translations.

  /**
   * Status of a completion when the device entry cannot be used: Unsupported Request (R3: RISC-V), or Completer Abort (SMMUv3
   * 3.9.1, where Unsupported Request says that ATS is off). VT-d and AMD: like `riscv`.
   */
  readonly configurationError: 'unsupported-request' | 'completer-abort';
  /** Whether the Global bit of a completion shows the page tables' (R6); never on SMMUv3. */
  readonly reportsGlobal: boolean;
  /** Whether the request for which the IOMMU sets the dirty bit is itself granted write (R7). */
  readonly writeGrantedWithDirty: boolean;

  // The driver.

  /** What the driver refuses (R73); null: nothing, all is reported. */
  readonly validation: RecordValidation | null;
  /**
   * L=1, R=W=0 in the ring: dropped with a PASID only, so that the lookalike is an ordinary request (SMMUv3's and RISC-V's texts);
   * dropped whatever the PASID (R75: VT-d); reported like a request (R75: AMD).
   */
  readonly stopMarkers: 'dropped-with-pasid' | 'dropped' | 'reported';
  /** False: every page request is logged as unexpected, and last members are answered Failure (R76: Linux behind SMMUv3). */
  readonly servesPageRequests: boolean;
  /** The wire code of a Failure that software sends (R87): 1111b, or Linux's 2, a code that devices take for Failure (R17). */
  readonly failureCode: 15 | 2;
  /** Overflow recovery (R88): with the ring empty, or at the next pass whatever the ring holds (AMD restarts its log). */
  readonly recoversWhen: 'ring-empty' | 'at-once';
  /** Whether recovery drops the partial groups of the ring's devices (R88); AMD keeps them. */
  readonly dropsPartialsOnOverflow: boolean;
}

const RISCV: IommuProfile = {
  name: 'riscv',
  automaticFailurePasid: 'request',
  automaticSuccessPasid: 'as-required',
  overflowAnswer: 'success',
  priOff: 'invalid',
  stopMarkerNeedsPasid: true,
  overflowLeftBy: 'write-one',
  faultQueueOverflow: 'sticky',
  indexesOnEnable: 'tail-zeroed',
  interruptOnUnmask: true,
  slotsKeptOnEnable: false,
  executeInRecord: true,
  configurationError: 'unsupported-request',
  reportsGlobal: true,
  writeGrantedWithDirty: true,
  validation: null,
  stopMarkers: 'dropped-with-pasid',
  servesPageRequests: true,
  failureCode: 15,
  recoversWhen: 'ring-empty',
  dropsPartialsOnOverflow: true,
};

const SMMU: IommuProfile = {
  ...RISCV,
  name: 'smmu',
  automaticFailurePasid: 'none',
  priOff: 'not-checked',
  overflowLeftBy: 'acknowledge-with-head',
  faultQueueOverflow: 'until-room',
  indexesOnEnable: 'kept',
  configurationError: 'completer-abort',
  reportsGlobal: false,
  servesPageRequests: false,
};

const VTD: IommuProfile = {
  ...RISCV,
  name: 'vtd',
  priOff: 'record-only',
  indexesOnEnable: 'both-zeroed',
  validation: {
    canonicalAddress: true,
    noPrivilegedData: true,
    noExecuteWithRead: true,
    pasidInRange: false,
    answer: 'invalid',
    answersNonLast: false,
    unknownRequester: 'invalid',
  },
  stopMarkers: 'dropped',
  failureCode: 2,
};

const AMD: IommuProfile = {
  ...RISCV,
  name: 'amd',
  overflowLeftBy: 'restart',
  indexesOnEnable: 'kept',
  validation: {
    canonicalAddress: false,
    noPrivilegedData: false,
    noExecuteWithRead: false,
    pasidInRange: true,
    answer: 'failure',
    answersNonLast: true,
    unknownRequester: 'silent',
  },
  stopMarkers: 'reported',
  failureCode: 2,
  recoversWhen: 'at-once',
  dropsPartialsOnOverflow: false,
};

/** The profiles by name. */
export const IOMMU_PROFILES: Readonly<Record<IommuProfileName, IommuProfile>> = Object.freeze({
  riscv: Object.freeze(RISCV),
  smmu: Object.freeze(SMMU),
  vtd: Object.freeze(VTD),
  amd: Object.freeze(AMD),
});

/** What the RISC-V reference model and QEMU do and no specification says; off unless switched on. */
export interface IommuQuirks {
  /** Slots keep their records when the queue is enabled, and software can read them again (R58). */
  readonly staleRecords: boolean;
  /** L=1, R=W=0 without a PASID that cannot be queued stays without an answer, as if it were a stop marker (R23). */
  readonly silentStopLookalike: boolean;
  /** Write is granted from the dirty bit as it was before the request set it (R7). */
  readonly sampleDirtyBeforeUpdate: boolean;
  /** Unmasking raises nothing; the interrupt comes at the next acknowledgement (R60). */
  readonly interruptOnlyOnAcknowledge: boolean;
  /** QEMU's VT-d: last members that meet an overflow get no answer at all (R66). */
  readonly silentOverflow: boolean;
  /** QEMU's VT-d: a record does not store that the request was for execution (R42). */
  readonly executeNotStored: boolean;
}

/** The profile with quirks: those that are on replace the choice they concern. */
export function withQuirks(profile: IommuProfile, quirks: Partial<IommuQuirks>): IommuProfile {
  return Object.freeze({
    ...profile,
    ...(quirks.staleRecords ? { slotsKeptOnEnable: true } : {}),
    ...(quirks.silentStopLookalike ? { stopMarkerNeedsPasid: false } : {}),
    ...(quirks.sampleDirtyBeforeUpdate ? { writeGrantedWithDirty: false } : {}),
    ...(quirks.interruptOnlyOnAcknowledge ? { interruptOnUnmask: false } : {}),
    ...(quirks.silentOverflow ? { overflowAnswer: 'none' } : {}),
    ...(quirks.executeNotStored ? { executeInRecord: false } : {}),
  });
}

/** Number of a Failure that software sends, as it travels (R87); Success 0 and Invalid 1 are the same everywhere. */
export function wireCode(profile: IommuProfile, code: ResponseCode): number {
  return code === ResponseCode.FAILURE ? profile.failureCode : code;
}
