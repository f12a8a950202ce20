import { METRICS, type MetricName, SECONDS_BOUNDS, SIZE_BOUNDS } from './catalogue';

/** One line of what is exposed. */
export interface Sample {
  labels: Readonly<Record<string, string>>;
  value: number;
  /** Of a histogram's lines: `_bucket`, `_sum` and `_count` behind the metric's name. */
  metricName?: string;
}

/**
 * A metric with one value, or one histogram, for each value of its labels. prom-client's own look labels up at each count, which costs
 * half a microsecond; here whoever counts holds on to what it counts in, and labels are only looked at when somebody scrapes.
 */
export class Family<Member> {
  private readonly members = new Map<string, { labels: Record<string, string>; member: Member }>();

  constructor(
    readonly name: MetricName,
    private readonly make: () => Member,
    private readonly show: (member: Member, labels: Record<string, string>, name: string) => Sample[],
  ) {}

  /** What is counted in for these values of the labels, in the order in which the catalogue names them. */
  of(...values: readonly string[]): Member {
    const key = values.join('\n');
    const known = this.members.get(key);
    if (known) return known.member;
    const names: readonly string[] = METRICS[this.name].labels;
    const labels = Object.fromEntries(names.map((name, place) => [name, values[place] ?? '']));
    const member = this.make();
    this.members.set(key, { labels, member });
    return member;
  }

  /**
   * What is counted in for each of these values of the last label. All are shown from now on, at 0: Prometheus takes what it first sees
   * for what has always been, so the first failure of a kind that is shown only once it happened would go unseen.
   */
  each<Value extends string>(
    last: readonly Value[],
    ...before: readonly string[]
  ): Readonly<Record<Value, Member>> {
    const members = last.map((value) => [value, this.of(...before, value)] as const);
    return Object.fromEntries(members) as Record<Value, Member>;
  }

  samples(): Sample[] {
    return [...this.members.values()].flatMap(({ labels, member }) => this.show(member, labels, this.name));
  }
}

/** A number that only grows. */
export class Count {
  value = 0;
}

/**
 * How often values fell into each slot, and their sum. A value belongs to the first slot whose bound it does not exceed. Values are
 * recorded in a unit of their own, of which there are `unitsPerOne` in what is shown, so that nothing is divided for each of them.
 */
export class Slots {
  readonly counts: Float64Array;
  private readonly unitBounds: readonly number[];
  /** The first slot that a value can belong to, by the position of its highest bit. */
  private readonly firstByBit: readonly number[];
  private sumUnits = 0;

  constructor(
    readonly bounds: readonly number[],
    private readonly unitsPerOne: number,
  ) {
    this.counts = new Float64Array(bounds.length + 1);
    this.unitBounds = bounds.map((bound) => bound * unitsPerOne);
    this.firstByBit = Array.from(
      { length: BITS },
      (_, bit) => this.unitBounds.filter((bound) => bound < 2 ** bit).length,
    );
  }

  get sum(): number {
    return this.sumUnits / this.unitsPerOne;
  }

  /** Negative values, which clocks of two processes may give, count as 0. */
  record(units: number): void {
    const { unitBounds, counts } = this;
    let slot = units < 1 ? 0 : (this.firstByBit[BITS - 1 - Math.clz32(Math.min(units, MOST_UNITS))] ?? 0);
    while (slot < unitBounds.length && units > (unitBounds[slot] ?? 0)) slot += 1;
    counts[slot] = (counts[slot] ?? 0) + 1;
    if (units > 0) this.sumUnits += units;
  }
}

const BITS = 32;
const MOST_UNITS = 2 ** BITS - 1;

/**
 * What belongs to each value, made when it is first asked for. Neighbours are mostly of one value, so the last one is at hand; the others
 * are found by one look, where labels would have to be put together.
 */
export function byValue<Member>(make: (value: string) => Member): (value: string) => Member {
  const known = new Map<string, Member>();
  let lastValue: string | undefined;
  let last: Member | undefined;
  return (value) => {
    if (last !== undefined && value === lastValue) return last;
    let member = known.get(value);
    if (member === undefined) known.set(value, (member = make(value)));
    lastValue = value;
    return (last = member);
  };
}

/** Made when it is first asked for, so that a process shows only what it has. */
export function once<Member>(make: () => Member): () => Member {
  let made: Member | undefined;
  return () => (made ??= make());
}

export const countFamily = (name: MetricName): Family<Count> =>
  new Family(
    name,
    () => new Count(),
    ({ value }, labels) => [{ labels, value }],
  );

/** A histogram of seconds, recorded in microseconds. */
export const secondsFamily = (name: MetricName): Family<Slots> =>
  new Family(name, () => new Slots(SECONDS_BOUNDS, 1e6), slotSamples);

/** A histogram of sizes. */
export const sizeFamily = (name: MetricName): Family<Slots> =>
  new Family(name, () => new Slots(SIZE_BOUNDS, 1), slotSamples);

/** The lines of a histogram: each slot with all below it, the sum, and the number of values. */
function slotSamples({ bounds, counts, sum }: Slots, labels: Record<string, string>, name: string): Sample[] {
  let seen = 0;
  const slots = [...counts].map((count, place): Sample => {
    seen += count;
    const le = place < bounds.length ? String(bounds[place]) : '+Inf';
    return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: seen };
  });
  return [
    ...slots,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: seen },
  ];
}
