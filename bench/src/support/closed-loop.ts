import { Histogram, perSecond } from '@faultline/stats';

/** What was seen while the window was open. */
export interface WindowFigures {
  faults: number;
  seconds: number;
  faultsPerSecond: number;
  p50Micros: number;
  p99Micros: number;
}

export function figuresOf(latencies: Histogram, seconds: number): WindowFigures {
  const faults = latencies.count;
  return {
    faults,
    seconds,
    faultsPerSecond: perSecond(faults, seconds * 1_000_000),
    p50Micros: latencies.percentile(50),
    p99Micros: latencies.percentile(99),
  };
}

/**
 * A fixed number of faults in flight, as the closed-loop workloads of a device segment: each that ends makes room for the next.
 * A fault is named by its slot, so that the loop's own cost is a few array reads.
 */
export class ClosedLoop {
  private readonly startedAtMicros: Float64Array;
  private latencies = new Histogram();
  private openedAtMicros = 0;
  private inFlight = 0;
  private stopping = false;
  private idle: (() => void)[] = [];

  constructor(
    readonly outstanding: number,
    private readonly issue: (slot: number) => void,
    private readonly nowMicros: () => number,
  ) {
    this.startedAtMicros = new Float64Array(outstanding);
  }

  begin(): void {
    for (let slot = 0; slot < this.outstanding; slot += 1) this.start(slot);
  }

  startedAt(slot: number): number {
    return this.startedAtMicros[slot] ?? 0;
  }

  /** The slot's fault is over: it counts, and the slot gets its next one. */
  ended(slot: number): void {
    this.inFlight -= 1;
    this.latencies.record(this.nowMicros() - this.startedAt(slot));
    if (!this.stopping) return this.start(slot);
    if (this.inFlight === 0) for (const resolve of this.idle.splice(0)) resolve();
  }

  /** What ended before does not count: the system is warm from here on. */
  open(): void {
    this.latencies = new Histogram();
    this.openedAtMicros = this.nowMicros();
  }

  /** Ends the window, issues nothing more, and resolves with the window's figures when nothing is in flight. */
  async close(): Promise<WindowFigures> {
    const figures = figuresOf(this.latencies, (this.nowMicros() - this.openedAtMicros) / 1_000_000);
    this.stopping = true;
    if (this.inFlight > 0) await new Promise<void>((resolve) => this.idle.push(resolve));
    return figures;
  }

  private start(slot: number): void {
    this.inFlight += 1;
    this.startedAtMicros[slot] = this.nowMicros();
    this.issue(slot);
  }
}
