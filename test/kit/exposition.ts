/** What a service shows at `/metrics`: values by metric and labels. */
export class Exposition {
  /** Types of the metrics, those without a value included. */
  readonly types = new Map<string, string>();
  private readonly samples: { name: string; labels: Record<string, string>; value: number }[] = [];

  /** Throws for a line that is none of Prometheus' text format. */
  constructor(text: string) {
    for (const line of text.split('\n')) {
      const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
      if (typed !== undefined && type !== undefined) this.types.set(typed, type);
      if (line === '' || line.startsWith('#')) continue;
      const [, name = '', labels = '', value] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (value === undefined) throw new Error(`not a sample: ${line}`);
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', text = '']) => [
        key,
        text,
      ]);
      this.samples.push({
        name,
        labels: Object.fromEntries(pairs) as Record<string, string>,
        value: Number(value),
      });
    }
  }

  static async of(url: string, headers: Record<string, string> = {}): Promise<Exposition> {
    const response = await fetch(`${url}/metrics`, { headers });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return new Exposition(text);
  }

  /** Everything that can be asked for: of a histogram its slots, its sum and its count. */
  get names(): string[] {
    return [...this.types].flatMap(([name, type]) =>
      type === 'histogram' ? ['bucket', 'sum', 'count'].map((part) => `${name}_${part}`) : [name],
    );
  }

  /** Values of a metric, by the value of one of its labels; those that share it are added up. */
  by(label: string, name: string): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const sample of this.samples) {
      const key = sample.labels[label] ?? '';
      if (sample.name === name) sums[key] = (sums[key] ?? 0) + sample.value;
    }
    return sums;
  }

  /** All values of a metric, added up; 0 when there is none. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const isMeant = (shown: Record<string, string>): boolean =>
      Object.entries(labels).every(([label, value]) => shown[label] === value);
    return this.samples
      .filter((sample) => sample.name === name && isMeant(sample.labels))
      .reduce((sum, { value }) => sum + value, 0);
  }
}
