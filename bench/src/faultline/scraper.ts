/** Far more often than anybody scrapes: at the usual 15 s it costs less. */
const EVERY_MILLIS = 1_000;

/** Reads the metrics of services every second, as Prometheus would, until it is stopped. */
export class Scraper {
  private readonly timer: NodeJS.Timeout;
  private readonly underWay = new Set<Promise<void>>();
  private failure: Error | undefined;
  private isPaused = false;
  /** Answers that came, of all services. */
  scrapes = 0;

  constructor(private readonly ports: readonly number[]) {
    this.timer = setInterval(() => {
      if (!this.isPaused) for (const port of this.ports) this.begin(port);
    }, EVERY_MILLIS);
  }

  /** Asks nobody, until it goes on. Resolves when nobody is being asked any more. */
  async pause(): Promise<void> {
    this.isPaused = true;
    await Promise.all(this.underWay);
  }

  goOn(): void {
    this.isPaused = false;
  }

  /** Throws when a service did not answer, or nobody was ever asked. */
  stop(): void {
    clearInterval(this.timer);
    if (this.failure) throw this.failure;
    if (this.scrapes === 0)
      throw new Error('no metrics were read: the measurement was shorter than a second');
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
