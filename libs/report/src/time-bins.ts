/** About as many points as a chart of a page's width can show. */
const WANTED_BINS = 120;
const LEAST_WIDTH_MICROS = 1000;

/** What is counted over time. */
export const COUNTED = ['sent', 'settled', 'ended', 'retried', 'notTaken'] as const;
export type Counted = (typeof COUNTED)[number];

/** Counts over time, in intervals of one width. Memory does not depend on how much is counted. */
export class TimeBins {
  readonly widthMicros: number;
  readonly count: number;
  private readonly counts: Record<Counted, Float64Array>;

  /** The intervals of a span of time, in microseconds since the Unix epoch. */
  constructor(
    readonly firstMicros: number,
    lastMicros: number,
  ) {
    const spanMicros = Math.max(0, lastMicros - firstMicros);
    this.widthMicros = Math.max(LEAST_WIDTH_MICROS, roundUp(spanMicros / WANTED_BINS));
    this.count = Math.max(2, Math.floor(spanMicros / this.widthMicros) + 1);
    this.counts = Object.fromEntries(COUNTED.map((what) => [what, new Float64Array(this.count)])) as Record<
      Counted,
      Float64Array
    >;
  }

  /** Counts one; what lies outside of the span belongs to the interval at its edge. */
  add(what: Counted, atMicros: number): void {
    const place = Math.floor((atMicros - this.firstMicros) / this.widthMicros);
    const bin = Math.min(this.count - 1, Math.max(0, place));
    const counts = this.counts[what];
    counts[bin] = (counts[bin] ?? 0) + 1;
  }

  at(what: Counted, bin: number): number {
    return this.counts[what][bin] ?? 0;
  }

  total(what: Counted): number {
    return this.counts[what].reduce((sum, count) => sum + count, 0);
  }
}

/** The next 1, 2 or 5 times a power of ten. */
export function roundUp(value: number): number {
  if (value <= 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return step * power;
}
