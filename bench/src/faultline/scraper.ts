/** As often as the Prometheus of the profile `observe` does (deploy/prometheus/prometheus.yml). */
const EVERY_MILLIS = 5_000;
/** The first time comes early, so that every measurement has one. */
const FIRST_MILLIS = 250;

/** Reads the metrics of services as Prometheus would, while it goes on. Its time is that in which metrics are counted. */
export class Scraper {
  private timer: NodeJS.Timeout | undefined;
  private leftMillis = FIRST_MILLIS;
  private goneOnAt = 0;
  private readonly underWay = new Set<Promise<void>>();
  private failure: Error | undefined;
  /** Answers that came, of all services. */
  scrapes = 0;

  /** Does nothing before it is told to go on. */
  constructor(private readonly ports: readonly number[]) {}

  /** Asks nobody, until it goes on. Resolves when nobody is being asked any more. */
  async pause(): Promise<void> {
    if (this.timer) this.leftMillis = Math.max(0, this.leftMillis - (performance.now() - this.goneOnAt));
    clearTimeout(this.timer);
    this.timer = undefined;
    await Promise.all(this.underWay);
  }

  goOn(): void {
    this.goneOnAt = performance.now();
    this.timer = setTimeout(() => {
      for (const port of this.ports) this.begin(port);
      this.leftMillis = EVERY_MILLIS;
      this.goOn();
    }, this.leftMillis);
  }

  /** Throws when a service did not answer, or nobody was ever asked. */
  check(): void {
    if (this.failure) throw this.failure;
    if (this.scrapes === 0) throw new Error('no metrics were read');
  }

  private begin(port: number): void {
    // A service closes a connection that nobody has used for long, which is seen when it is used.
    const scrape = this.scrape(port)
      .catch(() => this.scrape(port))
      .catch((cause: unknown) => {
        this.failure ??= new Error(`the metrics at port ${port} could not be read`, { cause });
      })
      .finally(() => this.underWay.delete(scrape));
    this.underWay.add(scrape);
  }

  private async scrape(port: number): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    const text = await response.text();
    if (!response.ok || !text.includes('faultline_info'))
      throw new Error(`port ${port} answered ${response.status}`);
    this.scrapes += 1;
  }
}
