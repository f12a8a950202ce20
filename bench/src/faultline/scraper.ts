/** As often as the Prometheus of the profile `observe` does (deploy/prometheus/prometheus.yml). */
const EVERY_MILLIS = 5_000;
/** The first time comes early, so that every measurement has one. */
const FIRST_MILLIS = 250;

/** Reads the metrics of services as Prometheus would, until it is stopped. Its time is that in which the services work. */
export class Scraper {
  private timer: NodeJS.Timeout | undefined;
  private leftMillis = FIRST_MILLIS;
  private goneOnAt = 0;
  private readonly underWay = new Set<Promise<void>>();
  private failure: Error | undefined;
  /** Answers that came, of all services. */
  scrapes = 0;

  constructor(private readonly ports: readonly number[]) {
    this.goOn();
  }

  /** Asks nobody, until it goes on. Resolves when nobody is being asked any more. */
  async pause(): Promise<void> {
    clearTimeout(this.timer);
    this.leftMillis = Math.max(0, this.leftMillis - (performance.now() - this.goneOnAt));
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
  stop(): void {
    clearTimeout(this.timer);
    if (this.failure) throw this.failure;
    if (this.scrapes === 0) throw new Error('no metrics were read');
  }

  private begin(port: number): void {
    // A service that stood still has closed its old connections, which is seen when one of them is used.
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
