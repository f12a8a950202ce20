import type { Permissions, ResponseCode } from '../kernel/vocabulary';
import type { AccessRange } from './events';

/** One access of a workload. */
export interface Access {
  device: number;
  /** Number in its device's workload, from 0. */
  access: number;
  pasid: number;
  page: number;
  offset: number;
  permissions: Permissions;
  /** When the workload meant it to start; a closed loop means "now". */
  intendedAtMicros: number;
}

/** Commands of a device segment. `TakeTurn` comes once at the end of each cycle: the devices send what the cycle made ready. */
export type SegmentCommand =
  | { kind: 'BeginEpoch'; epoch: number }
  | { kind: 'IssueAccess'; access: Access }
  | {
      kind: 'CompleteTranslation';
      translation: number;
      status: TranslationStatus;
      permissions: Permissions;
      frame: number;
    }
  /** A PRG response, commanded or automatic, as the log shows it. */
  | { kind: 'ReceiveResponse'; device: number; groupId: number; pasid: number; code: ResponseCode }
  /** The timer of a dropped access has fired: it comes again. */
  | { kind: 'RetransmitAccess'; device: number; access: number; drop: number }
  /** The IOMMU is done with a stalled access: translated at once, or its held transaction ended. */
  | {
      kind: 'EndStalledAccess';
      device: number;
      request: number;
      outcome: 'translated' | 'completed' | 'aborted';
      code: ResponseCode;
      rounds: number;
    }
  /** `pages` 0 means every page, `pasid` EVERY_PASID (-2) every PASID, `device` EVERY_DEVICE (-1) all devices (R25, D4). */
  | { kind: 'InvalidateAtc'; device: number; pasid: number; page: number; pages: number }
  | { kind: 'ResetDevice'; device: number; epoch: number }
  /** The driver stops the device's work for a PASID before it is unbound (R94). */
  | { kind: 'StopPasid'; device: number; pasid: number }
  /** The PASID was bound afresh: the stop is over. */
  | { kind: 'StartPasid'; device: number; pasid: number }
  /** The workloads of these processes begin; those that did already stay as they are. */
  | { kind: 'BeginWork'; mms: readonly number[] }
  /** The workloads issue nothing more. */
  | { kind: 'HaltWork' }
  /** The device vanishes (R104). */
  | { kind: 'RemoveDevice'; device: number }
  /** The device stops working until it is reset. */
  | { kind: 'HangDevice'; device: number }
  /** The workload gives up accesses it has not issued. */
  | { kind: 'WithdrawAccesses'; device: number; ranges: AccessRange[] }
  | { kind: 'TakeTurn' };

/** Status of an ATS completion (R2, R3). A miss is a success without permissions. */
export type TranslationStatus = 'success' | 'unsupported-request' | 'completer-abort';
