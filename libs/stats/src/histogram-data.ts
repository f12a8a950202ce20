import type { SlotCounts } from './slot-counts';

/** Version of the layout below: slots of 1024 to a power of two, in nanoseconds. */
export const HISTOGRAM_VERSION = 1;
/** Slot of the longest latency that is told apart; no histogram has one above. */
export const LAST_SLOT = 45_055;

/**
 * A histogram as plain data for JSON. Only slots that hold something are in it, so a thousand latencies take a few kilobytes however
 * long they are.
 */
export interface HistogramData {
  version: number;
  count: number;
  sumMicros: number;
  /** 0 when nothing was recorded, and so is maxMicros. */
  minMicros: number;
  maxMicros: number;
  /** Pairs in one list: how many slots further than the pair before (the first from slot 0), and how many values are there. */
  slots: number[];
}

/** Something that was given as a written histogram is none, or one of a later version. */
export class HistogramUnreadable extends Error {
  constructor(
    readonly found: string,
    readonly expected: string,
    options?: ErrorOptions,
  ) {
    super(`histogram: found ${found}, expected ${expected}`, options);
    this.name = 'HistogramUnreadable';
  }
}

/** Sparse pairs of counts. */
export function sparseSlots(counts: SlotCounts): number[] {
  const pairs: number[] = [];
  let before = 0;
  counts.some((slot, count) => {
    pairs.push(slot - before, count);
    before = slot;
    return false;
  });
  return pairs;
}

/** The slots of written data with their counts. Throws {@link HistogramUnreadable}. */
export function slotsOf(value: unknown): { data: HistogramData; slots: [slot: number, count: number][] } {
  const data = fieldsOf(value);
  if (data.slots.length % 2 !== 0)
    throw new HistogramUnreadable(`${data.slots.length} numbers in slots`, 'pairs');
  const slots: [number, number][] = [];
  let [slot, total] = [0, 0];
  for (let at = 0; at < data.slots.length; at += 2) {
    const [gap, count] = [data.slots[at] ?? -1, data.slots[at + 1] ?? -1];
    slot += gap;
    total += count;
    if (!Number.isSafeInteger(gap) || gap < (at === 0 ? 0 : 1) || slot > LAST_SLOT)
      throw new HistogramUnreadable(
        `a gap of ${gap} at ${at} of slots`,
        `slots that rise up to ${LAST_SLOT}`,
      );
    if (!Number.isSafeInteger(count) || count < 1)
      throw new HistogramUnreadable(`a count of ${count} at ${at + 1} of slots`, 'a whole number above 0');
    slots.push([slot, count]);
  }
  if (total !== data.count)
    throw new HistogramUnreadable(`${total} values in slots`, `the ${data.count} of its count`);
  return { data, slots };
}

function fieldsOf(value: unknown): HistogramData {
  const data = (typeof value === 'object' ? (value ?? {}) : {}) as Partial<HistogramData>;
  if (data.version !== HISTOGRAM_VERSION)
    throw new HistogramUnreadable(`version ${String(data.version)}`, `version ${HISTOGRAM_VERSION}`);
  const { version, count, sumMicros, minMicros, maxMicros, slots } = data;
  const isNumber = (each: unknown): each is number => Number.isFinite(each) && Number(each) >= 0;
  if (!isNumber(count) || !isNumber(sumMicros) || !isNumber(minMicros) || !isNumber(maxMicros))
    throw new HistogramUnreadable(
      JSON.stringify({ count, sumMicros, minMicros, maxMicros }),
      'numbers of at least 0',
    );
  if (minMicros > maxMicros)
    throw new HistogramUnreadable(
      `a minimum of ${minMicros} above ${maxMicros}`,
      'a minimum up to the maximum',
    );
  if (!Array.isArray(slots)) throw new HistogramUnreadable('no slots', 'a list of pairs');
  return { version, count, sumMicros, minMicros, maxMicros, slots };
}
