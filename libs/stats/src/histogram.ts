import { HISTOGRAM_VERSION, type HistogramData, slotsOf, sparseSlots } from './histogram-data';
import { SlotCounts } from './slot-counts';

/** Slots of a power of two: 1024 keep every value within 0.1 % of what was recorded (three significant digits). */
const HALF_SLOTS = 1024;
/** The smallest difference that is kept: one nanosecond. */
const UNITS_PER_MICRO = 1000;
/** Longest latency that is told apart from longer ones, about 104 days. */
const MAX_UNITS = 2 ** 53 - 1;

/** What a latency report shows of a histogram; every figure in microseconds. */
export interface LatencySummary {
  count: number;
  meanMicros: number;
  minMicros: number;
  p50Micros: number;
  p90Micros: number;
  p99Micros: number;
  p999Micros: number;
  maxMicros: number;
}

/**
 * Latencies in microseconds, log-linear as HdrHistogram lays them out: linear up to 2048 ns, then 1024 slots for each power of
 * two. Memory depends on how far the latencies are apart (1 KB for each eighth of a power of two that has one; 170 KB for all of them up
 * to a second) and not on how many there are; count, mean, minimum and maximum are exact, percentiles at most 0.1 % too high.
 * Negative values (clocks of two processes) count as 0.
 */
export class Histogram {
  private readonly counts = new SlotCounts();
  private total = 0;
  private sumMicros = 0;
  private lowestMicros = Infinity;
  private highestMicros = 0;

  /** Number of recorded values. */
  get count(): number {
    return this.total;
  }

  /** Largest recorded value, exact; 0 when there is none. */
  get maxMicros(): number {
    return this.highestMicros;
  }

  /** Smallest recorded value, exact; 0 when there is none. */
  get minMicros(): number {
    return this.total === 0 ? 0 : this.lowestMicros;
  }

  /** Mean of the recorded values; 0 when there is none. */
  get meanMicros(): number {
    return this.total === 0 ? 0 : this.sumMicros / this.total;
  }

  /** Adds a latency, `times` times. Throws a RangeError for what is not a number. */
  record(micros: number, times = 1): void {
    if (Number.isNaN(micros)) throw new RangeError('a latency is not a number');
    const value = Math.max(0, micros);
    this.counts.add(slotOf(Math.min(MAX_UNITS, Math.round(value * UNITS_PER_MICRO))), times);
    this.total += times;
    this.sumMicros += value * times;
    if (value < this.lowestMicros) this.lowestMicros = value;
    if (value > this.highestMicros) this.highestMicros = value;
  }

  /** The value that `percent` of all values do not exceed (0 to 100); 0 when there is none. */
  percentile(percent: number): number {
    if (this.total === 0) return 0;
    // 99.9 / 100 * 1000 is a little more than 999, which is no reason to take the next value.
    const share = (Math.min(100, Math.max(0, percent)) * this.total) / 100;
    const rank = Math.max(1, Math.ceil(share * (1 - Number.EPSILON)));
    let [seen, micros] = [0, this.highestMicros];
    this.counts.some((slot, count) => {
      seen += count;
      if (seen < rank) return false;
      const highest = highestOf(slot) / UNITS_PER_MICRO;
      micros = Math.min(this.highestMicros, Math.max(this.lowestMicros, highest));
      return true;
    });
    return micros;
  }

  /** Memory that the counts take, in bytes. */
  get bytes(): number {
    return this.counts.bytes;
  }

  /** Adds everything the other histogram holds. */
  merge(other: Histogram): void {
    if (other.total === 0) return;
    other.counts.some((slot, count) => {
      this.counts.add(slot, count);
      return false;
    });
    this.total += other.total;
    this.sumMicros += other.sumMicros;
    this.lowestMicros = Math.min(this.lowestMicros, other.lowestMicros);
    this.highestMicros = Math.max(this.highestMicros, other.highestMicros);
  }

  /** The figures of a report. */
  summary(): LatencySummary {
    return {
      count: this.total,
      meanMicros: this.meanMicros,
      minMicros: this.minMicros,
      p50Micros: this.percentile(50),
      p90Micros: this.percentile(90),
      p99Micros: this.percentile(99),
      p999Micros: this.percentile(99.9),
      maxMicros: this.highestMicros,
    };
  }

  /** The histogram as plain data for JSON, for another process to merge. Throws a RangeError when a latency was infinite. */
  toData(): HistogramData {
    if (!Number.isFinite(this.sumMicros)) throw new RangeError('an infinite latency cannot be written');
    return {
      version: HISTOGRAM_VERSION,
      count: this.total,
      sumMicros: this.sumMicros,
      minMicros: this.minMicros,
      maxMicros: this.highestMicros,
      slots: sparseSlots(this.counts),
    };
  }

  /** A histogram from what `toData` gave, in this process or another. Throws HistogramUnreadable. */
  static fromData(value: unknown): Histogram {
    const { data, slots } = slotsOf(value);
    const histogram = new Histogram();
    for (const [slot, count] of slots) histogram.counts.add(slot, count);
    if (data.count === 0) return histogram;
    histogram.total = data.count;
    histogram.sumMicros = data.sumMicros;
    histogram.lowestMicros = data.minMicros;
    histogram.highestMicros = data.maxMicros;
    return histogram;
  }
}

/**
 * Histograms of several processes as one, all written by `toData`; one of no values for none. Percentiles are those of a histogram
 * that recorded everything, which no mean of percentiles is. Throws HistogramUnreadable.
 */
export function mergeHistogramData(parts: readonly unknown[]): HistogramData {
  const merged = new Histogram();
  for (const part of parts) merged.merge(Histogram.fromData(part));
  return merged.toData();
}

function slotOf(units: number): number {
  if (units < 2 * HALF_SLOTS) return units;
  const shift = floorLog2(units) - 10;
  // Nearly all latencies have less than 32 bits, for which a shift is the faster division.
  return shift * HALF_SLOTS + (units < 2 ** 32 ? units >>> shift : Math.floor(units / 2 ** shift));
}

/** The largest value that shares a slot. */
function highestOf(slot: number): number {
  if (slot < 2 * HALF_SLOTS) return slot;
  const shift = Math.floor(slot / HALF_SLOTS) - 1;
  return (slot - shift * HALF_SLOTS + 1) * 2 ** shift - 1;
}

/** Position of the highest bit; bit operations alone end at 32 bits. */
function floorLog2(value: number): number {
  const high = Math.floor(value / 2 ** 32);
  return high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(value);
}
