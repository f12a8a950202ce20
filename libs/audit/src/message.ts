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

/** The unit whose index was asked for last, and its index: all who look at a message ask the same. */
let lastUnit = '';
let lastIndex = -1;

/** Index in the name of a unit: 3 for `iommu.3`; -1 for a name without one, such as a worker's. */
export function unitIndex(unit: string): number {
  if (unit !== lastUnit) {
    lastIndex = indexIn(unit);
    lastUnit = unit;
  }
  return lastIndex;
}

function indexIn(unit: string): number {
  const digits = unit.slice(unit.lastIndexOf('.') + 1);
  return /^\d+$/.test(digits) ? Number(digits) : -1;
}
