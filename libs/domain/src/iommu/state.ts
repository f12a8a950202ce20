import { createIopfState, type IopfState, restoreHandlers } from '../iopf/state';
import { evolveQueueAlloc } from '../iopf/queues';
import type { FaultModel, RequestIdentity } from '../kernel/vocabulary';
import type { ResolvedIommuConfig } from './config';
import type { RequestRecord, TeardownStep } from './events';
import { createIotlb, type Iotlb } from './iotlb';
import { createReplica, type Replica } from './replica';
import { createRing, type RecordRing } from './ring';
import { createService, type FairService } from './service';
import { createWaitingResults, type WaitingResults } from './waiting';

/** Through which mm (device, PASID) translates. */
export interface Binding {
  mm: number;
  shard: number;
  /** Counts the uses of the PASID (D2). */
  generation: number;
}

/** A device as the IOMMU's device table shows it. */
export interface DeviceEntry {
  device: number;
  segment: number;
  model: FaultModel;
  /** PRG Response PASID Required (R13). */
  responsePasidRequired: boolean;
  /** Wall microseconds after which a group of it is answered for its handler; 0 for never. */
  responseTimeoutMicros: number;
  /** Whether a fault handler is registered for it (R78). */
  hasHandler: boolean;
  /** Cut off: its reset is under way, and nothing of it is taken until that was seen (R142). */
  fenced: boolean;
  /** False for a device that has bindings but was not attached yet. */
  attached: boolean;
  bindings: Map<number, Binding>;
  /** Held transactions by their tag, recorded or deferred; identity is (stream, tag) (R33). */
  stalls: Map<number, RequestRecord>;
  /** Where the search for a free tag begins. */
  nextTag: number;
}

/** A binding that is being taken apart (R95). */
export interface Teardown {
  device: number;
  pasid: number;
  generation: number;
  /** The step that is not over; `null` when only its end is missing. */
  step: TeardownStep | null;
}

/** What is known of a device segment. */
export interface SegmentProgress {
  epoch: number;
  /** Highest request of the epoch that an event names; lower ones are duplicates. */
  highest: number;
  /** Requests above `highest` that a group names whose other events a dead owner could not write (D5). */
  adopted: Set<number>;
  /**
   * The same for an epoch of which a dead owner had heard and could not say so: it begins when the segment is heard of again, since
   * what the older epoch has open is still to be closed (D9). `null` without any.
   */
  ahead: { epoch: number; adopted: Set<number> } | null;
  /** Numbers below `highest` that no event names: accesses that translated at once (D10). Only the newest are kept. */
  passed: { first: number; last: number }[];
}

/** An owner's epoch: its groups have serials from `base + 1` on. */
export interface EpochBase {
  epoch: number;
  base: number;
}

/** What folding the durable events gives (I8). Plain data: numbers, strings, arrays, Maps and Sets. */
export interface IommuDurableState {
  iommu: number;
  epoch: number;
  /** Owners so far, oldest first; the last one is the current one. */
  epochs: EpochBase[];
  devices: Map<number, DeviceEntry>;
  segments: Map<number, SegmentProgress>;
  /** The page request ring. */
  pri: RecordRing;
  /** The event queue, which holds records of stalls only. */
  events: RecordRing;
  /** Held transactions whose records wait for room in the event queue, oldest first (R39). */
  deferred: RequestRecord[];
  /** Held transactions that were answered with SUCCESS and whose retry has no outcome yet (D10). */
  retrying: RequestRecord[];
  /** Fault reporting: partial lists, pending records, closed groups. */
  iopf: IopfState<RequestRecord>;
  /** Teardowns under way, in the order in which they began. */
  teardowns: Teardown[];
  /** Held groups and whose turn it is; `null` when groups are served as they close (D14). */
  service: FairService | null;
  /** Whether any attached device has a response timeout. */
  hasTimeouts: boolean;
}

/** What a takeover may lose. */
export interface IommuVolatileState {
  iotlb: Iotlb;
  replica: Replica;
  /** Address spaces whose page tables the replica has; `null` for all. */
  reach: ReadonlySet<number> | null;
  waiting: WaitingResults;
  /** segment -> newest stalled access that translated at once: accepted, but in no log. */
  translated: Map<number, { epoch: number; highest: number }>;
  /** segment -> the access that found no free tag: no later one is taken before it (R40). */
  refused: Map<number, RequestIdentity>;
}

export interface IommuState {
  durable: IommuDurableState;
  volatile: IommuVolatileState;
}

/** The one queue object of the reporting layer: every device of this IOMMU is on it; the topology only names subjects. */
export const LAYER_QUEUE = 'iommu';

/** The state before any event. */
export function createIommuState(config: ResolvedIommuConfig): IommuState {
  const iopf = createIopfState<RequestRecord>();
  evolveQueueAlloc(iopf, LAYER_QUEUE);
  return restoreIommuState(config, {
    iommu: config.iommu,
    epoch: 0,
    epochs: [{ epoch: 0, base: 0 }],
    devices: new Map(),
    segments: new Map(),
    pri: createRing(config.priQueueEntries),
    events: createRing(config.eventQueueEntries),
    deferred: [],
    retrying: [],
    iopf,
    teardowns: [],
    service: createService(config.service),
    hasTimeouts: false,
  });
}

/** Changes with the shape of {@link IommuDurableState} or {@link Replica}. */
export const IOMMU_STATE_VERSION = 1;

/**
 * A state with the durable part of a snapshot, and the replica that was taken with it; without one it is empty and must be folded
 * from the mm logs.
 */
export function restoreIommuState(
  config: ResolvedIommuConfig,
  durable: IommuDurableState,
  replica: Replica = createReplica(config.shards),
): IommuState {
  restoreHandlers(durable.iopf);
  return {
    durable,
    volatile: {
      iotlb: createIotlb(config.iotlbEntries),
      replica,
      reach: config.reach,
      waiting: createWaitingResults(),
      translated: new Map(),
      refused: new Map(),
    },
  };
}

/** A device without bindings or stalls. */
export function createDeviceEntry(device: number): DeviceEntry {
  return {
    device,
    segment: 0,
    model: 'pri',
    responsePasidRequired: false,
    responseTimeoutMicros: 0,
    hasHandler: false,
    fenced: false,
    attached: false,
    bindings: new Map(),
    stalls: new Map(),
    nextTag: 0,
  };
}
