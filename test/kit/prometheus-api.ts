/** A series of what an expression gives: its labels, and its values by time. */
export interface Series {
  metric: Record<string, string>;
  values: number[];
}

/** What Prometheus says of an expression beside its series. */
export interface Answer {
  series: Series[];
  /** Why it was refused, and what Prometheus remarks of it where it was not; versions before 3 have fewer remarks. */
  complaints: string[];
}

export interface Target {
  scrapePool: string;
  health: string;
  lastError: string;
}

/** A Prometheus, asked over HTTP. */
export class PrometheusApi {
  /** @param url where it answers */
  constructor(readonly url: string) {}

  /** What it is to read, in their order, and how reading it went the last time. */
  async targets(): Promise<Target[]> {
    const { data } = await this.ask<{ activeTargets: Target[] }>('targets');
    return data?.activeTargets ?? [];
  }

  /** The value of an expression now, added up over its series. Rejects with why it was refused. */
  async value(expression: string): Promise<number> {
    const values = Object.values(await this.values(expression, 'job'));
    return values.reduce((sum, value) => sum + value, 0);
  }

  /** The values of an expression now, by the value of a label; those that share it are added up. Rejects as {@link value}. */
  async values(expression: string, label: string): Promise<Record<string, number>> {
    const asked = { query: expression };
    const { data, error } = await this.ask<{ result: Now[] }>('query', asked);
    if (data === undefined) throw new Error(`${expression}: ${error}`);
    const sums: Record<string, number> = {};
    for (const { metric, value } of data.result) {
      const key = metric[label] ?? '';
      sums[key] = (sums[key] ?? 0) + Number(value[1]);
    }
    return sums;
  }

  /** An expression over a span of time, in seconds. */
  async range(expression: string, start: number, end: number, step: number): Promise<Answer> {
    const asked = { query: expression, start: String(start), end: String(end), step: String(step) };
    const said = await this.ask<{ result: Then[] }>('query_range', asked);
    const { status, error = status, warnings = [], infos = [], data } = said;
    const series = (data?.result ?? []).map(({ metric, values }) => ({
      metric,
      values: values.map(([, value]) => Number(value)),
    }));
    return { series, complaints: [...(status === 'success' ? [] : [error]), ...warnings, ...infos] };
  }

  async isReady(): Promise<boolean> {
    return (await fetch(`${this.url}/-/ready`)).ok;
  }

  private async ask<Data>(what: string, asked: Record<string, string> = {}): Promise<Said<Data>> {
    const response = await fetch(`${this.url}/api/v1/${what}?${new URLSearchParams(asked).toString()}`);
    return (await response.json()) as Said<Data>;
  }
}

type Point = [seconds: number, value: string];
interface Now {
  metric: Series['metric'];
  value: Point;
}
interface Then {
  metric: Series['metric'];
  values: Point[];
}
interface Said<Data> {
  status: 'success' | 'error';
  data?: Data;
  error?: string;
  warnings?: string[];
  infos?: string[];
}
