import type { BatchHeaders, LogEvent } from '@faultline/contracts';

/** One message of the log as it was stored: a batch of events of one unit. */
export interface LoggedMessage {
  /** Position in the laboratory's one total order, from 1. */
  sequence: number;
  subject: string;
  headers: BatchHeaders;
  body: Uint8Array;
}

/** A message with the events its body holds. */
export interface DecodedMessage extends LoggedMessage {
  events: readonly LogEvent[];
}

/** Index in the name of a unit: 3 for `iommu.3`; -1 for a name without one, such as a worker's. */
export function unitIndex(unit: string): number {
  const digits = unit.slice(unit.lastIndexOf('.') + 1);
  return /^\d+$/.test(digits) ? Number(digits) : -1;
}
