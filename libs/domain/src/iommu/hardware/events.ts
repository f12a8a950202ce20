import type { Permissions } from '../../kernel/vocabulary';
import type { TranslationStatus } from '../../device/commands';
import type {
  DeviceSettings,
  DeviceTlbInvalidation,
  FaultTarget,
  IommuMode,
  LeafSettings,
  MemoryFailure,
  PageRequestMessage,
  QueuedCommand,
} from './commands';
import type { FaultRecord } from './fault-record';
import type { CachedTranslation } from './iotlb';
import type { RefusalCause } from './judge-page-request';
import type { CommandFlag, InterruptSource, PageRequestRecord } from './state';

/** What happened to the hardware. Folding these gives its state; together they are all that can be seen of it. */
export type HardwareEvent =
  | { readonly kind: 'ModeSet'; readonly mode: IommuMode }
  | { readonly kind: 'DeviceSet'; readonly device: DeviceSettings }
  | {
      readonly kind: 'PasidBound';
      readonly deviceId: number;
      readonly pasid: number;
      readonly supervisorAllowed: boolean;
      readonly supervisorMayAccessUser: boolean;
    }
  | { readonly kind: 'PasidUnbound'; readonly deviceId: number; readonly pasid: number }
  /** Software wrote a leaf; lost where the PASID is not bound, since it has no table. */
  | {
      readonly kind: 'LeafMapped';
      readonly deviceId: number;
      readonly pasid: number;
      readonly leaf: LeafSettings;
    }
  | LeafUnmapped
  | LeafMarked
  | { readonly kind: 'QueueConfigured'; readonly entries: number }
  | QueueControlled
  | { readonly kind: 'QueueHeadSet'; readonly head: number; readonly acknowledgesOverflow: boolean }
  | {
      readonly kind: 'RecordsConsumed';
      readonly head: number;
      readonly records: readonly (PageRequestRecord | null)[];
    }
  | { readonly kind: 'PageRequestQueued'; readonly slot: number; readonly record: PageRequestRecord }
  | {
      readonly kind: 'PageRequestRefused';
      readonly message: PageRequestMessage;
      readonly cause: RefusalCause;
    }
  | { readonly kind: 'QueueFlagSet'; readonly flag: 'overflow' | 'memory-fault' }
  | PrgResponseSent
  | { readonly kind: 'FaultRecorded'; readonly record: FaultRecord }
  | { readonly kind: 'FaultQueueOverflowed' }
  | { readonly kind: 'FaultRecordsConsumed'; readonly clearsOverflow: boolean }
  | { readonly kind: 'InterruptRaised'; readonly source: InterruptSource }
  | { readonly kind: 'InterruptsAcknowledged'; readonly sources: readonly InterruptSource[] }
  | TranslationAnswered
  | UntranslatedAccessAnswered
  | { readonly kind: 'TranslationCached'; readonly entry: CachedTranslation }
  | { readonly kind: 'MemoryFailureInjected'; readonly target: FaultTarget; readonly failure: MemoryFailure }
  | { readonly kind: 'InjectedFailuresCleared' }
  | CommandQueueEvent;

/** What happened in the command queue. `CommandExecuted` takes the command at its head out of it. */
export type CommandQueueEvent =
  | { readonly kind: 'CommandSubmitted'; readonly command: QueuedCommand }
  /** The command queue was full. */
  | { readonly kind: 'CommandRefused' }
  | { readonly kind: 'CommandExecuted' }
  | { readonly kind: 'HaltedCommandReplaced' }
  /** All tags were in use: it left the queue and waits for one. */
  | { readonly kind: 'InvalidationDelayed'; readonly invalidation: DeviceTlbInvalidation }
  | { readonly kind: 'InvalidationSent'; readonly tag: number; readonly invalidation: DeviceTlbInvalidation }
  | { readonly kind: 'InvalidationCompletionReceived'; readonly result: 'accepted' | 'unexpected' }
  /** One of the messages a tag needs came; with `freed` it was the one that ends it. */
  | {
      readonly kind: 'InvalidationCompletionCounted';
      readonly tag: number;
      readonly received: number;
      readonly freed: boolean;
    }
  | { readonly kind: 'InvalidationsExpired'; readonly tags: readonly number[] }
  | {
      readonly kind: 'IotlbInvalidated';
      readonly deviceId: number;
      readonly pasid: number;
      readonly page: number | null;
    }
  | { readonly kind: 'FenceDelayed' }
  | { readonly kind: 'FenceReleased' }
  | { readonly kind: 'AccessesOrdered'; readonly reads: boolean; readonly writes: boolean }
  | { readonly kind: 'FenceWritten'; readonly slot: number; readonly data: number }
  | { readonly kind: 'CommandQueueHalted'; readonly flag: CommandFlag }
  | { readonly kind: 'CommandFlagsCleared'; readonly flags: readonly CommandFlag[] };

export interface LeafUnmapped {
  readonly kind: 'LeafUnmapped';
  readonly deviceId: number;
  readonly pasid: number;
  readonly page: number;
  readonly pages: number;
}

/** The IOMMU set the accessed bit of a leaf, and with `dirty` the dirty bit (R7). */
export interface LeafMarked {
  readonly kind: 'LeafMarked';
  readonly deviceId: number;
  readonly pasid: number;
  readonly page: number;
  readonly dirty: boolean;
}

/** What a write of the control register left behind. */
export interface QueueControlled {
  readonly kind: 'QueueControlled';
  readonly enabled: boolean;
  readonly interruptEnabled: boolean;
  readonly overflow: boolean;
  readonly memoryFault: boolean;
  readonly head: number;
  readonly tail: number;
  /** The slots lost what they held. */
  readonly erased: boolean;
}

/** A response left the IOMMU; `code` is the one on the wire. Only the origin says whether anybody handled the group (R131). */
export interface PrgResponseSent {
  readonly kind: 'PrgResponseSent';
  readonly deviceId: number;
  readonly pasid: number;
  readonly prgIndex: number;
  readonly code: number;
  readonly origin: 'automatic' | 'commanded';
}

/** A completion; a miss is a success without read and write, and then `frame` and `pages` are 0 (R2). */
export interface TranslationAnswered {
  readonly kind: 'TranslationAnswered';
  readonly status: TranslationStatus;
  readonly permissions: Permissions;
  readonly global: boolean;
  /** First frame of the translated range, and its length. */
  readonly frame: number;
  readonly pages: number;
}

/** An access without ATS went through, or was refused with a record (R127). */
export interface UntranslatedAccessAnswered {
  readonly kind: 'UntranslatedAccessAnswered';
  readonly status: TranslationStatus;
  readonly frame: number;
  readonly pages: number;
}
