import type {
  AnyIommuEvent,
  GroupHandled,
  GroupQueued,
  MmEvent,
  SegmentEvent,
  VolatileMmEvent,
} from '@faultline/domain';

/** An event of any unit of the path. */
export type PathEvent = AnyIommuEvent | MmEvent | VolatileMmEvent | SegmentEvent;

/**
 * Counts and times what passes on the path, for metrics. It sees what is in the log, or need not be; it changes nothing, throws
 * nothing and waits for nothing.
 */
export interface PathMeter {
  /** Events of a unit that others may learn of from now on. */
  released(events: readonly PathEvent[]): void;
  /** A worker's result for a group is in the log. */
  handled(group: GroupQueued, result: GroupHandled): void;
  /** An IOMMU has read results of workers; it admits each of them once (D1). */
  admits(results: readonly GroupHandled[]): void;
}
