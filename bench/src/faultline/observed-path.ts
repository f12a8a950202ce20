import { freePorts, nowMicros } from '@faultline/messaging';
import type { Children } from '../support/children';
import type { WindowFigures } from '../support/closed-loop';
import type { BenchServer } from '../support/server';
import { type ObservedName, observedNames, type RecordFigures } from '../support/system';
import type { Named } from '../support/usage';
import { Lab } from './lab';
import type { Observed } from './observed';
import { type Window, windowsOfRecord } from './record-window';
import { loadScenario } from './scenario';
import { Scraper } from './scraper';
import { OWNERS } from './services';
import { SpanSink } from './span-sink';
import { catchUp, DRAIN_MILLIS, isClean } from './whole-path';

const OBSERVED: Record<ObservedName, Observed> = {
  faultline: { metrics: false, traces: false },
  metered: { metrics: true, traces: false },
  traced: { metrics: false, traces: true },
};

export interface ObservedPathOptions {
  children: Children;
  bench: BenchServer;
  workers: number;
  outstanding: number;
  /** Of measurement: laboratories have different names. */
  repetition: number;
}

/** The real services in one run, of which now nothing is observed, and now their metrics or their traces. */
export class ObservedPath {
  private readonly windows: Window<ObservedName>[] = [];
  private name: ObservedName = 'faultline';
  private openedAtMicros = 0;

  private constructor(
    private readonly lab: Lab,
    private readonly scraper: Scraper,
    private readonly sink: SpanSink,
  ) {}

  /** Starts it with its devices at work, and nothing observed. */
  static async start({
    workers,
    outstanding,
    repetition,
    ...where
  }: ObservedPathOptions): Promise<ObservedPath> {
    const scenario = loadScenario({ outstanding, workers });
    const sink = await SpanSink.open();
    const metricPorts = await freePorts(OWNERS + workers);
    const observation = { metricPorts, tracesTo: sink.endpoint };
    const lab = await Lab.start({ ...where, lab: `bench-observed-${repetition}`, scenario, observation });
    const path = new ObservedPath(lab, new Scraper(metricPorts), sink);
    await lab.go();
    return path;
  }

  /** From now on this is observed, and nothing else. Returns whether it was not before. */
  async observe(name: ObservedName): Promise<boolean> {
    if (name === this.name) return false;
    this.name = name;
    await this.scraper.pause();
    await this.lab.tellAll(OBSERVED[name]);
    if (name === 'metered') this.scraper.goOn();
    return true;
  }

  /** Faults that end from now on count for what is observed. */
  open(): void {
    this.openedAtMicros = nowMicros();
  }

  /** Faults that end from now on do not count, until it is opened again. */
  shut(): void {
    const { name, openedAtMicros } = this;
    this.windows.push({ name, openedAtMicros, closedAtMicros: nowMicros() });
  }

  /** Ends the faults; figures of each thing that was observed. The processes still run, so that their memory can be read. */
  async close(): Promise<{ figures: Record<ObservedName, WindowFigures>; record: RecordFigures }> {
    const { lab, windows } = this;
    await this.scraper.pause();
    this.scraper.check();
    this.sink.check();
    await lab.halt(DRAIN_MILLIS);
    const record = await catchUp(lab);
    return { figures: await windowsOfRecord(lab.directory, windows, observedNames), record };
  }

  /** The verdict of the audit on the run; after its memory was read, because it reads the record once more. */
  async audit(): Promise<boolean> {
    return isClean(await this.lab.summary('stopped'));
  }

  processes(): Named[] {
    return this.lab.processes();
  }

  async finish(): Promise<void> {
    await this.scraper.pause();
    await this.lab.stop();
    await this.lab.remove();
    this.sink.close();
  }
}
