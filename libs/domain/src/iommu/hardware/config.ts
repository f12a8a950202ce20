import type { IommuProfile } from '../profile';

/** First-stage address spaces of RISC-V; the number is the width of an address, whose highest bit is its sign. */
export const FIRST_STAGES = { Sv39: 39, Sv48: 48, Sv57: 57 } as const;
export type FirstStage = keyof typeof FIRST_STAGES;

/** What the hardware is built with. None of it is a rule; a recording names its own. */
export interface HardwareConfig {
  readonly profile: IommuProfile;
  readonly firstStage: FirstStage;
  /** Pages of a completion for which no translation applies. */
  readonly identityPages: number;
  /** Device-TLB invalidations that can wait for a device at once; PCIe allows 32 (R27). */
  readonly invalidationTags: number;
  /** Slots of the command queue, which holds one command less. */
  readonly commandQueueEntries: number;
  /** Slots of the fault queue, which holds one record less. */
  readonly faultQueueEntries: number;
  /** Translations of untranslated accesses that the IOMMU caches; 0 for no cache. */
  readonly iotlbEntries: number;
}
