import { METRICS, type MetricName } from './catalogue';

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

  samples(): Sample[] {
    return [...this.members.values()].flatMap(({ labels, member }) => this.show(member, labels, this.name));
  }
}

/** A number that only grows. */
export class Count {
  value = 0;
}

/** How often values fell into each slot, and their sum. A value belongs to the first slot whose bound it does not exceed. */
export class Slots {
  readonly counts: Float64Array;
  sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  /** Negative values, which clocks of two processes may give, count as 0. */
  record(value: number): void {
    const { bounds, counts } = this;
    let [low, high] = [0, bounds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (bounds[middle] ?? 0)) high = middle;
      else low = middle + 1;
    }
    counts[low] = (counts[low] ?? 0) + 1;
    if (value > 0) this.sum += value;
  }
}

export const countFamily = (name: MetricName): Family<Count> =>
  new Family(
    name,
    () => new Count(),
    ({ value }, labels) => [{ labels, value }],
  );

export const slotFamily = (name: MetricName, bounds: readonly number[]): Family<Slots> =>
  new Family(name, () => new Slots(bounds), slotSamples);

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
