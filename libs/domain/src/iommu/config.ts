import type { IopfGenerationName } from '../iopf/generation';
import type { Topology } from '../iopf/topology';
import type { IommuProfileName, IommuQuirks } from './profile';

/**
 * In which order closed groups go to their IOPF queues (D14): as they close, or by deficit round robin over the devices of each
 * queue, with `quantum` page requests a turn and at most `window` groups of a queue unanswered.
 */
export type ServiceOrder = { order: 'fifo' } | { order: 'fair'; quantum: number; window: number };

/** What an IOMMU is told at its start. */
export interface IommuConfig {
  /** Index of the IOMMU. */
  iommu: number;
  /** Which IOPF queue its groups go to (R135). */
  topology: Topology;
  /** Slots of the page request ring: a power of two, at least 2; it holds one record less (R41). */
  priQueueEntries: number;
  /** Slots of the event queue for stalls, counted in the same way. */
  eventQueueEntries: number;
  /** Translations the IOTLB holds; 0 for no IOTLB. */
  iotlbEntries: number;
  /** mm shards of the laboratory (D7). */
  shards: number;
  /**
   * Address spaces that a device behind it may ever be bound to: of others it keeps no page tables. `null` for all of them, which is
   * the default.
   */
  reach?: ReadonlySet<number> | null;
  /** Whose choices its hardware and driver make; `riscv` by default. */
  profile?: IommuProfileName;
  /** What emulators and reference models do beside the profile's choices; none by default. */
  quirks?: Partial<IommuQuirks>;
  /** Kernel generation of the fault reporting layer; `G1` by default. */
  generation?: IopfGenerationName;
  /** First come, first served by default. */
  service?: ServiceOrder;
  /**
   * Recorded behaviour of the kernel that breaks I1: a group whose last request needs the PASID on its response but has none
   * is never answered (`g1-needs-pasid-without-pasid`). False by default: it is answered without a PASID.
   */
  neverAnswerWithoutNeededPasid?: boolean;
}

/** A number in the configuration that means nothing. */
export class IommuConfigInvalid extends Error {
  override readonly name = 'IommuConfigInvalid';
}

/** A configuration with nothing left open. */
export type ResolvedIommuConfig = Readonly<Required<IommuConfig>>;

/** Fills in the defaults; throws {@link IommuConfigInvalid}. */
export function resolveIommuConfig(config: IommuConfig): ResolvedIommuConfig {
  checkRing('priQueueEntries', config.priQueueEntries);
  checkRing('eventQueueEntries', config.eventQueueEntries);
  checkAtLeast('iommu', config.iommu, 0);
  checkAtLeast('iotlbEntries', config.iotlbEntries, 0);
  checkAtLeast('shards', config.shards, 1);
  const { profile = 'riscv', quirks = {}, generation = 'G1', service = { order: 'fifo' } } = config;
  if (service.order === 'fair') {
    checkAtLeast('quantum', service.quantum, 1);
    checkAtLeast('window', service.window, 1);
  }
  const { reach = null, neverAnswerWithoutNeededPasid = false } = config;
  return { ...config, reach, profile, quirks, generation, service, neverAnswerWithoutNeededPasid };
}

function checkRing(name: string, entries: number): void {
  checkAtLeast(name, entries, 2);
  if (!Number.isInteger(Math.log2(entries)))
    throw new IommuConfigInvalid(`${name} ${entries} is no power of two`);
}

function checkAtLeast(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new IommuConfigInvalid(`${name} is ${value}, and must be a whole number from ${least}`);
  }
}
