import type { ShardPosition } from '../iopf/events';
import type { FaultModel, Permissions, ResponseCode } from '../kernel/vocabulary';
import type { DeviceFenced, StepOutcome, TeardownBegun, TeardownStep } from './events';

/** An ATS translation request (R1). */
export interface TranslateCommand {
  kind: 'Translate';
  /** The segment's number for it, echoed. */
  translation: number;
  device: number;
  pasid: number;
  page: number;
  permissions: Permissions;
}

/** A page request message (R8), or the bus access of a stalling master (R35), as it arrives. */
export interface ReceiveRequestCommand {
  kind: 'ReceivePageRequest' | 'ReceiveStalledAccess';
  segment: number;
  segmentEpoch: number;
  request: number;
  device: number;
  pasid: number;
  page: number;
  offset: number;
  permissions: Permissions;
  /** PRG index; 0 for a stalling master, whose tag the IOMMU gives. */
  groupId: number;
  last: boolean;
  round: number;
  sentAtMicros: number;
}

/** A group's result, as the log of handled groups shows it. */
export interface AdmitResultCommand {
  kind: 'AdmitResult';
  group: number;
  epoch: number;
  device: number;
  code: ResponseCode;
  positions: readonly ShardPosition[];
  /** Position of the result in the log of handled groups; where a successor must read again if the result has to wait. */
  sequence: number;
}

/** Drop cached translations of a range; the caller has seen `canInvalidate` say that the replica is far enough (D3). */
export interface InvalidateIotlbCommand {
  kind: 'InvalidateIotlb';
  /** The address space whose translations go; -1 for every one. */
  mm: number;
  /** First page and number of pages; `pages` 0 means every page. */
  page: number;
  pages: number;
}

/** (device, PASID) and what it translates through. */
export interface BindingOfDevice {
  device: number;
  pasid: number;
  mm: number;
  shard: number;
  generation: number;
}

/** Commands of an IOMMU. The `*Next` ones do one step each; the host repeats them while the state has such work. */
export type IommuCommand =
  | { kind: 'BeginEpoch'; epoch: number }
  | {
      kind: 'AttachDevice';
      device: number;
      segment: number;
      model: FaultModel;
      responsePasidRequired: boolean;
      /** Wall microseconds; 0 for none. */
      responseTimeoutMicros: number;
      hasHandler: boolean;
    }
  /** The device is gone, or has nothing bound any more: it leaves the IOPF queue (R89, R104). */
  | { kind: 'DetachDevice'; device: number }
  | ({ kind: 'BindPasid' } & BindingOfDevice)
  /** The device's PASID gets another domain, without a teardown (R105). */
  | ({ kind: 'ReplaceBinding' } & BindingOfDevice)
  /** Takes the binding apart, in the steps of R95. */
  | { kind: 'BeginTeardown'; device: number; pasid: number; cause: TeardownBegun['cause'] }
  /** A step that something outside performs is over, or the deadline of any step has come. */
  | {
      kind: 'FinishTeardownStep';
      device: number;
      pasid: number;
      generation: number;
      step: TeardownStep;
      outcome: StepOutcome;
    }
  /** Takes the steps that need nothing from outside; at the end of each turn while `hasTeardowns`. */
  | { kind: 'StepTeardowns' }
  /** Cuts the device off until its reset was seen. */
  | { kind: 'FenceDevice'; device: number; cause: DeviceFenced['cause'] }
  /** The reset message of a device arrives in its segment's sequence of requests. */
  | { kind: 'SeeDeviceReset'; segment: number; segmentEpoch: number; request: number; device: number }
  /** The IOPF queue of the IOMMU goes, or comes back. */
  | { kind: 'FreeQueue' }
  | { kind: 'AllocQueue' }
  | TranslateCommand
  | ReceiveRequestCommand
  /** Software consumes the oldest record of the rings (R71); repeat while `hasRingRecords`. */
  | { kind: 'DrainNext' }
  /** The rings are empty: recover from overflow (R88) and give deferred stalls their records (R39). */
  | { kind: 'FinishDrain' }
  | AdmitResultCommand
  /** Answer the oldest admitted group whose mappings the replica has reached (D8); repeat while `hasReadyResults`. */
  | { kind: 'RespondNext' }
  /** Retry the oldest stall that was answered but whose outcome the log lacks (D10); repeat while `hasRetries`. */
  | { kind: 'RetryNext' }
  /** Answers the groups whose devices wait longer than their response timeout; at `nextResponseDeadline`. */
  | { kind: 'ExpireGroups' }
  /** Puts the held group whose turn it is on its IOPF queue (D14); repeat while `canDispatch`. */
  | { kind: 'DispatchNext' }
  | InvalidateIotlbCommand
  | { kind: 'SeeSegmentEpoch'; segment: number; segmentEpoch: number };
