import type { Permissions } from '../../kernel/vocabulary';

/** What the IOMMU does with transactions: nothing passes, everything passes untranslated, or a device table of so many id bits. */
export type IommuMode = 'off' | 'bypass' | { readonly deviceIdBits: number };

/** A device's entry in the device table. */
export interface DeviceSettings {
  readonly deviceId: number;
  readonly ats: boolean;
  readonly pri: boolean;
  /** PRG Response PASID Required (R13). */
  readonly responsePasidRequired: boolean;
  /** Width of its PASIDs; 0 for a device without a PASID table, which uses the address space of `NO_PASID`. */
  readonly pasidBits: number;
  /** Requests without a PASID use PASID 0's address space instead of none (R24). */
  readonly defaultPasidZero: boolean;
  /** The IOMMU may set accessed and dirty bits itself (R7). */
  readonly hardwareAccessedDirty: boolean;
  readonly valid: boolean;
  /** Hides fault records, except those about an entry that cannot be used (R49). */
  readonly suppressTranslationFaultRecords: boolean;
}

/** A leaf of a page table: `pages` from `page` on show the frames from `frame` on. */
export interface LeafSettings {
  readonly page: number;
  readonly frame: number;
  /** 1, 512 or 512 * 512 (and more with more than three levels). */
  readonly pages: number;
  /** Read, write, execute. */
  readonly permissions: Permissions;
  readonly user: boolean;
  readonly global: boolean;
  readonly accessed: boolean;
  readonly dirty: boolean;
}

/** A page request as it arrives. */
export interface PageRequestMessage {
  readonly deviceId: number;
  /** `NO_PASID` for none. */
  readonly pasid: number;
  readonly page: number;
  readonly prgIndex: number;
  readonly last: boolean;
  /** Read, write, execute and privileged; the last two mean nothing without a PASID (R8). */
  readonly permissions: Permissions;
}

/** An ATS translation request. `permissions` has write unless the "no write" flag is set, read always. */
export interface TranslationMessage {
  readonly deviceId: number;
  readonly pasid: number;
  readonly page: number;
  readonly offset: number;
  readonly permissions: Permissions;
}

/** What software puts into the command queue. */
export type QueuedCommand =
  | {
      readonly op: 'page-response';
      readonly deviceId: number;
      readonly pasid: number;
      readonly prgIndex: number;
      readonly code: number;
    }
  | DeviceTlbInvalidation
  /** `page` null: the whole PASID. */
  | {
      readonly op: 'invalidate-iotlb';
      readonly deviceId: number;
      readonly pasid: number;
      readonly page: number | null;
    }
  | {
      readonly op: 'fence';
      readonly slot: number;
      readonly data: number;
      readonly orderReads: boolean;
      readonly orderWrites: boolean;
    }
  | { readonly op: 'illegal' };

/** `pages` 0 means every page (R25). */
export interface DeviceTlbInvalidation {
  readonly op: 'invalidate-device-tlb';
  readonly deviceId: number;
  readonly pasid: number;
  readonly page: number;
  readonly pages: number;
  readonly global: boolean;
}

/** Memory of the IOMMU that can be made to fail. */
export type FaultTarget =
  | { readonly at: 'queue-slot'; readonly slot: number }
  | { readonly at: 'fence-slot'; readonly slot: number }
  | { readonly at: 'device-entry'; readonly deviceId: number }
  | { readonly at: 'process-entry'; readonly deviceId: number; readonly pasid: number }
  | {
      readonly at: 'page-table-entry';
      readonly deviceId: number;
      readonly pasid: number;
      readonly page: number;
    };

/** How an access to it fails: it cannot be made, or what it reads is poisoned. */
export type MemoryFailure = 'access' | 'corrupt';

/** Everything that can happen to the hardware: software's registers and tables, messages of devices, and its own next step. */
export type HardwareCommand =
  | { readonly kind: 'SetMode'; readonly mode: IommuMode }
  | { readonly kind: 'SetDevice'; readonly device: DeviceSettings }
  | { readonly kind: 'SetDeviceValid'; readonly deviceId: number; readonly valid: boolean }
  | {
      readonly kind: 'BindPasid';
      readonly deviceId: number;
      readonly pasid: number;
      readonly supervisorAllowed: boolean;
      readonly supervisorMayAccessUser: boolean;
    }
  | { readonly kind: 'UnbindPasid'; readonly deviceId: number; readonly pasid: number }
  | {
      readonly kind: 'MapLeaf';
      readonly deviceId: number;
      readonly pasid: number;
      readonly leaf: LeafSettings;
    }
  | {
      readonly kind: 'UnmapLeaf';
      readonly deviceId: number;
      readonly pasid: number;
      readonly page: number;
      readonly pages: number;
    }
  | { readonly kind: 'ConfigureQueue'; readonly entries: number }
  | {
      readonly kind: 'ControlQueue';
      readonly enable: boolean;
      readonly interruptEnable: boolean;
      readonly clearOverflow: boolean;
      readonly clearMemoryFault: boolean;
    }
  /** `acknowledgeOverflow` is the flag's copy in the same store; it means something where overflow is left that way (R63). */
  | { readonly kind: 'SetQueueHead'; readonly index: number; readonly acknowledgeOverflow: boolean }
  | { readonly kind: 'ConsumeRecords'; readonly count: number }
  | {
      readonly kind: 'AcknowledgeInterrupts';
      readonly pageRequest: boolean;
      readonly fault: boolean;
      readonly command: boolean;
    }
  | { readonly kind: 'ConsumeFaultRecords'; readonly clearOverflow: boolean }
  | { readonly kind: 'InjectMemoryFailure'; readonly target: FaultTarget; readonly failure: MemoryFailure }
  | { readonly kind: 'ClearInjectedFailures' }
  | { readonly kind: 'ReceivePageRequest'; readonly message: PageRequestMessage }
  | { readonly kind: 'Translate'; readonly message: TranslationMessage }
  /** An access without ATS: `permissions` says what it does, exactly one of read, write and execute, and privileged. */
  | { readonly kind: 'AccessUntranslated'; readonly message: TranslationMessage }
  | { readonly kind: 'SubmitCommand'; readonly command: QueuedCommand }
  /** The command queue does its next step; nothing when it is empty or halted. The host repeats it. */
  | { readonly kind: 'RunNextCommand' }
  | {
      readonly kind: 'ClearCommandFlags';
      readonly timeout: boolean;
      readonly illegal: boolean;
      readonly memoryFault: boolean;
    }
  | { readonly kind: 'ReplaceHaltedCommand' }
  /** `count`: messages that a device sends for each tag, 1..8 (R27). */
  | {
      readonly kind: 'ReceiveInvalidationCompletion';
      readonly deviceId: number;
      readonly tags: readonly number[];
      readonly count: number;
    }
  | { readonly kind: 'ExpireInvalidations'; readonly tags: readonly number[] };
