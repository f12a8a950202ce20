import type { FirstStage } from '@faultline/domain';

/** The version of the format that is read: recorded conversations with a reference model of an IOMMU. */
export const PRI_FORMAT = 'iopf-hw-vectors/1';

/** Modes of an IOMMU; the number is the width of a device id. */
export const MODES = ['off', 'bypass', 'table-6', 'table-15', 'table-24'] as const;
/** Memory that can be made to fail. */
export const FAULT_TARGETS = [
  'queueSlot',
  'deviceEntry',
  'processEntry',
  'pageTableEntry',
  'fenceSlot',
] as const;

/** Kinds of input fields; a `?` at the end says that the field may be absent. */
interface FieldKinds {
  flag: boolean;
  'flag?': boolean | undefined;
  count: number;
  'count?': number | undefined;
  mode: (typeof MODES)[number];
  target: (typeof FAULT_TARGETS)[number];
  failure: 'access' | 'corrupt';
  /** A number in hexadecimal, `0x...`: it can have more than 53 bits. */
  hex: string;
  'hex?': string | undefined;
  'hex|null': string | null;
  /** Null means no PASID, which is not PASID 0. */
  pasid: number | null;
  'pasid?': number | null | undefined;
  'count|all': number | 'all';
  counts: readonly number[];
}
export type FieldKind = keyof FieldKinds;

const access = {
  deviceId: 'count',
  pasid: 'pasid',
  address: 'hex',
  execute: 'flag',
  privileged: 'flag',
} as const;

/** Operations and the fields of their input. */
export const OPERATIONS = {
  iommuMode: { mode: 'mode' },
  device: {
    deviceId: 'count',
    ats: 'flag',
    pri: 'flag',
    responsePasidRequired: 'flag',
    pasidBits: 'count',
    defaultPasidZero: 'flag',
    hardwareAccessedDirty: 'flag',
    valid: 'flag',
    suppressTranslationFaultRecords: 'flag',
  },
  deviceValid: { deviceId: 'count', valid: 'flag' },
  bindPasid: {
    deviceId: 'count',
    pasid: 'pasid',
    supervisorAllowed: 'flag',
    supervisorMayAccessUser: 'flag',
  },
  unbindPasid: { deviceId: 'count', pasid: 'pasid' },
  map: {
    deviceId: 'count',
    pasid: 'pasid',
    address: 'hex',
    physical: 'hex',
    size: 'count',
    read: 'flag',
    write: 'flag',
    execute: 'flag',
    user: 'flag',
    global: 'flag',
    accessed: 'flag',
    dirty: 'flag',
  },
  unmap: { deviceId: 'count', pasid: 'pasid', address: 'hex', size: 'count' },
  queueConfigure: { entries: 'count' },
  queueControl: {
    enable: 'flag',
    interruptEnable: 'flag',
    clearOverflow: 'flag?',
    clearMemoryFault: 'flag?',
  },
  queueSetHead: { index: 'count' },
  queueConsume: { count: 'count' },
  interruptAck: { pageRequest: 'flag?', fault: 'flag?', command: 'flag?' },
  injectMemoryFault: {
    target: 'target',
    kind: 'failure',
    slot: 'count?',
    deviceId: 'count?',
    pasid: 'pasid?',
    address: 'hex?',
  },
  clearInjectedFaults: {},
  pageRequest: { ...access, prgIndex: 'count', last: 'flag', read: 'flag', write: 'flag' },
  translationRequest: { ...access, noWrite: 'flag' },
  untranslatedAccess: { ...access, write: 'flag' },
  pageResponse: { deviceId: 'count', pasid: 'pasid', prgIndex: 'count', code: 'count' },
  invalidateDeviceTlb: {
    deviceId: 'count',
    pasid: 'pasid',
    address: 'hex',
    size: 'count|all',
    global: 'flag?',
  },
  invalidateIotlb: { deviceId: 'count', pasid: 'pasid', address: 'hex|null' },
  fence: { slot: 'count', data: 'count', orderReads: 'flag', orderWrites: 'flag' },
  illegalCommand: {},
  commandQueueClear: { timeout: 'flag?', illegal: 'flag?', memoryFault: 'flag?' },
  replaceFaultingCommandWithNop: {},
  invalidationComplete: { deviceId: 'count', tags: 'counts', count: 'count' },
  invalidationTimeout: { tags: 'counts' },
} as const satisfies Record<string, Record<string, FieldKind>>;

export type Operation = keyof typeof OPERATIONS;

type InputOf<Fields> = {
  readonly [Name in keyof Fields]: Fields[Name] extends FieldKind ? FieldKinds[Fields[Name]] : never;
};

/** Any plain data with named parts. */
export type Fields = Readonly<Record<string, unknown>>;

/** One step: an input, everything the model did in answer, and the parts of the status that changed. */
interface StepParts {
  readonly out: Fields;
  readonly status: Fields;
  /** Path in `out` -> every permitted value. */
  readonly accept: Readonly<Record<string, readonly unknown[]>>;
  /** A result from the tables as they are now is as right as the recorded one. */
  readonly mayBeStale: boolean;
}

/** A step, by its operation. */
export type PriStep = {
  [Op in Operation]: { readonly op: Op; readonly in: InputOf<(typeof OPERATIONS)[Op]> } & StepParts;
}[Operation];

/** Choices of the recorded model that are no rules. */
export interface PriParameters {
  readonly firstStage: FirstStage;
  /** Bytes. */
  readonly identityTranslationSize: number;
  readonly deviceTlbInvalidationTags: number;
  readonly commandQueueEntries: number;
  readonly faultQueueEntries: number;
}

/** One recorded conversation, which begins with an empty IOMMU. */
export interface PriVector {
  readonly id: string;
  readonly family: string;
  readonly title?: string;
  readonly tags: readonly string[];
  readonly parameters: PriParameters;
  readonly initialMode: (typeof MODES)[number];
  readonly initialStatus: Fields;
  readonly steps: readonly PriStep[];
}

export interface PriFile {
  readonly vectors: readonly PriVector[];
  readonly counts: {
    readonly vectors: number;
    readonly steps: number;
    readonly byFamily: Readonly<Record<string, number>>;
  };
}
