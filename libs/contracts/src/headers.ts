/**
 * What a log message says about itself beside its body. Kept small: each header is parsed once a batch.
 */
export interface BatchHeaders {
  /** Name of the body's schema, e.g. `iommu.hw`. */
  schema: string;
  /** Version of that schema; readers accept every version ever written. */
  version: number;
  /** The unit that wrote it, e.g. `iommu.0`. */
  unit: string;
  /** Epoch of the unit's owner when it wrote this; 0 for writers that are not owners (workers). */
  epoch: number;
  /** Number of the unit's cycle in that epoch; a cycle's queue messages and its `hw` message share it (D5). */
  cycle: number;
  /** W3C trace context, when the batch is sampled. */
  traceparent?: string;
}
